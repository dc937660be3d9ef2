"""Generators of batches as scripts of Keras 2 write them: lists of inputs, batches of any length, no targets."""

import itertools

import numpy as np
import pytest

from baselines.compat.bert4keras.backend import keras

pytestmark = pytest.mark.keras
LENGTHS = (4, 4, 3, 5)
"""The first two are equal, from which Keras 3 concludes that all are."""


def batches(targets=True):
    for length in itertools.cycle(LENGTHS):
        yield [np.ones((2, length)), np.zeros((2, length), int)], np.ones((2, 1)) if targets else None


@pytest.fixture(scope="module")
def model():
    first, second = keras.Input((None,)), keras.Input((None,))
    total = keras.layers.Lambda(lambda x: keras.ops.sum(x[0] + x[1], 1, keepdims=True))([first, second])
    dense = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Model([first, second], dense(total))
    # The metric reads the targets' last axis, which has to be known while the step is traced.
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.0), metrics=["sparse_categorical_accuracy"])
    return model


def test_fit_takes_batches_of_any_length_for_training_and_validation(model):
    history = model.fit(
        batches(), steps_per_epoch=4, epochs=2, verbose=0, validation_data=batches(), validation_steps=3
    ).history
    np.testing.assert_allclose(history["loss"], [np.mean([9, 9, 4, 16])] * 2, atol=1e-5)
    np.testing.assert_allclose(history["val_loss"][0], np.mean([9, 9, 4]), atol=1e-5)


def test_predict_and_evaluate_take_them_too(model):
    found = model.predict(batches(targets=False), steps=4)[:, 0]
    np.testing.assert_allclose(found, np.repeat(LENGTHS, 2), atol=1e-5)
    np.testing.assert_allclose(model.evaluate(batches(), steps=4, verbose=0)[0], np.mean([9, 9, 4, 16]), atol=1e-5)


def test_a_train_function_of_the_scripts_own_has_validation_too(model):
    before = model.train_function
    model.train_function = lambda values: before(values)
    x, y = [np.ones((2, 4)), np.zeros((2, 4))], np.ones((2, 1))
    history = model.fit(x, y, epochs=1, verbose=0, validation_data=(x, y)).history
    np.testing.assert_allclose([history["loss"], history["val_loss"]], [[9.0], [9.0]], atol=1e-5)
