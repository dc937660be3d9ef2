"""Data augmentation by paraphrases: copies of a row with a paraphrase of its text.

Only training files are accepted: paraphrases of dev or test rows would make scores meaningless.
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers import any_format
from baselines.data.writers import write_rows
from baselines.decoding.paraphrase_ranking import fold
from baselines.errors import InputError, nearest
from baselines.runtime.progress import Display

HELD_OUT = re.compile(r"(^|[^a-z])(dev|test|valid|validation|eval)([^a-z]|$)")
CHUNK_SIZE = 16
"""Rows between two updates of the progress bar."""


@dataclasses.dataclass
class AugmentationReport:
    """Counts of an augmentation.

    Attributes:
        rows: Rows of the file.
        added: New rows.
        short: Rows with fewer new rows than requested.
        none: Rows without new rows.
        total: Sum of the cosines of new texts.
        least: Least cosine of a new text.
    """

    rows: int = 0
    added: int = 0
    short: int = 0
    none: int = 0
    total: float = 0.0
    least: float = 1.0

    def __str__(self):
        mean = f", mean cosine {self.total / self.added:.3f}, least {self.least:.3f}" if self.added else ""
        lacking = f"; {self.short:,} rows got fewer than requested, {self.none:,} of them none" if self.short else ""
        return f"{self.rows:,} rows and {self.added:,} paraphrases{mean}{lacking}"


def augment(
    paraphraser: Any, path: str | Path, output: str | Path, column: str, factor: int, display: Display, min_score: float,
    held_out: Sequence[str | Path] = (), **sampling: Any,
) -> AugmentationReport:  # fmt: skip
    """Writes the rows of a file, each followed by copies with paraphrases in one column.

    The formats of both files are .csv .tsv .txt (tab-separated) .json .jsonl, and .gz of them.

    Args:
        paraphraser: A Paraphraser.
        path: File of training rows.
        output: File to write.
        column: Column of the text. A column `id` gets -1, -2, … in new rows.
        factor: Maximum number of new rows per row; fewer if fewer texts reach `min_score`. Texts of other rows are never added.
        display: Shows progress.
        min_score: Minimum cosine of a sample with the text.
        held_out: Dev and test files with that column: their texts are never added.
        **sampling: samples, top_k, top_p and seed of Paraphraser.paraphrase.

    Raises:
        InputError: The file is held out, by its name, or has no such column.
    """
    refuse_held_out(path)
    rows = list(any_format.read(path))
    if column not in rows[0]:
        raise InputError(f"{rows[0].origin}: there is no column {column!r}. {nearest(column, rows[0])} Name yours with --text.")
    texts, report = [row.text(column) for row in rows], AugmentationReport(rows=len(rows))
    known, augmented = {fold(text) for text in texts}, []
    known |= {fold(row.text(column)) for file in held_out for row in any_format.read(file)}
    chunks = [range(start, min(start + CHUNK_SIZE, len(rows))) for start in range(0, len(rows), CHUNK_SIZE)]
    for chunk in display.track(chunks, "paraphrasing", len(chunks)):
        results = paraphraser.paraphrase(
            [texts[number] for number in chunk], num=sampling["samples"], min_score=min_score, **sampling
        )
        for number, paraphrases in zip(chunk, results, strict=True):
            new = [each for each in paraphrases if fold(each.text) not in known][:factor]
            augmented += [rows[number], *(_copy_with(rows[number], column, each.text, i) for i, each in enumerate(new, 1))]
            known |= {fold(each.text) for each in new}
            report.added += len(new)
            report.short += len(new) < factor
            report.none += not new
            report.total += sum(each.score for each in new)
            report.least = min([report.least, *(each.score for each in new)])
    write_rows(output, augmented)
    return report


def refuse_held_out(path: str | Path) -> None:
    """Raises InputError for a file that is named like a dev or test set."""
    match = HELD_OUT.search(Path(path).name.lower())
    if match:
        raise InputError(
            f"{path} is named like a {match[2]} set, whose paraphrases would make scores meaningless. "
            "Rename it if it is training data."
        )


def _copy_with(row, column, text, number):
    """A copy of a row with another text and, if it has an id, its own id."""
    new = {**row, column: text}
    if row.get("id") not in (None, ""):
        new["id"] = f"{row['id']}-{number}"
    return new
