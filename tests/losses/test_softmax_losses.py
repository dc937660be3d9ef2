"""Losses that may replace cross-entropy: worked numbers, gradients against finite differences, what they must not change."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines import losses
from baselines.errors import InputError
from baselines.losses.cross_entropy import cross_entropy
from baselines.losses.emo import Emo, earth_mover
from baselines.losses.focal import Focal
from baselines.losses.gamma_ce import GammaCrossEntropy
from baselines.losses.label_smoothing import LabelSmoothing
from baselines.losses.poly import Poly
from baselines.losses.span_cross_entropy import span_cross_entropy
from baselines.losses.token_mean import TokenMean
from baselines.training import backends

pytestmark = pytest.mark.keras

TABLE = np.array([[1, 0], [1.6, 1.2], [0, 0.5]], np.float32)            # unit rows: (1, 0), (.8, .6), (0, 1)
ROUNDED = 1e-5
"""Of e^log p in float32."""


def value(part, targets, logits, *table):
    return ops.convert_to_numpy(part(np.array(targets, "int32"), np.array(logits, "float32"), *table))


def of(part, probability):
    """The loss of a target with that probability, among two classes."""
    return value(part, [0], [np.log([probability, 1 - probability])])[0]


def gradient(part, targets, logits, *table):
    """Of the sum over the rows with respect to the logits, by the backend."""

    def total(arrays):
        return ops.sum(part(np.array(targets, "int32"), arrays[0], *table)), ()

    logits = ops.convert_to_tensor(np.array(logits, "float32"))
    _, (found,) = backends.current().value_and_gradients(total, [logits])
    return ops.convert_to_numpy(found)


PARTS = [LabelSmoothing(), GammaCrossEntropy(), GammaCrossEntropy(0.8), GammaCrossEntropy(1.0), Focal(), Focal(0.5), Poly()]


@pytest.mark.parametrize("gamma, losses_, weights", [
    (0.1, [0.104790, 0.664263, 2.462675], [0.989011, 0.909091, 0.091743]),
    (0.8, [0.101014, 0.526803, 1.103233], None),
    (1.0, [0.1, 0.5, 0.99], [0.9, 0.5, 0.01]),
    (0.0, [0.105361, 0.693147, 4.605170], [1, 1, 1]),
])  # fmt: skip
def test_gamma_cross_entropy(gamma, losses_, weights):
    part, probabilities = GammaCrossEntropy(gamma), (0.9, 0.5, 0.01)
    np.testing.assert_allclose([of(part, p) for p in probabilities], losses_, atol=ROUNDED)
    if weights:
        logits = [np.log([p, 1 - p]) for p in probabilities]
        plain, soft = (gradient(kind, [0, 0, 0], logits) for kind in (GammaCrossEntropy(0.0), part))
        np.testing.assert_allclose(soft / plain, np.repeat(np.array(weights)[:, None], 2, axis=1), rtol=1e-4)


def test_gamma_cross_entropy_is_bounded_below_cross_entropy_and_continuous_in_gamma():
    for gamma in (1e-7, 0.1, 0.5, 0.51, 0.8, 1 - 1e-6):
        part = GammaCrossEntropy(gamma)
        impossible = value(part, [0], [[-300.0, 0]])[0]
        assert impossible == pytest.approx(-np.log(gamma) / (1 - gamma), rel=1e-4)
        assert all(of(part, p) <= -np.log(p) + 1e-6 for p in (0.01, 0.3, 0.9))
    assert of(GammaCrossEntropy(0.5), 0.3) == pytest.approx(of(GammaCrossEntropy(0.5000001), 0.3), rel=1e-5)
    assert of(GammaCrossEntropy(1 - 1e-6), 0.3) == pytest.approx(0.7, rel=1e-5)


def test_label_smoothing():
    part = LabelSmoothing(0.1)
    assert value(part, [0], [np.log([0.7, 0.2, 0.1])])[0] == pytest.approx(0.463297, abs=ROUNDED)
    np.testing.assert_allclose(gradient(part, [0], [np.log([0.933333, 0.033333, 0.033333])]), 0, atol=1e-5)
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    logits = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    found = value(part, [0, 1, 2, 3, 0], logits).mean()
    assert found == pytest.approx(float(expected(np.eye(4, dtype="float32")[[0, 1, 2, 3, 0]], logits)), rel=1e-5)


def test_choices_that_only_fill_up_get_no_share():
    logits = [0.3, -1.0, 0.7]
    for part in PARTS:
        filled = value(part, [2], [[*logits, -1e9]])
        np.testing.assert_allclose(filled, value(part, [2], [logits]), rtol=1e-6)
        assert gradient(part, [2], [[*logits, -1e9]])[0, 3] == 0


@pytest.mark.parametrize("p", [0.01, 0.5, 0.9])
def test_focal_and_poly_against_their_formulas(p):
    assert of(Focal(2.0), p) == pytest.approx(-((1 - p) ** 2) * np.log(p), abs=ROUNDED)
    assert of(Focal(0.0), p) == pytest.approx(-np.log(p), abs=ROUNDED)
    assert of(Poly(1.0), p) == pytest.approx(-np.log(p) + 1 - p, abs=ROUNDED)
    assert of(Poly(-1.0), p) == pytest.approx(-np.log(p) - (1 - p), abs=ROUNDED)


def test_earth_mover():
    rows = np.log([[0.5, 0.3, 0.2], [0.5, 0.1, 0.4]])
    np.testing.assert_allclose(value(earth_mover, [0, 0], rows, TABLE), [0.26, 0.42], atol=ROUNDED)
    np.testing.assert_allclose(gradient(earth_mover, [0], rows[:1], TABLE), [[-0.13, -0.018, 0.148]], atol=1e-6)
    np.testing.assert_allclose(value(Emo(), [0, 0], rows, TABLE), [0.693147] * 2, atol=ROUNDED)     # in value that of CE
    far = value(Emo(), [0], np.log([[1e-4, 0.0001, 0.9998]]), TABLE)    # here CE / EMO is above 3
    assert far[0] == pytest.approx((-np.log(1e-4) + 3 * (0.9998 + 0.2e-4)) / 2, abs=1e-3)


def test_earth_mover_is_bounded_and_a_row_of_zeros_is_as_far_as_a_right_angle():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(6, 3)).astype("float32")
    table[0] = 0
    found = value(earth_mover, rng.integers(0, 6, 50), rng.normal(0, 4, (50, 6)), table)
    assert (found >= -1e-6).all() and (found <= 2).all()
    assert value(earth_mover, [0], [[9, 0, 0, 0, 0, 0]], table)[0] == 1
    sure = value(earth_mover, [3], [[0, 0, 0, 200.0, 0, 0]], table)[0]
    assert sure == pytest.approx(0, abs=1e-6)
    opposite = np.array([[1, 0], [-2, 0]], np.float32)
    assert value(earth_mover, [0], [[-200.0, 0]], opposite)[0] == pytest.approx(2)


def test_the_weight_of_the_distance_has_no_gradient():
    logits = np.log([[0.5, 0.3, 0.2]])
    weight = 0.693147 / 0.26
    cross_entropy = losses.loss_class("cross_entropy")()
    expected = (gradient(cross_entropy, [0], logits) + weight * gradient(earth_mover, [0], logits, TABLE)) / 2
    np.testing.assert_allclose(gradient(Emo(), [0], logits, TABLE), expected, atol=1e-5)


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_gradients_are_those_of_differences_and_finite_at_the_ends(part):
    rng = np.random.default_rng(2)
    logits, targets = rng.normal(size=(1, 4)), [1]
    found = gradient(part, targets, logits)[0]
    for index in range(4):
        step = np.eye(4)[index] * 1e-2
        slope = (value(part, targets, logits + step) - value(part, targets, logits - step))[0] / 2e-2
        assert found[index] == pytest.approx(slope, abs=2e-3)
    assert found.sum() == pytest.approx(0, abs=1e-6)                    # a constant added to the logits changes nothing
    for extreme in ([[0, 300.0, 0, 0]], [[300.0, 0, 0, 0]], [[0.0, 0, 0, 0]]):
        assert np.isfinite(value(part, targets, extreme)).all() and np.isfinite(gradient(part, targets, extreme)).all()


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_one_float32_per_target_whatever_the_shape_and_order_of_classes(part):
    rng = np.random.default_rng(3)
    logits, targets = rng.normal(size=(2, 3, 5)).astype("float16"), rng.integers(0, 5, (2, 3))
    found = ops.convert_to_numpy(part(targets.astype("int32"), logits))
    assert found.shape == (2, 3) and found.dtype == np.float32
    order = rng.permutation(5)
    moved = value(part, np.argsort(order)[targets], logits[..., order])
    np.testing.assert_allclose(found, moved, rtol=1e-3)
    assert (found > 0).all()


# Which task may use which

ROWS = {"logits": np.array([[1, 0, 0, -1], [0, 2, 0, 0]], np.float32)}
CLASSES = np.array([0, 3], np.int32)


@pytest.mark.parametrize("name", [name for name in losses.names() if name != "emo"])
def test_every_loss_is_built_by_its_name(name):
    losses.check_losses(name, {}, cross_entropy, "clue/tnews")
    built = losses.build_training_loss(name, {}, cross_entropy)
    found = ops.convert_to_numpy(built(CLASSES, ROWS))
    expected = value(losses.loss_class(name)(), CLASSES, ROWS["logits"])
    np.testing.assert_array_equal(found, expected)
    assert losses.build_training_loss("task", {}, cross_entropy) is cross_entropy


def test_settings_reach_the_formula():
    found = losses.build_training_loss("label_smoothing", {"label_smoothing.epsilon": "0"}, cross_entropy)(CLASSES, ROWS)
    np.testing.assert_allclose(ops.convert_to_numpy(found), value(losses.loss_class("cross_entropy")(), CLASSES, ROWS["logits"]))


@pytest.mark.parametrize("name", ["label_smoothing", "emo"])
def test_tokens_without_a_target_do_not_count(name):
    rng = np.random.default_rng(4)
    logits, targets = rng.normal(size=(2, 4, 3)).astype("float32"), np.array([[0, 2, -1, -1], [-1, 1, -1, -1]], np.int32)
    mean = losses.build_training_loss(name, {}, TokenMean(), TABLE)
    totals, counts = map(ops.convert_to_numpy, mean(targets, {"logits": logits}))
    np.testing.assert_array_equal(counts, [2, 1])
    part, table = losses.loss_class(name)(), (TABLE,) * (name == "emo")
    expected = [value(part, [0, 2], logits[0, :2], *table).sum(), value(part, [1], logits[1, 1:2], *table).sum()]
    np.testing.assert_allclose(totals, expected, rtol=1e-5)
    logits[0, 2:], logits[1, 0] = 1e4, -1e4                             # there is nothing to learn there
    np.testing.assert_allclose(ops.convert_to_numpy(mean(targets, {"logits": logits})[0]), expected, rtol=1e-5)


@pytest.mark.parametrize("name, loss, has_table, parts", [
    ("emo", cross_entropy, False, ["--loss emo", "clue/x", "Choose one of cross_entropy, focal, gamma_ce, label_smoothing, poly"]),
    ("focal", span_cross_entropy, False, ["--loss focal", "clue/x", "trained by another loss", "Leave --loss out"]),
    ("focl", cross_entropy, False, ["--loss", "'focl'", "Did you mean focal"]),
])  # fmt: skip
def test_what_a_task_does_not_allow(name, loss, has_table, parts):
    with pytest.raises(InputError) as error:
        losses.check_losses(name, {}, loss, "clue/x", has_table)
    assert [part for part in parts if part not in str(error.value)] == [], error.value


def test_a_vocabulary_allows_all():
    losses.check_losses("emo", {}, TokenMean(), "lm", has_table=True)
    assert set(losses.compatible_losses(TokenMean(), has_table=True)) == set(losses.names())


@pytest.mark.parametrize("make", [
    lambda: LabelSmoothing(1.5), lambda: GammaCrossEntropy(-0.1), lambda: GammaCrossEntropy(float("nan")), lambda: Focal(-1.0),
    lambda: Poly(-2.0), lambda: Emo(-1.0),
])  # fmt: skip
def test_ranges(make):
    with pytest.raises(InputError, match="expected a number"):
        make()
