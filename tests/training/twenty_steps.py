"""Twenty updates on the backend of KERAS_BACKEND; writes the weights to the .npz named on the command line."""

import sys

import numpy as np
import tiny

built = tiny.model()
steps = tiny.steps(built, jit=True)
for number in range(20):
    steps.train([tiny.batch(seed=number)])
steps.sync()
np.savez(sys.argv[1], **tiny.weights(built))
