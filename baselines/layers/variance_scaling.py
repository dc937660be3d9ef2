"""Kernels whose variance is gain^2 / D, with the means of fan-in and fan-out that Keras lacks. Su, 2021, kexue.fm/archives/8725.

    mode        D                       keeps the second moment
    fan_in      m                       forward
    fan_out     n                       backward
    arithmetic  (m + n) / 2             of both about (Xavier)
    geometric   sqrt(m n)               of m -> n -> m as a whole, both ways
    quadratic   (m^2 + n^2) / (m + n)   of each single layer as nearly as can be
"""

from collections.abc import Sequence
from typing import Any

import keras

MODES = {
    "fan_in": lambda m, n: m,
    "fan_out": lambda m, n: n,
    "arithmetic": lambda m, n: (m + n) / 2,
    "geometric": lambda m, n: (m * n) ** 0.5,
    "quadratic": lambda m, n: (m**2 + n**2) / (m + n),
}
CUT = 0.8796257
"""The true deviation of a normal cut at two deviations, over the nominal one."""
DISTRIBUTIONS = {
    "truncated_normal": lambda std, seed: keras.initializers.TruncatedNormal(stddev=std / CUT, seed=seed),
    "normal": lambda std, seed: keras.initializers.RandomNormal(stddev=std, seed=seed),
    "uniform": lambda std, seed: keras.initializers.RandomUniform(-(3**0.5) * std, 3**0.5 * std, seed=seed),
}
"""{name: (standard deviation, seed) -> initializer}."""


@keras.saving.register_keras_serializable(package="baselines")
class VarianceScaling(keras.initializers.Initializer):
    """Draws with mean 0 and the standard deviation gain / sqrt(D), truncation accounted for.

    fan_in, fan_out   m and n, where they are not those of a matrix (m, n): kernels of another rank, embedding tables
    """

    def __init__(
        self,
        mode: str = "fan_in",
        gain: float = 1.0,
        distribution: str = "truncated_normal",
        fan_in: int | None = None,
        fan_out: int | None = None,
        seed: Any = None,
    ):
        for name, value, known in (("mode", mode, MODES), ("distribution", distribution, DISTRIBUTIONS)):
            if value not in known:
                raise ValueError(f"VarianceScaling: unknown {name}={value!r}. Choose one of {', '.join(known)}.")
        self.mode = mode
        self.gain = gain
        self.distribution = distribution
        self.fan_in = fan_in
        self.fan_out = fan_out
        self.given_seed = seed
        self.seed = keras.initializers.RandomNormal(seed=seed).seed     # one of its own where none is given

    def deviation(self, shape: Sequence[int]) -> float:
        """The standard deviation for a variable of `shape`.

        Raises:
            ValueError: The shape is not a matrix, and `fan_in` or `fan_out` is missing.
        """
        if len(shape) != 2 and (self.fan_in is None or self.fan_out is None):
            raise ValueError(f"VarianceScaling: cannot infer the fans from the shape {tuple(shape)}. Give `fan_in` and `fan_out`.")
        fans = self.fan_in or shape[0], self.fan_out or shape[-1]
        return self.gain / MODES[self.mode](*fans) ** 0.5

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        return DISTRIBUTIONS[self.distribution](self.deviation(shape), self.seed)(shape, dtype)

    def get_config(self) -> dict:
        return {
            "mode": self.mode,
            "gain": self.gain,
            "distribution": self.distribution,
            "fan_in": self.fan_in,
            "fan_out": self.fan_out,
            "seed": self.given_seed,
        }


def fresh_initializer(
    initializer: keras.initializers.Initializer | None, initializer_range: float
) -> keras.initializers.Initializer:
    """A copy of `initializer` with a seed of its own, or BERT's: one object would give equal kernels to all layers."""
    if initializer is None:
        return keras.initializers.TruncatedNormal(stddev=initializer_range)
    return initializer.clone()


def serialized_initializer(initializer: keras.initializers.Initializer | None) -> dict | None:
    """Its configuration for get_config, or None."""
    return initializer and keras.initializers.serialize(initializer)
