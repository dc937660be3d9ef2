"""Initializers: worked deviations, what keeps a second moment, and what is saved."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers.variance_scaling import VarianceScaling

pytestmark = pytest.mark.keras


def draw(initializer, *shape):
    return ops.convert_to_numpy(initializer(shape)).astype("float64")


@pytest.mark.parametrize(
    "mode, up, gain",
    [("fan_in", 0.036084, 4), ("fan_out", 0.018042, 0.25), ("arithmetic", 0.022822, 0.64), ("geometric", 0.025516, 1),
     ("quadratic", 0.019570, 0.346)],
)  # fmt: skip
def test_deviations_of_a_matrix(mode, up, gain):
    std = VarianceScaling(mode).deviation((768, 3072))
    assert std == pytest.approx(up, abs=1e-6)
    assert std**4 * 768 * 3072 == pytest.approx(gain, abs=1e-3)         # mn / D^2, for both matrices the D of the first
    assert draw(VarianceScaling(mode), 768, 3072).std() == pytest.approx(up, rel=2e-3)


@pytest.mark.parametrize(
    "mode, gain", [("fan_in", 1), ("fan_out", 1), ("arithmetic", 0.64), ("geometric", 1), ("quadratic", 0.346)]
)
def test_up_and_down_again(mode, gain):
    stds = [VarianceScaling(mode).deviation(shape) for shape in ((768, 3072), (3072, 768))]
    assert stds[0] ** 2 * 768 * stds[1] ** 2 * 3072 == pytest.approx(gain, abs=1e-3)


@pytest.mark.parametrize("distribution, largest", [("truncated_normal", 2 / 0.8796257), ("normal", 6), ("uniform", 3**0.5)])
def test_distributions_have_the_true_deviation(distribution, largest):
    values = draw(VarianceScaling(distribution=distribution, fan_in=2500), 1000, 1000)
    assert values.std() == pytest.approx(0.02, rel=3e-3) and abs(values.mean()) < 1e-4
    assert np.abs(values).max() <= 0.02 * largest * (1 + 1e-6)


def test_keras_truncated_normal_is_not_corrected():
    values = draw(keras.initializers.TruncatedNormal(stddev=0.02), 1000, 1000)
    assert values.std() == pytest.approx(0.01759, rel=0.01) and np.abs(values).max() <= 0.04 + 1e-8


def test_a_layer_keeps_the_second_moment():
    x = np.random.default_rng(0).normal(size=(512, 768))
    assert (((x @ draw(VarianceScaling(), 768, 400)) ** 2).mean()) == pytest.approx(1, rel=0.05)
    y = np.maximum(x @ draw(VarianceScaling(gain=2**0.5), 768, 400), 0)
    assert (y**2).mean() == pytest.approx(1, rel=0.05)
    products = np.random.default_rng(1).normal(size=(2, 20000, 64)).prod(axis=0).sum(axis=-1)
    assert products.var() == pytest.approx(64, rel=0.05)


def test_other_ranks_need_their_fans():
    with pytest.raises(ValueError, match=r"cannot infer the fans from the shape \(768, 12, 64\)"):
        VarianceScaling()((768, 12, 64))
    assert draw(VarianceScaling(fan_in=768, fan_out=768), 768, 12, 64).std() == pytest.approx(0.0361, abs=2e-4)
    assert draw(VarianceScaling(fan_in=768), 21128, 76).std() == pytest.approx(768**-0.5, rel=0.01)


def test_it_is_saved_and_cloned():
    given = VarianceScaling("quadratic", 0.5, "uniform", 3, 4, seed=7)
    again = keras.initializers.deserialize(keras.initializers.serialize(given))
    assert again.get_config() == given.get_config()
    np.testing.assert_array_equal(draw(again, 5, 6), draw(given, 5, 6))
    free = VarianceScaling()
    assert np.abs(draw(free, 5, 6) - draw(free.clone(), 5, 6)).max() > 0.01


@pytest.mark.parametrize("options", [{"mode": "fan_avg"}, {"distribution": "cauchy"}])
def test_unknown_names_are_refused(options):
    with pytest.raises(ValueError, match="Choose one of"):
        VarianceScaling(**options)
