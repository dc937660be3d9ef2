"""Make goldens.npz: what bert4keras 0.11.5's tagging layers, losses and Viterbi answer, for test_bert4keras_tagging.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/tagging/make_bert4keras_tagging.py

hidden_states, mask       the inputs of the pointers: float32 (2, 7, 8), int32 (2, 7), the second row padded
pointer/<case>/…          kernels and biases in bert4keras' order, and scores (2, 3, 7, 7) with -inf where impossible
multilabel/…              scores, targets and the losses of both forms
chain/…                   logits, labels, transitions; CRF loss per row, MEMM loss (one number), Viterbi paths
"""

import pathlib

import numpy as np
import tensorflow as tf
from bert4keras import backend
from bert4keras.layers import (
    ConditionalRandomField,
    EfficientGlobalPointer,
    GlobalPointer,
    MaximumEntropyMarkovModel,
)
from bert4keras.snippets import ViterbiDecoder

HERE = pathlib.Path(__file__).parent
POINTERS = {
    "global": (GlobalPointer, {}),
    "global-no_rotary": (GlobalPointer, {"RoPE": False}),
    "global-no_bias": (GlobalPointer, {"use_bias": False}),
    "global-no_upper": (GlobalPointer, {"tril_mask": False}),
    "efficient": (EfficientGlobalPointer, {}),
    "efficient-no_rotary": (EfficientGlobalPointer, {"RoPE": False}),
}
generator = np.random.default_rng(20201120)


def draw(*shape):
    return generator.standard_normal(shape).astype("float32")


def main():
    arrays = {"hidden_states": draw(2, 7, 8), "mask": np.array([[1] * 7, [1] * 5 + [0] * 2], "int32")}
    mask = tf.constant(arrays["mask"], "bool")
    for name, (layer_type, options) in POINTERS.items():
        layer = layer_type(3, 4, **options)
        layer(tf.constant(arrays["hidden_states"]), mask=mask)
        denses = [layer.dense] if layer_type is GlobalPointer else [layer.p_dense, layer.q_dense]
        for number, dense in enumerate(denses):
            dense.set_weights([draw(*weight.shape) for weight in dense.get_weights()])
            for kind, weight in zip(("kernel", "bias"), dense.get_weights(), strict=False):  # no bias, perhaps
                arrays[f"pointer/{name}/{number}/{kind}"] = weight
        arrays[f"pointer/{name}/scores"] = layer(tf.constant(arrays["hidden_states"]), mask=mask).numpy()

    scores = draw(4, 6) * 3
    targets = np.array([[1, 0, 0, 1, 0, 0], [0] * 6, [1] * 6, [0, 0, 1, 0, 0, 0]], "float32")
    arrays["multilabel/scores"], arrays["multilabel/targets"] = scores, targets
    arrays["multilabel/dense"] = backend.multilabel_categorical_crossentropy(targets, tf.constant(scores)).numpy()
    positives = np.array([[1, 4], [0, 2]], "int32")
    arrays["multilabel/positives"] = positives
    arrays["multilabel/sparse"] = backend.sparse_multilabel_categorical_crossentropy(
        tf.constant(positives), tf.constant(scores[:2])
    ).numpy()

    logits, transitions = draw(2, 7, 5), draw(5, 5)
    labels = generator.integers(0, 5, (2, 7)).astype("int32")
    arrays |= {"chain/logits": logits, "chain/transitions": transitions, "chain/labels": labels}
    for name, layer in {"crf": ConditionalRandomField(), "memm": MaximumEntropyMarkovModel()}.items():
        masked = layer(tf.constant(logits), mask=mask)
        layer.set_weights([transitions])
        arrays[f"chain/{name}"] = layer.sparse_loss(tf.constant(labels), masked).numpy()
    decoder, free = ViterbiDecoder(transitions, starts=[0]), ViterbiDecoder(transitions)
    for row, length in enumerate(arrays["mask"].sum(axis=1)):
        arrays[f"chain/path/{row}"] = free.decode(logits[row, :length].copy())
        arrays[f"chain/path_from_0/{row}"] = decoder.decode(logits[row, :length].copy())
    for name, array in arrays.items():
        print(name, array.shape, array.dtype)
    np.savez_compressed(HERE / "goldens.npz", **arrays)


if __name__ == "__main__":
    main()
