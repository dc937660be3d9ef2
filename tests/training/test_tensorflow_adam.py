"""One operation per weight does what Keras' Adam and AdamW do with many."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.keras
if keras.backend.backend() != "tensorflow":
    pytest.skip("TensorFlow's", allow_module_level=True)

from baselines.training.backends import tensorflow_adam  # noqa: E402
from baselines.training.schedule import WarmupSchedule  # noqa: E402

RNG = np.random.default_rng(0)
VALUES = [RNG.normal(size=shape).astype("float32") for shape in ((3, 4), (4,), (2, 3, 4))]
GRADIENTS = [[RNG.normal(size=value.shape).astype("float32") for value in VALUES] for _ in range(3)]


def built(make):
    variables = [keras.Variable(value) for value in VALUES]
    optimizer = make(WarmupSchedule(0.1, 2, 5, "linear"))
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_list=variables[1:2])
    optimizer.build(variables)
    return optimizer, variables


@pytest.mark.parametrize("make", [
    keras.optimizers.Adam, lambda rate: keras.optimizers.AdamW(rate, 0.3, 0.8, 0.95, 1e-3),
    lambda rate: keras.optimizers.AdamW(rate, 0.0),
])  # fmt: skip
# The kernel computes 1 - beta_2 in float32, so that variances differ by 1e-5 of them.
def test_three_updates_are_those_of_keras(make):
    (optimizer, variables), (expected, others) = built(make), built(make)
    assert tensorflow_adam.applies_to(optimizer)
    for gradients in map(lambda each: list(map(keras.ops.convert_to_tensor, each)), GRADIENTS):
        tensorflow_adam.apply(optimizer, gradients, variables)
        expected.apply(gradients, others)
    for found, wanted in zip([*variables, *optimizer.variables], [*others, *expected.variables], strict=True):
        np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-5, atol=5e-6)
    assert int(optimizer.iterations) == 3


def test_other_rules_and_settings_are_left_to_keras():
    class Other(keras.optimizers.Adam):
        pass

    for optimizer in (Other(), keras.optimizers.SGD(), keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())):
        assert not tensorflow_adam.applies_to(optimizer)
    settings = {"amsgrad": True, "clipnorm": 1.0, "global_clipnorm": 1.0, "clipvalue": 1.0, "use_ema": True}
    settings |= {"gradient_accumulation_steps": 2, "loss_scale_factor": 2.0}
    for name, value in settings.items():
        assert not tensorflow_adam.applies_to(keras.optimizers.Adam(**{name: value})), name
