"""Updates with the strategies that draw nothing, on the backend of KERAS_BACKEND; writes weights to the .npz that is named."""

import sys

import keras
import numpy as np
import tiny

from baselines.losses.cross_entropy import cross_entropy
from baselines.training.steps import Steps
from baselines.training.strategies.child_tuning_d import ChildTuningD
from baselines.training.strategies.ema import Ema
from baselines.training.strategies.fgm import Fgm
from baselines.training.strategies.flooding import Flooding
from baselines.training.strategies.gradient_penalty import GradientPenalty
from baselines.training.strategies.lookahead import Lookahead
from baselines.training.strategies.spectral_norm import SpectralNorm

STRATEGIES = (
    Ema(momentum=0.9), Lookahead(k=2), ChildTuningD(p=0.5), Fgm(epsilon=0.1), SpectralNorm(factor=1e-3), GradientPenalty(),
    Flooding(b=0.1),
)  # fmt: skip


def main(target):
    built = tiny.model()
    sgd = keras.optimizers.SGD(0.1)                                     # Adam makes much of differences between small gradients
    steps = Steps(built, cross_entropy, sgd, STRATEGIES, jit=False, full_pass=lambda: iter([tiny.batch(seed=50)]))
    for number in range(5):
        steps.train([tiny.batch(seed=number)])
    steps.sync()
    found = tiny.weights(built)
    with steps.scored_weights():
        steps.sync()
        found |= {f"scored/{path}": value for path, value in tiny.weights(built).items()}
    np.savez(target, **found)


if __name__ == "__main__":
    main(sys.argv[1])
