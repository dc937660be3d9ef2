"""The training half of the self-terminating distribution is the cross-entropy under its decoding half."""

import numpy as np
import pytest

from baselines.decoding.self_terminating import self_terminating
from baselines.errors import InputError
from baselines.losses.self_terminating import SelfTerminating

pytestmark = pytest.mark.keras

END, EPSILON = 2, 0.05
TARGETS = np.array([[-1, -1, 3, 0, END, -1], [4, END, 1, 3, 0, END], [-1] * 6, [0, 0, 0, 1, 1, 1]], np.int32)


def logits():
    return (3 * np.random.default_rng(1).standard_normal((*TARGETS.shape, 5))).astype(np.float32)


def expected():
    """(totals, counts), one token after the other."""
    totals = np.zeros(len(TARGETS))
    for row, targets in enumerate(TARGETS):
        log_alpha = np.zeros(())
        for position, target in enumerate(targets):
            if target >= 0:
                log_probabilities, log_alpha = self_terminating(logits()[row, position], log_alpha, END, EPSILON)
                totals[row] -= log_probabilities[target]
                log_alpha = np.zeros(()) if target == END else log_alpha
    return totals, (TARGETS >= 0).sum(axis=1)


def test_the_loss_is_the_cross_entropy_of_what_decoding_does():
    from keras import ops

    totals, counts = SelfTerminating(END, EPSILON)(ops.convert_to_tensor(TARGETS), {"logits": ops.convert_to_tensor(logits())})
    np.testing.assert_allclose(ops.convert_to_numpy(totals), expected()[0], rtol=2e-5)
    assert ops.convert_to_numpy(counts).tolist() == expected()[1].tolist()


def test_gradients_are_finite_for_extreme_logits():
    import keras
    from keras import ops

    extreme = keras.Variable(np.where(np.arange(5) == END, -60.0, 60.0) * np.ones((*TARGETS.shape, 5), np.float32))

    def loss(values):
        totals, _ = SelfTerminating(END, EPSILON)(ops.convert_to_tensor(TARGETS), {"logits": values})
        return ops.sum(totals)

    if keras.backend.backend() == "jax":
        import jax

        gradients = jax.grad(loss)(extreme.value)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            total = loss(extreme.value)
        gradients = tape.gradient(total, extreme.value)
    assert np.isfinite(ops.convert_to_numpy(gradients)).all()


@pytest.mark.parametrize("epsilon", [0, 1])
def test_epsilon_out_of_range(epsilon):
    with pytest.raises(InputError, match="epsilon"):
        SelfTerminating(END, epsilon)
