"""Pointers, multi-label loss, CRF, MEMM and Viterbi equal bert4keras 0.11.5's to 1e-5.

Goldens: goldens/tagging/make_bert4keras_tagging.py.
"""

import pathlib

import keras
import numpy as np
import pytest

from baselines.layers import crf, memm
from baselines.layers.efficient_global_pointer import EfficientGlobalPointer
from baselines.layers.global_pointer import GlobalPointer
from baselines.losses.multilabel_cross_entropy import multilabel_cross_entropy, sparse_multilabel_cross_entropy

pytestmark = pytest.mark.keras
GOLDENS = np.load(pathlib.Path(__file__).parents[1] / "goldens" / "tagging" / "goldens.npz")
MASK = GOLDENS["mask"].astype(bool)
LENGTHS = GOLDENS["mask"].sum(axis=1)
POINTERS = {
    "global": (GlobalPointer, {}),
    "global-no_rotary": (GlobalPointer, {"rotary": False}),
    "global-no_bias": (GlobalPointer, {"use_bias": False}),
    "global-no_upper": (GlobalPointer, {"upper": False}),
    "efficient": (EfficientGlobalPointer, {}),
    "efficient-no_rotary": (EfficientGlobalPointer, {"rotary": False}),
}


def numpy(array):
    return keras.ops.convert_to_numpy(array)


def close(found, expected):
    np.testing.assert_allclose(numpy(found), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", POINTERS)
def test_pointers(name):
    layer_type, options = POINTERS[name]
    layer = layer_type(3, 4, **options)
    layer(GOLDENS["hidden_states"], MASK)
    weights = [key for key in GOLDENS.files if key.startswith(f"pointer/{name}/") and not key.endswith("scores")]
    layer.set_weights([GOLDENS[key] for key in weights])
    found, expected = numpy(layer(GOLDENS["hidden_states"], MASK)), GOLDENS[f"pointer/{name}/scores"]
    possible = np.isfinite(expected)
    close(found[possible], expected[possible])
    assert (found[~possible] == -1e9).all() and 0 < possible.sum() < possible.size


def test_multilabel_cross_entropy():
    scores, targets = GOLDENS["multilabel/scores"], GOLDENS["multilabel/targets"]
    close(multilabel_cross_entropy(scores, targets), GOLDENS["multilabel/dense"])
    close(sparse_multilabel_cross_entropy(scores[:2], GOLDENS["multilabel/positives"]), GOLDENS["multilabel/sparse"])


def chain(name):
    return GOLDENS[f"chain/{name}"]


def test_crf_and_memm_losses():
    arguments = chain("labels"), chain("logits"), chain("transitions"), MASK
    close(-crf.log_likelihood(*arguments), chain("crf"))
    close(-keras.ops.sum(memm.log_likelihood(*arguments)) / MASK.sum(), chain("memm"))


@pytest.mark.parametrize("first, name", [(None, "path"), (0, "path_from_0")])
def test_viterbi(first, name):
    layer = crf.ConditionalRandomField(first=first)
    layer(chain("logits"), MASK)
    layer.set_weights([chain("transitions")])
    found = numpy(layer(chain("logits"), MASK)["labels"])
    for row, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(found[row, :length], chain(f"{name}/{row}"))
