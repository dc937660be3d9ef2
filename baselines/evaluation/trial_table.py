"""The trials of a search for options, the best first: tune.txt to read and tune.csv for programs."""

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.runtime.text_table import aligned
from baselines.storage.atomic_files import atomic_write


@dataclasses.dataclass(frozen=True)
class TrialRow:
    """A trial: its number, what became of it, its best dev score (None without one), epochs, options and run folder."""

    number: int
    state: str
    score: float | None
    epochs: int
    options: Mapping[str, object]
    folder: str


def best_first(rows: Sequence[TrialRow]) -> list[TrialRow]:
    """Completed trials by score, then pruned ones, then the others."""
    order = {"complete": 0, "pruned": 1}
    return sorted(rows, key=lambda row: (order.get(row.state, 2), -row.score if row.score is not None else 0, row.number))


def write_trials(folder: Path, rows: Sequence[TrialRow], metric: str) -> str:
    """Writes tune.txt and tune.csv.

    Args:
        folder: Folder of the search.
        rows: The trials.
        metric: Name of the score.

    Returns:
        The text of tune.txt.
    """
    names = list(dict.fromkeys(name for row in rows for name in row.options))
    head, cells = ["trial", metric, "state", "epochs", *names], []
    for row in best_first(rows):
        score = "-" if row.score is None else f"{row.score:.4f}"
        cells.append([str(row.number), score, row.state, str(row.epochs), *(_short(row.options.get(name)) for name in names)])
    text = aligned([head, *cells], ">")
    with atomic_write(folder / "tune.txt", "w") as file:
        file.write(text)
    with atomic_write(folder / "tune.csv", "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*head, "run"])
        for row in best_first(rows):
            writer.writerow([row.number, row.score, row.state, row.epochs, *(row.options.get(name) for name in names), row.folder])
    return text


def _short(value):
    return "-" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
