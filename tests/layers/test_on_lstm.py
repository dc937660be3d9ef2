"""ON-LSTM: the cell by hand and by a slow loop, its parameters, its gates, padding."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers.on_lstm import OrderedNeuronLSTM, distances, ordered_neurons

pytestmark = pytest.mark.keras


def logit(p):
    return np.log(p) - np.log1p(-np.asarray(p))


def columns(forget, write, f, i, o, candidate):
    """Sums before activation that give these gates; the first two are softmaxes."""
    parts = (np.log(forget), np.log(write), logit(f), logit(i), logit(o), np.arctanh(candidate))
    return np.concatenate(parts)[None].astype("float32")


def one_step(forget, write, **options):
    gates = np.full(4, 0.5), np.full(4, 0.25), np.full(4, 0.5), np.array([0.2, 0.4, -0.6, 0.8])
    step = ordered_neurons(columns(forget, write, *gates), np.array([[1, -1, 2, 3]], "float32"), 4, **options)
    return [ops.convert_to_numpy(each)[0] for each in step]


def test_a_step_by_hand():
    hidden, forget, write, cell = one_step([0.1, 0.2, 0.6, 0.1], [0.5, 0.3, 0.1, 0.1])
    np.testing.assert_allclose(forget, [0.1, 0.3, 0.9, 1], atol=1e-6)
    np.testing.assert_allclose(write, [1, 0.5, 0.2, 0.1], atol=1e-6)
    np.testing.assert_allclose(cell, [0.235, -0.07, 1.581, 2.87], atol=1e-6)
    np.testing.assert_allclose(hidden, [0.115384, -0.034943, 0.459379, 0.496796], atol=1e-6)
    assert float(distances(forget[None, None])[0, 0]) == pytest.approx(0.425)
    assert 4 * (1 - forget.mean()) + 1 == pytest.approx(2.7)                # the expected level of the history
    paper = one_step([0.1, 0.2, 0.6, 0.1], [0.5, 0.3, 0.1, 0.1], input_gate="paper")
    np.testing.assert_allclose(paper[2], [0.5, 0.2, 0.1, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("history", "written", "expected"), [(2, 3, [0.2, -0.4, 0.85, 3]), (4, 1, [0.2, 0, 0, 3])], ids=["overlap", "gap"]
)
def test_hard_levels(history, written, expected):
    """Below both levels the candidate, above both the history; between them a mixture or nothing."""
    one_hot = lambda level: np.where(np.arange(1, 5) == level, 1.0, 1e-30)  # noqa: E731
    np.testing.assert_allclose(one_step(one_hot(history), one_hot(written))[3], expected, atol=1e-6)


def slow(x, kernel, recurrent, bias, units, levels):
    """The formulas, a neuron at a time."""
    sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
    softmax = lambda a: np.exp(a) / np.exp(a).sum()  # noqa: E731
    result = []
    for row in x:
        h, c = np.zeros(units), np.zeros(units)
        for token in row:
            a = token @ kernel + h @ recurrent + bias
            p_forget, p_write, rest = softmax(a[:levels]), softmax(a[levels : 2 * levels]), a[2 * levels :]
            forget = [p_forget[: k + 1].sum() for k in range(levels)]
            write = [p_write[k:].sum() for k in range(levels)]
            new_h, new_c = np.zeros(units), np.zeros(units)
            for n in range(units):
                level = n // (units // levels)
                f, i, o = (sigmoid(rest[units * part + n]) for part in range(3))
                candidate, w = np.tanh(rest[3 * units + n]), forget[level] * write[level]
                new_c[n] = w * (f * c[n] + i * candidate) + (forget[level] - w) * c[n] + (write[level] - w) * candidate
                new_h[n] = o * np.tanh(new_c[n])
            h, c = new_h, new_c
            result.append(np.concatenate([h, forget, write]))
    return np.reshape(result, (*x.shape[:2], -1))


@pytest.fixture(scope="module")
def layer():
    layer = OrderedNeuronLSTM(6, 3, weight_dropout=0.5)
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.trainable_weights] + [
        weight.numpy() for weight in layer.non_trainable_weights])  # fmt: skip
    return layer


def test_the_layer_is_the_slow_loop(layer):
    x = np.random.default_rng(1).normal(size=(2, 5, 4)).astype("float32")
    expected = slow(x, *(weight.numpy().astype("float64") for weight in layer.trainable_weights), 6, 3)
    hidden, forget, write = (ops.convert_to_numpy(each) for each in layer(x))
    np.testing.assert_allclose(np.concatenate([hidden, forget, write], axis=-1), expected, atol=1e-5)
    assert (np.diff(forget) >= 0).all() and (np.diff(write) <= 0).all()
    np.testing.assert_allclose(forget[..., -1], 1, atol=1e-6)
    np.testing.assert_allclose(write[..., 0], 1, atol=1e-6)


def test_what_follows_changes_nothing_before_it(layer):
    x = np.random.default_rng(2).normal(size=(1, 4, 4)).astype("float32")
    longer = np.concatenate([x, 9 * np.ones((1, 3, 4), "float32")], axis=1)
    for short, long in zip(layer(x), layer(longer), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(long)[:, :4], ops.convert_to_numpy(short), atol=1e-6)


def test_dropped_weights_are_others_in_every_call_of_training_only(layer):
    x = np.random.default_rng(3).normal(size=(1, 3, 4)).astype("float32")
    plain, first, second = (ops.convert_to_numpy(layer(x, training=training)[0]) for training in (False, True, True))
    assert np.abs(first - plain).max() > 1e-3 and np.abs(second - first).max() > 1e-3


@pytest.mark.parametrize("levels", [16, 1])
def test_parameters(levels):
    layer = OrderedNeuronLSTM(128, levels)
    layer.build((None, None, 128))
    count = sum(np.prod(weight.shape) for weight in layer.trainable_weights)
    assert count == (128 + 128 + 1) * (4 * 128 + 2 * levels) == {16: 139_808, 1: 132_098}[levels]


def test_one_level_is_an_lstm():
    ours, theirs = OrderedNeuronLSTM(5, 1), keras.layers.LSTM(5, return_sequences=True)
    x = np.random.default_rng(4).normal(size=(2, 4, 3)).astype("float32")
    ours.build(x.shape)
    theirs.build(x.shape)
    # Keras' order is i, f, candidate, o; ours, behind the two columns of the levels, f, i, o, candidate.
    order = np.concatenate([np.arange(5) + 5 * part for part in (1, 0, 3, 2)])
    weights = [np.random.default_rng(5).normal(size=weight.shape) for weight in theirs.get_weights()]
    theirs.set_weights(weights)
    for variable, weight in zip(ours.trainable_weights, weights, strict=True):
        variable.assign(np.concatenate([np.ones((*weight.shape[:-1], 2)), weight[..., order]], axis=-1))
    np.testing.assert_allclose(ops.convert_to_numpy(ours(x)[0]), ops.convert_to_numpy(theirs(x)), atol=1e-6)


def test_half_precision_keeps_the_last_forget_gate_at_one():
    layer = OrderedNeuronLSTM(8, 4, dtype="mixed_bfloat16")
    hidden, forget, _ = layer(np.random.default_rng(6).normal(size=(2, 6, 3)).astype("float32") * 5)
    assert keras.backend.standardize_dtype(hidden.dtype) == "bfloat16"
    assert (ops.convert_to_numpy(forget)[..., -1] == 1).all()


@pytest.mark.parametrize(("options", "message"), [({"levels": 4}, "levels=4 does not divide units=6"),
                                                  ({"levels": 3, "input_gate": "papr"}, "unknown input_gate='papr'")])  # fmt: skip
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        OrderedNeuronLSTM(6, **options)
