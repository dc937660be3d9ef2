"""One label per token, beginning (B) or inside (I) of a category or outside (O): Ramshaw and Marcus, 1995, cmp-lg/9505040.

The label of a token may be chosen alone (softmax), with both neighbors (memm) or for the whole text (crf). Entities of
one text cannot overlap: where gold ones do, the longest stays.
"""

import typing
from typing import Any

import numpy as np

from baselines.heads.entities import EntityHead, char_cells
from baselines.heads.reading_direction import require_both_sides
from baselines.losses.divergence import softmax_divergence

if typing.TYPE_CHECKING:
    import keras

CHAINS = ("softmax", "crf", "memm")
OUTSIDE = 0


class SequenceTaggingHead(EntityHead):
    """Attaches a dense layer of 2 K + 1 labels (O; B and I of K `categories`) and a `chain` of them to an encoder.

    rank   of the chain's transitions, see layers/label_chain.py; None: full
    """

    def __init__(self, categories: int, chain: str = "crf", initializer_range: float = 0.02, rank: int | None = None):
        if chain not in CHAINS:
            raise ValueError(f"SequenceTaggingHead: unknown chain={chain!r}. Choose one of {', '.join(CHAINS)}.")
        self.categories, self.chain, self.initializer_range, self.rank = categories, chain, initializer_range, rank
        self.classes = 2 * categories + 1

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model from the encoder's inputs to {"logits": float32 (B, L, C), "labels": int32 (B, L), the best path,
        "mask": bool (B, L), 1 = real} and, but for softmax, {"transitions": float32 (B, C, C), the same for every row};
        C = 2 K + 1 labels.
        """
        import keras  # here: tasks import heads, and `--help` must be quick

        from baselines.layers.attention_mask import pad_token_id
        from baselines.layers.padding_mask import PaddingMask

        require_both_sides(encoder, "Tagging needs a model whose tokens see the whole text")
        mask = PaddingMask(pad_token_id(encoder), name="Tagger-Padding")(encoder.input["token_ids"])
        logits = keras.layers.Dense(
            self.classes,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            dtype="float32",
            name="Tagger",
        )(encoder.output["hidden_states"])
        result = {"labels": keras.ops.argmax(logits, axis=-1)}
        if self.chain != "softmax":
            result = self.chain_layer()(logits, mask)
        return keras.Model(encoder.input, {"logits": logits, "mask": mask, **result}, name="sequence_tagging")

    def chain_layer(self) -> Any:
        """[CLS] comes first and is outside; an I follows only B or I of its category."""
        from baselines.layers.crf import ConditionalRandomField
        from baselines.layers.memm import MaximumEntropyMarkovModel

        layer = ConditionalRandomField if self.chain == "crf" else MaximumEntropyMarkovModel
        inside = range(2, self.classes, 2)
        forbidden = [(a, b) for b in inside for a in range(self.classes) if a not in (b - 1, b)]
        return layer(first=OUTSIDE, forbidden=forbidden, rank=self.rank, name="Tagger-Chain")

    def loss(self, targets: Any, outputs: dict) -> Any:
        """Minus log P of the labels int32 (B, L), in nats: float32 (B,) for crf, else (totals, token counts), each (B,)."""
        from keras import ops

        from baselines.layers import crf, memm
        from baselines.losses.cross_entropy import cross_entropy

        mask = outputs["mask"]
        if self.chain == "crf":
            return -crf.log_likelihood(targets, outputs["logits"], outputs["transitions"][0], mask)
        if self.chain == "memm":
            totals = -memm.log_likelihood(targets, outputs["logits"], outputs["transitions"][0], mask)
        else:
            totals = ops.sum(ops.where(mask, cross_entropy(targets, outputs), 0.0), axis=1)
        return totals, ops.sum(ops.cast(mask, "float32"), axis=1)

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the softmax of each token's logits, mean over real tokens: float32 (B,).

        Of the tokens alone also for crf and memm: their transitions are not in it, and are the same for both.
        """
        from keras import ops

        mask = ops.cast(outputs["mask"], "float32")
        return ops.sum(softmax_divergence(outputs["logits"], others["logits"]) * mask, axis=1) / ops.sum(mask, axis=1)

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Token cells (E, 3) of each row as labels int32 (B, L): 0 is O, 2 k + 1 begins category k, 2 k + 2 is inside it."""
        return np.stack([labels_of(cells, length) for cells in targets])

    def compact(self, outputs: dict, features: dict) -> dict:
        """{"entities": per row int (E, 3), category and characters of each B with the I of its category behind it}."""
        result = outputs["labels"] * outputs["mask"]                     # padding is outside
        return {"entities": [char_cells(cells_of(labels), features, row) for row, labels in enumerate(result)]}


def labels_of(cells: np.ndarray, length: int) -> np.ndarray:
    """int32 (L,) of token cells (E, 3). A token has one label: of cells that overlap, the longest (then the first) stays."""
    labels = np.full(length, OUTSIDE, np.int32)
    for category, first, last in sorted(map(tuple, cells), key=lambda cell: (cell[1] - cell[2], cell[1])):
        if not labels[first : last + 1].any():
            labels[first : last + 1] = 2 * category + 2
            labels[first] = 2 * category + 1
    return labels


def cells_of(labels: np.ndarray) -> list[tuple[int, int, int]]:
    """[(category, first token, last token)] of int (L,): a B opens an entity; an I without one of its category opens none."""
    cells = []
    for token in np.flatnonzero(labels):
        label = int(labels[token])
        if label % 2:
            cells.append((label // 2, token, token))
        elif cells and cells[-1][2] == token - 1 and 2 * cells[-1][0] + 2 == label:
            cells[-1] = (cells[-1][0], cells[-1][1], token)
    return cells
