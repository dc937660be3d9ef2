"""bert4keras.layers: its layers, over this library's, and all of `keras.layers`, as there."""

from keras.layers import *  # noqa: F403 - as there: scripts take Dense and the others from here

from baselines.compat.bert4keras.attention_layers import FeedForward, GatedAttentionUnit, MultiHeadAttention
from baselines.compat.bert4keras.backend import (
    K,
    align,
    apply_rotary_position_embeddings,
    attention_normalize,
    is_tf_keras,
    keras,
    recompute_grad,
    sequence_masking,
    sinusoidal_embeddings,
)
from baselines.compat.bert4keras.layer_parts import Layer, integerize_shape
from baselines.compat.bert4keras.norm_layers import LayerNormalization, ScaleOffset
from baselines.compat.bert4keras.position_layers import (
    Embedding,
    PositionEmbedding,
    RelativePositionEmbedding,
    RelativePositionEmbeddingT5,
    SinusoidalPositionEmbedding,
)
from baselines.compat.bert4keras.small_layers import BatchConcat, BatchSplit, Concatenate1D, GlobalMaxPooling1D, Loss
from baselines.compat.bert4keras.tagging_layers import (
    ConditionalRandomField,
    EfficientGlobalPointer,
    GlobalPointer,
    MaximumEntropyMarkovModel,
)

initializers, activations = keras.initializers, keras.activations
GlobalAveragePooling1D = keras.layers.GlobalAveragePooling1D
REEXPORTED = (
    K, align, apply_rotary_position_embeddings, attention_normalize, integerize_shape, is_tf_keras, recompute_grad,
    sequence_masking, sinusoidal_embeddings,
)  # fmt: skip
"""What bert4keras.layers has from bert4keras.backend."""


def _registered():
    """Puts the layers among Keras' custom objects, and the pooling that knows masks in the place of Keras' own."""
    ours = (
        Embedding, ScaleOffset, Concatenate1D, BatchSplit, BatchConcat, MultiHeadAttention, GatedAttentionUnit, LayerNormalization,
        PositionEmbedding, SinusoidalPositionEmbedding, RelativePositionEmbedding, RelativePositionEmbeddingT5, FeedForward,
        ConditionalRandomField, MaximumEntropyMarkovModel, GlobalPointer, EfficientGlobalPointer, Loss,
    )  # fmt: skip
    keras.layers.GlobalMaxPooling1D = GlobalMaxPooling1D
    named = {layer.__name__: layer for layer in ours}
    keras.utils.get_custom_objects().update(named)
    return named, Layer


custom_objects = _registered()[0]
