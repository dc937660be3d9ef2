"""Half pointers: worked losses, drawn subjects, picked subjects and decoding against slow loops, padding."""

import math

import keras
import numpy as np
import pytest
from small import CONFIG

from baselines.heads.half_pointer import MARKS, THRESHOLD, HalfPointerHead, draw_subject, power_cross_entropy, triples
from baselines.layers.conditional_layer_normalization import ConditionalLayerNormalization
from baselines.layers.subject_picker import SubjectPicker
from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras


def test_powers_multiply_the_loss_of_positives_and_shrink_that_of_negatives():
    losses = keras.ops.convert_to_numpy(power_cross_entropy(np.zeros(2, "float32"), np.array([1, 0]), 4))
    np.testing.assert_allclose(losses, [4 * math.log(2), 0.064539], atol=1e-6)
    losses = keras.ops.convert_to_numpy(power_cross_entropy(np.array([-200.0, 200.0], "float32"), np.array([1, 0]), 2))
    assert losses[0] == pytest.approx(400) and np.isfinite(losses).all()


def slow_subjects(probabilities, mask, count):
    found = []
    for first in range(len(mask)):
        if mask[first] and probabilities[first, 0] > THRESHOLD:
            last = next((at for at in range(first, len(mask)) if mask[at] and probabilities[at, 1] > THRESHOLD), None)
            if last is not None:
                found.append((probabilities[first, 0], first, last))
    return {(first, last) for _, first, last in sorted(found, reverse=True)[:count]}


def test_subjects_are_the_most_probable_starts_with_the_nearest_end():
    rng, picker, zeros = np.random.default_rng(1), SubjectPicker(3, THRESHOLD), np.zeros((5, 9), "int32")
    probabilities = rng.random((5, 9, 2)).astype("float32")
    probabilities[4] = 0
    mask = np.arange(9) < np.array([9, 5, 7, 1, 9])[:, None]
    picked = keras.ops.convert_to_numpy(picker(probabilities, mask, zeros, zeros))
    assert picked.shape == (5, 3, 2)
    for row in range(5):
        assert {tuple(pair) for pair in picked[row].tolist() if pair[0] >= 0} == slow_subjects(probabilities[row], mask[row], 3)
    short = keras.ops.convert_to_numpy(picker(probabilities[:, :2], mask[:, :2], zeros[:, :2], zeros[:, :2]))
    assert short.shape == (5, 3, 2)


def test_training_takes_the_marked_subject():
    marks = np.eye(6, dtype="int32")[[2, 0]], np.eye(6, dtype="int32")[[4, 0]]
    picked = SubjectPicker()(np.zeros((2, 6, 2), "float32"), np.ones((2, 6), bool), *marks, training=True)
    assert keras.ops.convert_to_numpy(picked).tolist() == [[[2, 4]], [[0, 0]]]


def test_a_drawn_subject_pairs_a_start_with_an_end_behind_it():
    cells = np.array([(1, 2, 0, 5, 6), (4, 4, 1, 1, 2)], np.int32)
    row = {"token_ids": np.zeros(9, np.int32)}, {"cells": cells, "subject": np.zeros(2, np.int32)}
    rng = np.random.default_rng(0)
    drawn = [draw_subject([row], None, 9, rng)[0] for _ in range(200)]
    assert {tuple(target["subject"]) for _, target in drawn} == {(1, 2), (1, 4), (4, 4)}
    for features, target in drawn:
        assert [np.flatnonzero(features[name]).tolist() for name in MARKS] == [[end] for end in target["subject"]]
    targets = HalfPointerHead(2).batch_targets([target for _, target in drawn[:20]], 9)
    assert targets["subjects"].sum() == 20 * 4
    for objects, (_, target) in zip(targets["objects"], drawn[:20], strict=True):
        expected = {(1, 2): [[5, 0, 0], [6, 0, 1]], (4, 4): [[1, 1, 0], [2, 1, 1]], (1, 4): []}[tuple(target["subject"])]
        assert np.argwhere(objects).tolist() == expected


def test_a_text_without_triples_has_no_subject():
    row = {"token_ids": np.zeros(4, np.int32)}, {"cells": np.zeros((0, 5), np.int32), "subject": np.zeros(2, np.int32)}
    ((features, target),) = draw_subject([row], None, 4, np.random.default_rng(0))
    assert not any(features[name].any() for name in MARKS) and target["subject"].tolist() == [0, 0]


def slow_triples(outputs, characters):
    found = []
    for number, (first, last) in enumerate(outputs["subjects"]):
        length = len(outputs["mask"])
        p = 1 / (1 + np.exp(-outputs["object_logits"][number].reshape(length, -1, 2))) ** 4 * outputs["mask"][:, None, None]
        for at in range(length if first >= 0 else 0):
            for predicate in range(p.shape[1]):
                ends = [end for end in range(at, length) if p[end, predicate, 1] > THRESHOLD]
                if p[at, predicate, 0] > THRESHOLD and ends:
                    places = (characters["char_starts"][first], characters["char_ends"][last],
                              characters["char_starts"][at], characters["char_ends"][ends[0]])  # fmt: skip
                    if min(places) >= 0:
                        found.append((predicate, *places))
    return sorted(found)


def test_objects_are_starts_with_the_nearest_end():
    rng, borders = np.random.default_rng(2), np.array([-1, *range(6), -1])
    characters = {"char_starts": borders, "char_ends": np.where(borders < 0, -1, borders + 1)}
    outputs = {
        "subjects": np.array([[1, 2], [5, 5], [-1, -1]]), "mask": np.arange(8) < 7,
        "object_logits": 3 * rng.standard_normal((3, 8, 4)),
    }  # fmt: skip
    found = triples(outputs, characters)
    assert sorted(tuple(each[:-1]) for each in found) == slow_triples(outputs, characters) and found


@pytest.fixture(scope="module")
def model():
    return HalfPointerHead(3)(build_transformer_model(CONFIG))


def features_of(token_ids):
    zeros = np.zeros_like(token_ids)
    return {"token_ids": token_ids, "segment_ids": zeros, **dict.fromkeys(MARKS, zeros)}


def test_the_head_reads_what_the_last_normalization_reads(model):
    assert model.get_layer("Object-Norm").epsilon == 1e-12
    norm = next(layer for layer in model.layers if layer.name == "Transformer-1-FeedForward-Norm")
    outputs = model(features_of(np.array([[2, 7, 8, 3]], np.int32)))
    assert outputs["object_logits"].shape == (1, 8, 4, 6) and outputs["subjects"].shape == (1, 8, 2)
    assert norm.input is not model.get_layer("Object-Norm").input[0]    # with one more axis


def test_padding_changes_nothing(model):
    token_ids = np.array([[2, 7, 8, 9, 3]], np.int32)
    model.get_layer("Subject").bias.assign([3.0, 3.0])                  # so that subjects are picked
    short, long = (model(features_of(np.pad(token_ids, ((0, 0), (0, extra))))) for extra in (0, 4))
    np.testing.assert_array_equal(short["subjects"], long["subjects"])
    assert (np.asarray(keras.ops.convert_to_numpy(short["subjects"])) >= 0).any()
    one, other = (keras.ops.convert_to_numpy(each["object_logits"]) for each in (short, long))
    np.testing.assert_allclose(other[:, :, :5], one, atol=1e-5)


def test_a_condition_of_zero_kernels_changes_nothing_and_shapes_broadcast():
    x, condition = np.random.default_rng(3).standard_normal((2, 1, 5, 8)), np.ones((2, 3, 1, 4))
    layer = ConditionalLayerNormalization(epsilon=1e-6)
    plain = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)
    found = keras.ops.convert_to_numpy(layer(x.astype("float32"), condition.astype("float32")))
    np.testing.assert_allclose(found, np.broadcast_to(plain, (2, 1, 5, 8)) * np.ones((1, 3, 1, 1)), atol=1e-5)
    assert layer.compute_output_shape((None, 1, None, 8), (None, None, 1, 4)) == (None, None, None, 8)
    layer.to_gamma.kernel.assign(np.full((4, 8), 0.5))
    layer.to_beta.kernel.assign(np.full((4, 8), 0.25))
    np.testing.assert_allclose(layer(x.astype("float32"), condition.astype("float32"))[:, 1:2], 3 * plain + 1, atol=1e-5)
