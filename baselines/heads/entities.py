"""Entities between characters and tokens, for every named entity head: encoding of texts and decoding of outputs.

Encoded targets are token cells int32 (E, 3): category, first token, last token (inclusive). Features carry the characters
of each token, so that predictions are spans of the user's own text.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from baselines.heads.joining import majority
from baselines.metrics.spans import Entity
from baselines.task import Categories, Example, Head, Span
from baselines.tokenizers.alignment import Alignment

NOWHERE = -1
"""Character of tokens without one: [CLS], [SEP]."""


def encode_entities(categories: Categories) -> Callable:
    """The `encode` stage for one text with entities: (example, tokenizer, max_length) -> one (features, cells or None).

    features  token_ids, segment_ids, and int32 (L,) char_starts, char_ends: each token's characters [start, end), -1 for
              special tokens. The model does not read the last two.
    An entity that does not begin and end with a token, or does not fit max_length, has no cell: `lost_entities` counts them.
    """

    def encode(example, tokenizer, max_length):
        encoded = EncodedText.of(example.texts[0], tokenizer, max_length)
        yield encoded.features, None if example.gold is None else encoded.cells(example.gold, categories)

    return encode


@dataclasses.dataclass(frozen=True)
class EncodedText:
    """A text as features with char_starts and char_ends, and the places of its characters among the tokens.

    Attributes:
        features: See `encode_entities`.
        alignment: Of the whole text.
        tokens: Tokens of the text that fit.
        first: Place of its first token, behind the special tokens.
    """

    features: dict
    alignment: Alignment
    tokens: int
    first: int

    @classmethod
    def of(cls, text: str, tokenizer: Any, max_length: int) -> "EncodedText":
        """Encodes a text."""
        features = tokenizer.encode(text, max_length=max_length)
        alignment, length, first = tokenizer.align(text), len(features["token_ids"]), len(tokenizer.start_ids)
        tokens = length - tokenizer.special_count(1)
        borders = np.full((2, length), NOWHERE, np.int32)
        borders[:, first : first + tokens] = np.reshape(alignment.spans[:tokens], (tokens, 2)).T
        return cls(features | {"char_starts": borders[0], "char_ends": borders[1]}, alignment, tokens, first)

    def ends(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last token of the characters [start, end); None if they do not begin and end with a token, or do not fit."""
        span = self.alignment.token_span(start, end)
        return None if span is None or span[1] > self.tokens else (span[0] + self.first, span[1] + self.first - 1)

    def cells(self, entities: Iterable[Entity], categories: Categories) -> np.ndarray:
        """int32 (E, 3): category, first and last token of the entities that fit."""
        found = {(categories.id(entity.category), *ends) for entity in entities if (ends := self.ends(entity.start, entity.end))}
        return np.array(sorted(found), np.int32).reshape(-1, 3)


def char_cells(cells: np.ndarray, features: dict, row: int) -> np.ndarray:
    """Token cells (E, 3) of one row as characters: int (E, 3) of category, start, end.

    Cells with a special token drop out, and those of spaces.
    """
    cells = np.asarray(cells, np.int64).reshape(-1, 3)
    starts, ends = features["char_starts"][row][cells[:, 1]], features["char_ends"][row][cells[:, 2]]
    result = np.stack([cells[:, 0], starts, ends], axis=1)
    return result[(starts != NOWHERE) & (ends != NOWHERE) & (starts < ends)]


def decode_entities(categories: Categories) -> Callable:
    """The `decode` stage: (example, {"entities": [int (E, 3)]}) -> Entities in the order of the text."""

    def decode(example, outputs):
        (text,), (result,) = example.texts, outputs["entities"]
        spans = {(int(start), int(end), categories.name(category)) for category, start, end in result}
        return [Entity(start, end, category, text[start:end]) for start, end, category in sorted(spans)]

    return decode


def entity_spans(example: Example) -> list[Span]:
    """The `spans` of a task: gold entities as Spans of the text."""
    return [Span(0, entity.start, entity.end, entity.category) for entity in example.gold or ()]


def lost_entities(golds: Sequence[Iterable[Entity]], rows: Any) -> tuple[int, int]:
    """(entities that no row has a cell for, all entities) of the gold of examples and their encoded rows."""
    total = sum(len(set(entities)) for entities in golds)
    return total - sum(len(rows.target(row)) for row in range(len(rows))), total


def encoded_entities(rows: Any, row: int) -> np.ndarray:
    """Gold of an encoded row in characters, int (E, 3) of category, start, end: as far as tokens and max_length allow."""
    return char_cells(rows.target(row), rows.features, row)


class EntityHead(Head):
    """Base class of named entity heads."""

    output_kind = "entities"
    entities_of: Callable[[Any], Iterable[Entity]] = staticmethod(set)
    """Gold -> its Entities, for tasks whose gold has another form."""

    def remark(self, examples: Sequence[Example], encoded: Any) -> str:
        """One sentence about the gold entities that no token span matches; "" without any."""
        lost, total = lost_entities([self.entities_of(example.gold) for example in examples], encoded)
        reason = "they do not align with tokens, or lie beyond --max_length"
        return f"{lost} of {total} entities cannot be predicted: {reason}. See `run.py lint`." if lost else ""

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """The entities of an example that models of more than half of the weight have found, as one row."""
        found = [[tuple(map(int, cell)) for row in each["entities"] for cell in row] for each in outputs]
        return {"entities": [np.array(sorted(majority(found, weights)), np.int64).reshape(-1, 3)]}
