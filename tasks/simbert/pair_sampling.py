"""Rows that are drawn from the texts of an example, anew in each epoch: pairs of a group both ways, labeled pairs, a text twice.

encode_train yields the texts once, as ids without special tokens; of them a draw makes rows [CLS] a [SEP] b [SEP] or [CLS] a [SEP].
"""

import dataclasses
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.losses.contrastive import NEXT_TOKENS
from baselines.losses.next_tokens import next_tokens
from baselines.prompts.source_target import nonempty_ids
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

SEPARATORS, STRIPPED = "\n。！？!?；;，, ", "；;，, "


def first_clause(text: str, longest: int, separators: str = SEPARATORS) -> str:
    """The first piece of a text of at most `longest` characters, cut behind the strongest separators that do.

    The order is that of SimBERT's code: lines, then sentences, …, then spaces. What none of them cuts stays as long as it is.
    """
    text = text.strip().strip(STRIPPED)
    if len(text) <= longest or not separators:
        return text
    pieces, retained = text.split(separators[0]), ""
    for number, piece in enumerate(pieces):
        if retained and piece and len(retained) + len(piece) > longest - 1:
            break
        retained += piece + (separators[0] if number + 1 < len(pieces) else "")
    return first_clause(retained, longest, separators[1:])


def encode_train(
    example: Example, tokenizer: Tokenizer, max_length: int, objective: str = "simbert", longest: int = 30, negatives: bool = False
) -> Iterator[tuple[dict, dict]]:
    """The `encode_train` stage: an example's texts, shortened, each a row {"token_ids": ids without special tokens}.

    objective   simbert: texts that mean the same; simcse: each text; cosent, supcon: labeled pairs
    longest     characters, see first_clause; 0 keeps texts whole
    negatives   whether every example has texts to tell apart from, in extra["negatives"]

    Nothing is yielded for an example without two texts that mean the same, where such are needed. Raises InputError for one
    without the label that the objective learns from.
    """
    check_gold(example.gold, objective)
    others = example.extra.get("negatives", ()) if negatives else ()
    if negatives and not others:
        raise InputError("no text in the column of --negative. Fill it in, or leave --negative out.")
    alike = 1.0 if isinstance(example.gold, tuple) else float(example.gold)
    texts, others = (short_ids(some, tokenizer, longest) for some in (example.texts, others))
    if objective != "cosent":
        texts = list({ids.tobytes(): ids for ids in texts}.values())
    if len(texts) < (1 if objective == "simcse" else 2) or (objective == "simbert" and not alike):
        return
    for is_negative, some in enumerate((texts, others)):
        for ids in some:
            yield {"token_ids": ids}, {"alike": alike, "is_negative": is_negative}


def short_ids(texts: Sequence[str], tokenizer: Tokenizer, longest: int) -> list[np.ndarray]:
    """Ids of each text's first clause. Raises InputError for a text without tokens."""
    texts = [first_clause(text, longest) for text in texts] if longest else texts
    return [np.array(nonempty_ids(text, tokenizer, "each text"), np.int32) for text in texts]


def check_gold(gold: Any, objective: str) -> None:
    """Raises InputError for gold that an objective cannot learn from: a tuple is the texts that mean the same, a float a score."""
    kind = "a score" if isinstance(gold, float) else "no label" if isinstance(gold, tuple) else "a label"
    if objective == "cosent" and kind == "no label":
        raise InputError("no label or score, by which --objective cosent orders pairs. Name the column with --label or --score.")
    if objective in ("simbert", "supcon") and kind == "a score":
        raise InputError(
            f"--objective {objective} learns from texts that mean the same, or from labels 0 and 1, not from the score {gold:g}. "
            "Use --objective cosent."
        )


@dataclasses.dataclass(frozen=True)
class Draw:
    """The `draw` stage of an objective. Rows 2i and 2i + 1 of a batch without negatives are partners.

    writes         whether the partner is written after each text
    negatives      whether a third row is a text to tell apart from
    source_masks   share of a text's tokens that become [MASK], where a partner is written after it (RoFormer-Sim)
    """

    objective: str = "simbert"
    writes: bool = True
    negatives: bool = False
    source_masks: float = 0.0

    @property
    def rows_per_example(self) -> int:
        """Rows of an example."""
        return 3 if self.negatives else 2

    def __call__(
        self, encoded: list[tuple[dict, dict]], tokenizer: Tokenizer, max_length: int, rng: np.random.Generator
    ) -> list[tuple[dict, dict]]:
        texts = [features["token_ids"] for features, target in encoded if not target["is_negative"]]
        alike = float(encoded[0][1]["alike"])
        first, second = self._chosen(texts, rng)
        rows = [(first, second, 1), (second, first, -1)]
        result = [self._row(*row, tokenizer, max_length, rng) for row in rows]
        if self.negatives:
            others = [features["token_ids"] for features, target in encoded if target["is_negative"]]
            result.append(self._row(others[rng.integers(len(others))], None, 0, tokenizer, max_length, rng))
        for number, (_, target) in enumerate(result):
            if self.objective == "cosent":
                target["score"] = alike
            if self.objective == "supcon":
                target["class"] = number_of(first if number == 0 or alike else second)
        return result

    def _chosen(self, texts, rng):
        if self.objective == "simcse":
            text = texts[rng.integers(len(texts))]
            return text, text
        if self.objective == "cosent":
            return texts[0], texts[1]
        one, other = rng.permutation(len(texts))[:2]
        return texts[one], texts[other]

    def _row(self, text, other, partner, tokenizer, max_length, rng):
        marks = {"partner": partner, "text": number_of(text)}
        if self.writes and self.source_masks and other is not None:
            masked = rng.random(len(text)) < self.source_masks
            text = np.where(masked, tokenizer.vocabulary.mask_id, text)
        if not self.writes:
            return tokenizer.assemble([text], max_length), marks
        pieces, segments = ([text], (0,)) if other is None else ([text, other], (0, 1))
        features = tokenizer.assemble(pieces, max_length, segments)
        return features, {**marks, NEXT_TOKENS: next_tokens(features["token_ids"], features["segment_ids"] == 1)}


def number_of(ids: Any) -> int:
    """An int32 number that is the same for equal texts, and hardly ever for others."""
    return zlib.crc32(np.asarray(ids, np.int32).tobytes()) - 2**31
