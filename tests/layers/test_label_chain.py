"""Best path, partition and likelihoods equal brute force over all paths; padding changes nothing; XLA compiles gradients."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers import crf, memm
from baselines.layers.label_chain import best_path, log_partition, log_partition_of_many

pytestmark = pytest.mark.keras
LAYERS = {"crf": crf.ConditionalRandomField, "memm": memm.MaximumEntropyMarkovModel}
LIKELIHOODS = {"crf": crf.log_likelihood, "memm": memm.log_likelihood}
CLASSES = 3
LENGTHS = (5, 2, 1, 4)


def draw(*shape, seed=0, scale=2.0):
    return (scale * np.random.default_rng(seed).normal(size=shape)).astype("float32")


def numpy(x):
    return ops.convert_to_numpy(x)


def mask_of(lengths=LENGTHS, longest=5):
    return np.arange(longest) < np.array(lengths)[:, None]


def paths(length):
    return [np.array(path) for path in itertools.product(range(CLASSES), repeat=length)]


def log_softmax(x, axis):
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


def crf_score(path, logits, transitions):
    return logits[np.arange(len(path)), path].sum() + transitions[path[:-1], path[1:]].sum()


def memm_score(path, logits, transitions):
    """Half of log P from left to right plus that from right to left, token by token."""
    total = 0.0
    for order, table in ((1, transitions), (-1, transitions.T)):
        path_, logits_ = path[::order], logits[: len(path)][::order]
        total += log_softmax(logits_[0], 0)[path_[0]]
        for token in range(1, len(path)):
            total += log_softmax((logits_[token] + table[path_[token - 1]]) / 2, 0)[path_[token]]
    return total / 2


SCORES = {"crf": crf_score, "memm": memm_score}


def test_partition_and_best_path_of_any_chain():
    initial, steps, mask = draw(4, CLASSES), draw(4, 4, CLASSES, CLASSES, seed=1), mask_of()

    def score(row, path):
        return initial[row, path[0]] + sum(steps[row, t, a, b] for t, (a, b) in enumerate(itertools.pairwise(path)))

    found = numpy(log_partition(initial, steps, mask))
    labels = numpy(best_path(initial, steps, mask))
    for row, length in enumerate(LENGTHS):
        scores = [score(row, path) for path in paths(length)]
        np.testing.assert_allclose(found[row], np.log(np.exp(scores).sum()), atol=1e-5)
        np.testing.assert_array_equal(labels[row, :length], paths(length)[np.argmax(scores)])


@pytest.mark.parametrize("name", LAYERS)
def test_layers_equal_brute_force(name):
    logits, transitions, mask = draw(4, 5, CLASSES), draw(CLASSES, CLASSES, seed=1), mask_of()
    labels = np.random.default_rng(2).integers(0, CLASSES, (4, 5)).astype("int32")
    layer = LAYERS[name]()
    layer(logits, mask)
    layer.set_weights([transitions])
    found = layer(logits, mask)
    assert found["transitions"].shape == (4, CLASSES, CLASSES)
    likelihood = numpy(LIKELIHOODS[name](labels, logits, transitions, mask))
    for row, length in enumerate(LENGTHS):
        scores = np.array([SCORES[name](path, logits[row], transitions) for path in paths(length)])
        best = paths(length)[scores.argmax()]
        np.testing.assert_array_equal(numpy(found["labels"])[row, :length], best)
        expected = SCORES[name](labels[row, :length], logits[row], transitions)
        if name == "crf":
            expected -= np.log(np.exp(scores).sum())
        np.testing.assert_allclose(likelihood[row], expected, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_padding_changes_nothing(name):
    logits, transitions, labels = draw(4, 5, CLASSES), draw(CLASSES, CLASSES, seed=1), np.ones((4, 5), "int32")
    longer = np.concatenate([logits, draw(4, 4, CLASSES, seed=3, scale=50)], axis=1)
    more = np.concatenate([labels, np.full((4, 4), 2, "int32")], axis=1)
    layer = LAYERS[name]()
    short, long = (layer(x, mask_of(longest=x.shape[1]))["labels"] for x in (logits, longer))
    for row, length in enumerate(LENGTHS):
        np.testing.assert_array_equal(numpy(short)[row, :length], numpy(long)[row, :length])
    one = LIKELIHOODS[name](labels, logits, transitions, mask_of())
    other = LIKELIHOODS[name](more, longer, transitions, mask_of(longest=9))
    np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_a_row_alone_has_the_path_that_it_has_in_a_batch(name):
    layer, logits, mask = LAYERS[name](), draw(4, 5, CLASSES), mask_of()
    together = numpy(layer(logits, mask)["labels"])
    for row in range(4):
        np.testing.assert_array_equal(numpy(layer(logits[row : row + 1], mask[row : row + 1])["labels"])[0], together[row])


@pytest.mark.parametrize("name", LAYERS)
def test_first_and_forbidden_labels(name):
    layer = LAYERS[name](first=0, forbidden=[(0, 2), (2, 1)])
    logits = draw(4, 5, CLASSES)
    logits[:, :, 2] += 5
    for row, length in zip(numpy(layer(logits, mask_of())["labels"]), LENGTHS, strict=True):
        pairs = set(itertools.pairwise(row[:length].tolist()))
        assert row[0] == 0 and not pairs & {(0, 2), (2, 1)}


@pytest.mark.parametrize("name", LAYERS)
def test_no_path_is_searched_while_training(name):
    layer, logits = LAYERS[name](), draw(4, 5, CLASSES)
    found, trained = layer(logits, mask_of()), layer(logits, mask_of(), training=True)
    assert numpy(found["labels"]).any() and not numpy(trained["labels"]).any()
    np.testing.assert_array_equal(numpy(found["transitions"]), numpy(trained["transitions"]))


def test_partition_of_a_long_text_is_exact():
    """Log space: scores of 99 steps would overflow; a loop in float64 is the oracle."""
    initial, steps = draw(2, 5, scale=5), draw(2, 99, 5, 5, seed=1, scale=5)
    alpha = initial.astype("float64")
    for t in range(99):
        alpha = np.logaddexp.reduce(alpha[:, :, None] + steps[:, t], axis=1)
    expected = np.logaddexp.reduce(alpha, axis=1)
    np.testing.assert_allclose(numpy(log_partition(initial, steps, np.ones((2, 100), bool))), expected, rtol=1e-5)


def compiled_gradients(loss, *values):
    """The gradients of a loss, compiled with XLA."""
    from baselines.training import backends

    value_and_gradients, backend = backends.current().value_and_gradients, keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        compiled = tf.function(lambda *values: value_and_gradients(loss, values), jit_compile=True, autograph=False)
    elif backend == "jax":
        import jax

        compiled = jax.jit(lambda *values: value_and_gradients(loss, list(values)))
    else:
        pytest.skip("compiles on TensorFlow and JAX")
    return [numpy(gradient) for gradient in compiled(*values)[1]]


def test_the_sum_over_paths_token_by_token_is_that_in_pairs():
    logits, transitions, mask = draw(4, 5, 7, scale=5), draw(7, 7, seed=1, scale=5), mask_of()
    weights = np.array([1, -2, 3, 0.5], "float32")
    ways = lambda x, t: log_partition(x[:, 0], t + x[:, 1:, None, :], mask), lambda x, t: log_partition_of_many(x, t, mask)
    results = []
    for partition in ways:
        gradients = compiled_gradients(lambda values, of=partition: (ops.sum(weights * of(*values)), None), logits, transitions)
        results.append([numpy(partition(logits, transitions)), *gradients])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("name", LAYERS)
def test_compiled_gradients_are_those_of_differences(name):
    logits, transitions, mask = draw(4, 5, CLASSES), draw(CLASSES, CLASSES, seed=1), mask_of()
    labels = np.zeros((4, 5), "int32")

    def loss(values):
        return ops.sum(LIKELIHOODS[name](labels, values[0], values[1], mask)), None

    _, gradient = compiled_gradients(loss, logits, transitions)
    for cell in ((0, 0), (1, 2)):
        step = np.zeros_like(transitions)
        step[cell] = 1e-2
        up, down = (float(numpy(loss([logits, transitions + sign * step])[0])) for sign in (1, -1))
        assert abs((up - down) / 2e-2 - float(gradient[cell])) < 5e-3


def test_layers_clone_from_their_config():
    layer = crf.ConditionalRandomField(first=0, forbidden=[(0, 2)], name="chain")
    clone = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert (clone.first, clone.forbidden, clone.name) == (0, ((0, 2),), "chain")


@pytest.mark.parametrize("name", LAYERS)
def test_transitions_of_low_rank_are_a_product(name):
    layer = LAYERS[name](rank=2)
    logits, mask = draw(4, 5, CLASSES), mask_of()
    found = layer(logits, mask)
    left, right = map(numpy, (layer.left, layer.right))
    assert left.shape == right.shape == (CLASSES, 2) and len(layer.weights) == 2
    np.testing.assert_allclose(numpy(found["transitions"])[0], left @ right.T, atol=1e-6)
    full = LAYERS[name]()
    full(logits, mask)
    full.transitions.assign(left @ right.T)
    np.testing.assert_array_equal(numpy(full(logits, mask)["labels"]), numpy(found["labels"]))
    assert LAYERS[name].from_config(layer.get_config()).rank == 2
