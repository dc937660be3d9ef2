"""The start of a kernel: BERT's truncated normal unless another initializer is given."""

import keras


def fresh(initializer, initializer_range):
    """A copy of `initializer` with a seed of its own, or BERT's: one object would give equal kernels to all layers."""
    if initializer is None:
        return keras.initializers.TruncatedNormal(stddev=initializer_range)
    return initializer.clone()


def serialized(initializer):
    """For get_config."""
    return initializer and keras.initializers.serialize(initializer)
