"""Scores of the candidates of a query: each is encoded with the query as a row. Nogueira and Cho, 2019, arXiv:1901.04085."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.heads.choice import ChoiceHead, stack_choices
from baselines.losses.ranking import PADDING
from baselines.task import Example


class RankingHead(ChoiceHead):
    """As ChoiceHead: one score for each row. Targets are grades of all candidates, not the number of one."""

    output_kind = "ranking"
    divergence = None
    confidence = None

    def __init__(self, compares: bool = True):
        """compares: whether the loss compares candidates, so that a query whose grades are all alike teaches nothing."""
        super().__init__()
        self.compares = compares

    def remark(self, examples: Sequence[Example], encoded: Any) -> str:
        """How many queries have nothing to compare. Raises InputError if none has."""
        alike = sum(len(set(example.gold)) < 2 for example in examples if example.gold is not None)
        if not self.compares or not alike:
            return ""
        if alike == len(examples):
            raise InputError("No query has candidates of different grades, so there is nothing to compare. Give irrelevant "
                             "candidates too, or use --objective pointwise.")  # fmt: skip
        return f"{alike:,} of {len(examples):,} queries have candidates of one grade only, which teach nothing but pointwise"

    def batch_targets(self, targets: Sequence, length: int) -> np.ndarray:
        """Grades as float32 (B, N), PADDING behind those of shorter lists; `length` is not used."""
        batch = np.full((len(targets), max(map(len, targets))), PADDING, np.float32)
        for row, grades in zip(batch, targets, strict=True):
            row[: len(grades)] = grades
        return batch

    def format_prediction(self, prediction: Sequence[float]) -> str:
        """The numbers of the candidates from 1, best first, each with its score."""
        order = sorted(range(len(prediction)), key=lambda number: -prediction[number])
        return " ".join(f"{number + 1}:{prediction[number]:.3f}" for number in order)


def encode_candidates(example: Example, tokenizer: Any, max_length: int) -> Any:
    """The `encode` stage: example.texts is (query, candidate, candidate, …), gold the grades of the candidates or None.

    One row per candidate, [CLS] query [SEP] candidate [SEP], int32 (N, L); a long candidate is trimmed first.
    """
    if len(example.texts) < 2:
        raise InputError("A query alone cannot be ranked. Give one or more candidates after it.")
    query, *candidates = map(tokenizer.ids, example.texts)
    rows = [tokenizer.assemble([query, ids], max_length, trim_order=(1, 0)) for ids in candidates]
    grades = None if example.gold is None else np.asarray(example.gold, np.float32)
    yield stack_choices(rows, len(rows), tokenizer.vocabulary.pad_id), grades


def decode_scores(example: Example, outputs: dict) -> list[float]:
    """The `decode` stage: the score of each candidate, a logit; outputs["logits"] (1, N), N at least their number."""
    return [round(float(score), 6) for score in outputs["logits"][0][: len(example.texts) - 1]]


class CandidateDraw:
    """The `draw` of Sampling: `count` candidates of a query, one of them relevant if there is one, the others by chance."""

    def __init__(self, count: int):
        self.count = count

    def __call__(self, rows: list, tokenizer: Any, max_length: int, rng: np.random.Generator) -> list:
        """[(features int32 (N, L), grades float (N,))] -> the same with at most `count` candidates, in their order."""
        (features, grades), = rows
        if len(grades) <= self.count:
            return rows
        relevant = np.flatnonzero(grades > 0)
        first = rng.choice(relevant) if len(relevant) else rng.integers(len(grades))
        others = rng.permutation(np.delete(np.arange(len(grades)), first))[: self.count - 1]
        chosen = np.sort(np.append(others, first))
        length = int((features["token_ids"][chosen] != tokenizer.vocabulary.pad_id).sum(1).max())
        return [({name: value[chosen, :length] for name, value in features.items()}, grades[chosen])]
