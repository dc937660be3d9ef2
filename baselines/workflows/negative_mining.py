"""Hard negatives for pairs: texts of an index that rank high for a query and do not answer it.

A text that scores nearly as high as the pair's own is left out: it probably answers the query too. Rank windows and margins are
those of NV-Retriever, Moreira et al., 2024, arXiv:2407.15831.
"""

import collections
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.runtime.progress import Display

BATCH = 128


@dataclasses.dataclass(frozen=True)
class MiningOptions:
    """What counts as a hard negative.

    Args:
        count: Negatives per pair, the hardest first.
        first: Rank from which texts are taken, from 1.
        last: Rank up to which texts are taken.
        margin: A negative scores at least this much below the pair's own text: a cosine, or a logit of the reranker.

    Raises:
        InputError: A value is out of its range.
    """

    count: int = 5
    first: int = 1
    last: int = 50
    margin: float = 0.05

    def __post_init__(self):
        if self.count < 1:
            raise InputError(f"--num: {self.count} is out of range. Give at least 1.")
        if not 1 <= self.first <= self.last:
            raise InputError(f"--ranks: {self.first} to {self.last} is no range of ranks. Give two numbers from 1, such as 1 50.")
        if self.margin < 0:
            raise InputError(f"--margin: {self.margin:g} is out of range. Give 0 or more.")


def mine(search: Any, source: Source, field: str, options: MiningOptions, display: Display) -> tuple[list[dict], str]:
    """Finds hard negatives in an index.

    Args:
        search: A SemanticSearch, whose reranker scores the texts if it has one.
        source: Rows with a query each.
        field: Field of the text that answers the query.
        options: What counts as hard.
        display: Shows progress.

    Returns:
        ([{"text": query, "text_pair": its text, "negative": [texts]}] for each pair that has negatives, a line about the result).

    Raises:
        InputError: A row lacks a text, or no pair has a negative.
    """
    pairs = [(query, row.text(field)) for _, query, row in source.read()]
    answers = collections.defaultdict(set)
    for query, text in pairs:
        answers[query].add(text)
    rows = []
    for start in display.track(range(0, len(pairs), BATCH), f"batches of {BATCH} pairs"):
        batch = pairs[start : start + BATCH]
        for (query, text), negatives in zip(batch, _negatives(search, batch, answers, options), strict=True):
            if negatives:
                rows.append({"text": query, "text_pair": text, "negative": negatives})
    if not rows:
        raise InputError(f"{source.path}: none of its {len(pairs):,} pairs has a hard negative in the index. Widen --ranks, lower "
                         "--margin, or index more texts.")  # fmt: skip
    number = sum(len(row["negative"]) for row in rows)
    without = f"; {len(pairs) - len(rows):,} pairs without any are left out" if len(rows) < len(pairs) else ""
    return rows, f"{number:,} negatives for {len(rows):,} pairs{without}"


def _negatives(search, pairs, answers, options) -> Iterator[list[str]]:
    """The negatives of each pair, hardest first."""
    queries = [query for query, _ in pairs]
    found = search.search_many(queries, options.last)
    own = None if search.reranker else _cosines(search, pairs)
    for number, ((query, text), items) in enumerate(zip(pairs, found, strict=True)):
        items = [item for item in items[options.first - 1 :] if item["text"] != query and item["text"] not in answers[query]]
        scores = [item["score"] for item in items]
        if search.reranker:
            limit, *scores = search.reranker.scores(query, [text, *(item["text"] for item in items)])
        else:
            limit = own[number]
        ranked = sorted(zip(scores, items, strict=True), key=lambda pair: -pair[0])
        texts = dict.fromkeys(item["text"] for score, item in ranked if score <= limit - options.margin)
        yield list(texts)[: options.count]


def _cosines(search, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """How the index would score the text of each pair: the product of both vectors."""
    queries, texts = (search.vectors_of(list(side)) for side in zip(*pairs, strict=True))
    return (queries * texts).sum(1).tolist()
