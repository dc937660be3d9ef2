"""Nested entities: GlobalPointer scores every span of every category. Su et al., 2022, arXiv:2208.03054."""

import typing
from typing import Any

import numpy as np

from baselines.heads.entities import EntityHead, char_cells
from baselines.heads.pointer_targets import table_targets
from baselines.heads.reading_direction import require_both_sides
from baselines.losses.divergence import sigmoid_divergence
from baselines.losses.multilabel_cross_entropy import sparse_multilabel_cross_entropy

if typing.TYPE_CHECKING:
    import keras


class EntityPointerHead(EntityHead):
    """Attaches GlobalPointer (or with `efficient` EfficientGlobalPointer) of `categories` heads to an encoder.

    head_size          K of queries and keys
    use_bias           as CLUE's reference: none
    initializer_range  standard deviation of the kernels' truncated normal
    """

    def __init__(
        self,
        categories: int,
        efficient: bool = False,
        head_size: int = 64,
        use_bias: bool = False,
        initializer_range: float = 0.02,
    ):
        self.categories, self.efficient = categories, efficient
        self.head_size, self.use_bias, self.initializer_range = head_size, use_bias, initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"scores": float32 (B, H, L, L)}, H categories."""
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.efficient_global_pointer import EfficientGlobalPointer
        from baselines.layers.global_pointer import GlobalPointer
        from baselines.layers.padding_mask import PaddingMask

        require_both_sides(encoder, "Tagging needs a model whose tokens see the whole text")
        layer = (EfficientGlobalPointer if self.efficient else GlobalPointer)(
            self.categories,
            self.head_size,
            use_bias=self.use_bias,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            name="Entity-Pointer",
        )
        mask = PaddingMask(pad_token_id(encoder), name="Entity-Padding")(encoder.input["token_ids"])
        scores = layer(encoder.output["hidden_states"], mask)
        return keras.Model(encoder.input, {"scores": scores}, name="entity_pointer")

    def loss(self, targets: Any, outputs: dict) -> Any:
        """targets int32 (B, H, P): cells start * L + end, padded with -1; returns float32 (B,), the mean over categories."""
        from keras import ops

        scores = outputs["scores"]
        batch, heads, length = ops.shape(scores)[:3]
        losses = sparse_multilabel_cross_entropy(ops.reshape(scores, (batch, heads, length * length)), targets)
        return ops.mean(losses, axis=-1)

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the spans, each by itself: summed over a category's, then the mean: float32 (B,)."""
        from keras import ops

        batch, heads, length = ops.shape(outputs["scores"])[:3]
        flat = (ops.reshape(each["scores"], (batch, heads, length * length)) for each in (outputs, others))
        return ops.mean(sigmoid_divergence(*flat), axis=-1)

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Token cells (E, 3) of each row as int32 (B, H, P), padded with -1; P is a power of two."""
        return table_targets([np.asarray(cells).reshape(-1, 3) for cells in targets], self.categories, length)

    def compact(self, outputs: dict, features: dict) -> dict:
        """{"entities": per row int (E, 3), category and characters of every span with a positive score}."""
        rows, *cells = np.nonzero(outputs["scores"] > 0)
        bounds = np.searchsorted(rows, np.arange(len(outputs["scores"]) + 1))
        cells = np.stack(cells, axis=1)
        return {
            "entities": [char_cells(cells[a:b], features, row) for row, (a, b) in enumerate(zip(bounds, bounds[1:], strict=False))]
        }
