"""Chooses how much vectors and words count in a hybrid search, by pairs of a query and the text that it should find."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.retrieval.fusion import fuse
from baselines.retrieval.vector_index.relinking import set_fusion
from baselines.runtime.progress import Display
from baselines.storage.folder_lock import only_builder

DEPTH = 100
"""Texts of each ranking that are fused."""
BATCH = 256
SHARES = tuple(round(0.05 * step, 2) for step in range(21))
"""Shares of the vectors that are tried; the words have the rest."""
K = 10


def tune_fusion(search: Any, source: Source, target_field: str, display: Display) -> str:
    """Stores in an index the weights with the highest mean reciprocal rank.

    Args:
        search: The SemanticSearch of the index, with its model.
        source: Rows with the queries.
        target_field: Field of a row with the text of the index that is to be found.
        display: Shows progress.

    Returns:
        A table: recall@10 and MRR by vectors, words, both evenly, and both with the chosen weights.

    Raises:
        InputError: The index has no lexical part, a row lacks the field, or none of the texts is in the index.
    """
    search.check_way("hybrid")
    queries, targets = read_pairs(search, source, target_field, display)
    rankings = {"vectors": [], "lexical": []}
    for start in display.track(range(0, len(queries), BATCH), f"batches of {BATCH} pairs"):
        for name, rows in search.rankings(queries[start : start + BATCH], DEPTH).items():
            rankings[name] += rows
    ranks = {share: ranks_of(rankings, targets, share) for share in SHARES}
    best = max(SHARES, key=lambda share: (reciprocal(ranks[share]), -abs(share - 0.5)))
    with only_builder(search.folder):
        set_fusion(search.folder, {"vectors": best, "lexical": round(1 - best, 2)})
    rows = {"vectors": ranks[1.0], "words (BM25)": ranks[0.0], "both, evenly": ranks[0.5], f"both, {best:g} vectors": ranks[best]}
    return "\n".join([
        f"weights of --hybrid from {len(queries):,} pairs: {best:g} vectors, {1 - best:g} words",
        *(f"{name:20} recall@{K} {np.mean(row <= K):.3f}  MRR {reciprocal(row):.3f}" for name, row in rows.items()),
    ])  # fmt: skip


def read_pairs(search: Any, source: Source, field: str, display: Display) -> tuple[list[str], list[int]]:
    """(queries, position in the index of the text that each should find). Pairs with other texts are counted and left out."""
    positions = {}
    for position in np.flatnonzero(~search.index.deleted).tolist():
        positions.setdefault(search.index.item(position).text, position)
    queries, targets, missing = [], [], 0
    for _, query, row in source.read():
        target = row.text(field)
        if target in positions:
            queries.append(query)
            targets.append(positions[target])
        else:
            missing += 1
    if not queries:
        raise InputError(f"{source.path}: none of its {missing:,} texts to find is in the index. Check --text_pair, or add them.")
    if missing:
        display.note(f"{missing:,} pairs left out: their texts are not in the index")
    return queries, targets


def ranks_of(rankings: dict[str, Sequence], targets: Sequence[int], share: float) -> np.ndarray:
    """float (Q,): the rank of each target when vectors have a share of the weight; infinity where it is not found."""
    ranks = np.full(len(targets), np.inf)
    for row, (near, lexical, target) in enumerate(zip(rankings["vectors"], rankings["lexical"], targets, strict=True)):
        for rank, (position, _) in enumerate(fuse([near, lexical], [share, 1 - share], 2 * DEPTH), 1):
            if position == target:
                ranks[row] = rank
                break
    return ranks


def reciprocal(ranks: np.ndarray) -> float:
    """The mean reciprocal rank."""
    return float(np.mean(1 / ranks))
