"""TensorFlow's operations of layers: the values and the first two derivatives of the plain formulas, with fewer operations."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from baselines.runtime.backends import plain_operations

if keras.backend.backend() != "tensorflow":
    pytest.skip("of TensorFlow's backend", allow_module_level=True)
import tensorflow as tf  # noqa: E402

from baselines.runtime.backends import tensorflow_operations  # noqa: E402

RNG = np.random.default_rng(0)
X, KERNEL, VECTOR = (RNG.normal(size=size).astype("float64") for size in ((2, 3, 4), (4, 5), (5,)))
KEPT = RNG.random(X.size) < 0.7
CASES = {
    "dense": (lambda op, *arrays: op(*arrays), (X, KERNEL, VECTOR)),
    "dense to as many units": (lambda op, *arrays: op(*arrays), (X, KERNEL[:, :4], VECTOR[:4])),
    "dense of rows, without bias": (lambda op, *arrays: op(*arrays, activation=ops.tanh), (X[0], KERNEL)),
    "dropout": (lambda op, x: op(x, KEPT, 0.3), (X,)),
    "gelu": (lambda op, x: op(x), (2 * X,)),
    "layer_norm": (lambda op, *arrays: op(*arrays, 1e-3), (X, VECTOR[:4], KERNEL[0, :4])),
    "layer_norm without a mean": (lambda op, x, gamma: op(x, gamma, None, 1e-3, False), (X, VECTOR[:4])),
    "layer_norm alone": (lambda op, x: op(x, None, None, 1e-3), (X,)),
}


def derivatives(function, arrays):
    """[values, gradients of a sum of them, gradients of the gradients' squares], as a graph of open sizes computes them."""

    def of(*arrays):
        with tf.GradientTape() as outer:
            outer.watch(arrays)
            with tf.GradientTape() as inner:
                inner.watch(arrays)
                values = function(*arrays)
                total = tf.reduce_sum(tf.sin(values) * values)
            first = inner.gradient(total, arrays)
            squares = tf.add_n([tf.reduce_sum(tf.square(array)) for array in first])
        return [values, *first, *outer.gradient(squares, arrays)]

    arrays = [tf.constant(array) for array in arrays]
    specs = [tf.TensorSpec([None] * (a.shape.rank - 1) + [a.shape[-1]] if a.shape.rank == 3 else a.shape, a.dtype) for a in arrays]
    return [array.numpy() for array in tf.function(of, input_signature=specs, autograph=False)(*arrays)]


@pytest.mark.parametrize("case", CASES)
def test_values_and_two_derivatives_are_those_of_the_formula(case):
    call, arrays = CASES[case]
    name = case.split(" ")[0].rstrip(",")
    ours, plain = (
        derivatives(functools.partial(call, getattr(module, name)), arrays)
        for module in (tensorflow_operations, plain_operations)
    )
    assert len(ours) == 1 + 2 * len(arrays)
    for found, expected in zip(ours, plain, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["gelu", "layer_norm"])
def test_half_precision_is_computed_in_float32(name):
    x = tf.constant(3 * X, tf.bfloat16)
    more = () if name == "gelu" else (tf.ones(4), tf.zeros(4), 1e-12)
    found = getattr(tensorflow_operations, name)(x, *more)
    expected = getattr(plain_operations, name)(tf.cast(x, tf.float32), *more)
    assert found.dtype == (tf.bfloat16 if name == "gelu" else tf.float32)
    np.testing.assert_allclose(tf.cast(found, tf.float32), expected, rtol=2**-8 if name == "gelu" else 1e-6, atol=1e-7)


def test_a_batch_of_any_length_takes_fewer_operations():
    def operations(module):
        def gradients(x, kernel, bias):
            with tf.GradientTape() as tape:
                tape.watch((x, kernel, bias))
                y = module.layer_norm(module.gelu(module.dense(x, kernel, bias)), bias, bias, 1e-12)
            return tape.gradient(y, (x, kernel, bias))

        specs = [tf.TensorSpec(shape, tf.float32) for shape in ((None, None, 4), (4, 5), (5,))]
        return len(tf.function(gradients, input_signature=specs, autograph=False).get_concrete_function().graph.get_operations())

    assert operations(tensorflow_operations) < 0.6 * operations(plain_operations)
