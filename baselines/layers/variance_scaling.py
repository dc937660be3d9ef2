"""Kernels whose variance is gain^2 / D, with the means of fan-in and fan-out that Keras lacks. Su, 2021, kexue.fm/archives/8725.

    mode        D                       keeps the second moment
    fan_in      m                       forward
    fan_out     n                       backward
    arithmetic  (m + n) / 2             of both about (Xavier)
    geometric   sqrt(m n)               of m -> n -> m as a whole, both ways
    quadratic   (m^2 + n^2) / (m + n)   of each single layer as nearly as can be
"""

from collections.abc import Sequence

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
"""{name: maker of an initializer with that true deviation}."""


@keras.saving.register_keras_serializable(package="baselines")
class VarianceScaling(keras.initializers.Initializer):
    """Draws with mean 0 and the true deviation gain / sqrt(D).

    fan_in, fan_out   m and n, where they are not those of a matrix (m, n): kernels of another rank, embedding tables
    """

    def __init__(self, mode="fan_in", gain=1.0, distribution="truncated_normal", fan_in=None, fan_out=None, seed=None):
        for name, value, known in (("mode", mode, MODES), ("distribution", distribution, DISTRIBUTIONS)):
            if value not in known:
                raise ValueError(f"VarianceScaling: expected `{name}` to be one of {', '.join(known)}. Received: {value!r}")
        self.mode = mode
        self.gain = gain
        self.distribution = distribution
        self.fan_in = fan_in
        self.fan_out = fan_out
        self.given_seed = seed
        self.seed = keras.initializers.RandomNormal(seed=seed).seed     # one of its own where none is given

    def deviation(self, shape: Sequence[int]) -> float:
        """The standard deviation for a variable of `shape`. Raises ValueError if that does not tell the fans."""
        if len(shape) != 2 and (self.fan_in is None or self.fan_out is None):
            raise ValueError(f"VarianceScaling: the shape {tuple(shape)} does not tell the fans. Give `fan_in` and `fan_out`.")
        fans = self.fan_in or shape[0], self.fan_out or shape[-1]
        return self.gain / MODES[self.mode](*fans) ** 0.5

    def __call__(self, shape, dtype=None):
        return DISTRIBUTIONS[self.distribution](self.deviation(shape), self.seed)(shape, dtype)

    def get_config(self):
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
