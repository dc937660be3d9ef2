"""The unigram language model: of all ways to cut a text, the likeliest one. Kudo, 2018, arXiv:1804.10959.

Pieces have log-probabilities; `tokenizers` finds the best path in Rust.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from tokenizers import models

from baselines.tokenizers.unigram_segmenter import UnigramSegmenter

NEW_SCORE = 0.0
"""Of words that are added: no other way to cut such a word is likelier."""


@dataclasses.dataclass(frozen=True)
class Unigram:
    """Scores of the pieces.

    Attributes:
        scores: Of each token its log-probability.
        unk_id: The token of what no piece spells.
        byte_fallback: Whether characters without a piece become bytes, <0xE4>, instead of unknown.
    """

    scores: Sequence[float]
    unk_id: int
    byte_fallback: bool = False

    name = "unigram"
    suffix = None
    cuts_new_words = True

    def model(self, tokens: Sequence[str]) -> models.Unigram:
        """The model of the `tokenizers` library."""
        return models.Unigram(list(zip(tokens, self.scores, strict=True)), self.unk_id, self.byte_fallback)

    def segmenter(self, tokens: Sequence[str]) -> UnigramSegmenter:
        """What cuts words at random; `models.Unigram` has a sampler too, but no seed."""
        return UnigramSegmenter(tokens, self.scores)

    def subset(self, tokens: Sequence[str], ids: Sequence[int]) -> "Unigram":
        """With the tokens `ids` only; scores stay as they are."""
        return dataclasses.replace(self, scores=[self.scores[i] for i in ids], unk_id=ids.index(self.unk_id))

    def extended(self, count: int) -> "Unigram":
        """With `count` more tokens."""
        return dataclasses.replace(self, scores=[*self.scores, *[NEW_SCORE] * count])

    def with_parts(self, ids: Mapping[str, int], token: str) -> set[int]:
        """The token alone: no other is needed to produce it."""
        return {ids[token]}

    def indispensable_ids(self, special_ids: Iterable[int]) -> set[int]:
        """The piece of the lowest score, from which the score of unknown characters is derived."""
        special_ids = set(special_ids)
        ordinary = [index for index in range(len(self.scores)) if index not in special_ids]
        return {min(ordinary, key=self.scores.__getitem__)} if ordinary else set()

    def settings(self) -> tuple:
        """All that the cut depends on."""
        return self.name, tuple(self.scores), self.unk_id, self.byte_fallback
