"""Initializers of the blocks. Su, 2021, kexue.fm/archives/8620 and 8725.

    normal        BERT's: normal of deviation initializer_range, cut at two deviations and not corrected for it (0.0176 of 0.02)
    lecun         variance 1 / fan_in: each matrix keeps the size forward
    geometric     1 / sqrt(fan_in fan_out): in and out of the feed-forward keep it together, forward and backward
    quadratic     the best compromise for each matrix alone
    roformer_v2   lecun over the square root of the number of layers, tables too, as RoFormerV2 in bert4keras
    gau_alpha     the same over its cube root, as GAU-alpha

Tables are BERT's but for the last two; heads always are; biases are 0.
"""

import keras

from baselines.layers.variance_scaling import CUT, VarianceScaling
from baselines.models.config import Config

DEPTH_POWERS = {"roformer_v2": -1 / 2, "gau_alpha": -1 / 3}
"""Of the number of layers, for the gain of every kernel and table."""
DEEPNORM = {"deepnorm_sgd": (0.25, -0.25), "deepnorm_adam": (0.5, -0.5), "deepnorm_lamb": (0, -0.5)}
"""Powers of 2N, N the number of layers, for the stream's factor and the branches' gain. Su, 2022, kexue.fm/archives/8978."""


def kernel(config: Config, gain: float = 1.0) -> keras.initializers.Initializer | None:
    """An initializer for kernels of the blocks, or None: a layer's own truncated normal of initializer_range."""
    if config.initializer == "normal":
        return None if gain == 1 else keras.initializers.TruncatedNormal(stddev=config.initializer_range * gain)
    if config.initializer in DEPTH_POWERS:
        return VarianceScaling("fan_in", gain=gain * config.num_hidden_layers ** DEPTH_POWERS[config.initializer])
    return VarianceScaling("fan_in" if config.initializer == "lecun" else config.initializer, gain=gain)


def table_range(config: Config) -> float:
    """The nominal deviation of the truncated normal for embedding tables."""
    if config.initializer in DEPTH_POWERS:
        depth = max(config.num_hidden_layers, 1) ** DEPTH_POWERS[config.initializer]
        return config.embedding_size**-0.5 * depth / CUT
    return config.initializer_range


def deepnorm(config: Config) -> tuple[float, float]:
    """(factor of the stream, gain of value, output and feed-forward kernels), 1 and 1 without DeepNorm."""
    powers = DEEPNORM.get(config.residual_scale, (0, 0))
    return tuple((2 * config.num_hidden_layers) ** power for power in powers)
