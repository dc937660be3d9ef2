"""Make goldens.npz: what bert4keras 0.11.5 computes for conditional layer normalization and the loss of GPLinker.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/extraction/make_bert4keras_extraction.py

norm/x (2, 5, 8), norm/condition (2, 6), norm/beta, gamma, beta_kernel, gamma_kernel -> norm/y; epsilon 1e-12
linker/scores (2, 3, 7, 7), linker/cells (2, 3, 4, 2): start, end, padded with (0, 0) -> linker/loss (2,), the sum over labels
"""

import pathlib

import numpy as np
from bert4keras.backend import K, sparse_multilabel_categorical_crossentropy
from bert4keras.layers import LayerNormalization
from keras.layers import Input
from keras.models import Model

NAMES = ("beta", "gamma", "beta_kernel", "gamma_kernel")
"""Of the layer's weights, in its order."""
rng = np.random.default_rng(8888)
arrays = {}

x, condition = rng.standard_normal((2, 5, 8)).astype("float32"), rng.standard_normal((2, 6)).astype("float32")
inputs = [Input((None, 8)), Input((6,))]
layer = LayerNormalization(conditional=True, epsilon=1e-12)
model = Model(inputs, layer(inputs))
weights = [0.5 * rng.standard_normal(weight.shape).astype("float32") for weight in layer.get_weights()]
layer.set_weights(weights)
arrays |= {"norm/x": x, "norm/condition": condition, "norm/y": model.predict([x, condition])}
arrays |= {f"norm/{name}": weight for name, weight in zip(NAMES, weights, strict=True)}

scores = (3 * rng.standard_normal((2, 3, 7, 7))).astype("float32")
cells = np.zeros((2, 3, 4, 2), "int32")
for row in range(2):
    for label in range(3):
        places = rng.permutation(48)[: rng.integers(0, 4)] + 1          # (0, 0) is padding there
        for number, place in enumerate(places):
            cells[row, label, number] = divmod(int(place), 7)
flat = K.constant(cells[..., 0] * 7 + cells[..., 1])
losses = sparse_multilabel_categorical_crossentropy(flat, K.reshape(K.constant(scores), (2, 3, 49)), mask_zero=True)
arrays |= {"linker/scores": scores, "linker/cells": cells, "linker/loss": K.eval(K.sum(losses, axis=1))}

np.savez_compressed(pathlib.Path(__file__).parent / "goldens.npz", **arrays)
