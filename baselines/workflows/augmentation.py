"""More training rows by paraphrases: a text is replaced by one that means the same, everything else of its row stays.

Only files for training are taken: paraphrases of dev or test rows would make scores say nothing.
"""

import dataclasses
import re
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.writers import write_rows
from baselines.decoding.distinct import folded
from baselines.errors import InputError, nearest

HELD_OUT = re.compile(r"(^|[^a-z])(dev|test|valid|validation|eval)([^a-z]|$)")
TOGETHER = 16
"""Rows between two movements of the progress bar."""


@dataclasses.dataclass
class Report:
    """What was added. rows: of the file; added: new ones; short: rows with fewer new ones than asked for; none: without any."""

    rows: int = 0
    added: int = 0
    short: int = 0
    none: int = 0
    total: float = 0.0
    least: float = 1.0

    def __str__(self):
        mean = f", mean cosine {self.total / self.added:.3f}, least {self.least:.3f}" if self.added else ""
        lacking = f"; {self.short:,} rows got fewer than asked for, {self.none:,} of them none" if self.short else ""
        return f"{self.rows:,} rows and {self.added:,} paraphrases{mean}{lacking}"


def augment(paraphraser, path, output, column, factor, display, least, held_out=(), **drawing):
    """Writes the rows of `path` and, after each, `factor` copies of it with other texts in `column`. Returns the Report.

    factor    new rows for each, at most: fewer where fewer texts reach the cosine `least`; a text of any other row is none
    held_out  files with that column too, for dev and test: what is in them is no new text
    drawing   see Paraphraser.paraphrase
    Formats of both files: .csv .tsv .txt (tab-separated) .json .jsonl, and .gz of them. A column `id` gets -1, -2, … for new rows.
    Raises InputError for files that are held out, by their name.
    """
    refuse_held_out(path)
    found = list(any_format.read(path))
    if column not in found[0]:
        raise InputError(
            f"{found[0].origin}: expected a column {column!r} for --text. Received the columns {', '.join(found[0])}. "
            f"{nearest(column, found[0])}"
        )
    texts, report = [row.text(column) for row in found], Report(rows=len(found))
    known, made = {folded(text) for text in texts}, []
    known |= {folded(row.text(column)) for file in held_out for row in any_format.read(file)}
    groups = [range(start, min(start + TOGETHER, len(found))) for start in range(0, len(found), TOGETHER)]
    for group in display.track(groups, "paraphrasing", len(groups)):
        paraphrases = paraphraser.paraphrase([texts[number] for number in group], num=drawing["samples"], least=least, **drawing)
        for number, some in zip(group, paraphrases, strict=True):
            new = [each for each in some if folded(each.text) not in known][:factor]
            made += [found[number], *(changed(found[number], column, each.text, i) for i, each in enumerate(new, 1))]
            known |= {folded(each.text) for each in new}
            report.added += len(new)
            report.short += len(new) < factor
            report.none += not new
            report.total += sum(each.score for each in new)
            report.least = min([report.least, *(each.score for each in new)])
    write_rows(output, made)
    return report


def refuse_held_out(path):
    """Raises InputError for a file that is named as one to score on."""
    held = HELD_OUT.search(Path(path).name.lower())
    if held:
        raise InputError(
            f"{path}: expected a file to train on. Received: one that is named {held[2]}. Its paraphrases would make scores "
            "meaningless; if it is one to train on, rename it."
        )


def changed(row, column, text, number):
    """A copy of a row with another text, and if it has an id one of its own."""
    new = {**row, column: text}
    if row.get("id") not in (None, ""):
        new["id"] = f"{row['id']}-{number}"
    return new
