"""Compare runs: their best scores, and the flags in which they differ.

run.py compare DIR DIR …
"""

from rich.console import Console
from rich.table import Table

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder

NOT_COMPARED = ("output", "quiet", "cache")


def main(argv: list[str]) -> None:
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if len(argv) < 2 or any(word.startswith("-") for word in argv):
        raise InputError("compare: two run folders or more are needed. Write them one after the other.")
    runs = [RunFolder.open(folder) for folder in argv]
    rows = [describe(run) for run in runs]
    differing = [key for key in dict.fromkeys(k for row in rows for k in row) if len({str(row.get(key)) for row in rows}) > 1]
    table = Table("run")
    for key in differing:
        table.add_column(key, justify="right")
    for run, row in zip(runs, rows, strict=True):
        table.add_row(str(run), *(text(row.get(key)) for key in differing))
    Console(soft_wrap=True).print(table)


def describe(run: RunFolder) -> dict[str, object]:
    """The flags of a run, then its best dev scores and its training time, in one dict."""
    flags = {key: value for key, value in run.read_recipe().items() if key not in NOT_COMPARED}
    lines = [line for line in run.metrics.read() if line["split"] == "dev"]
    if not lines:
        return {**flags, "epoch": "none finished"}
    name = next(key for key in lines[0] if key not in ("epoch", "step", "split"))
    best = max(lines, key=lambda line: line[name])                      # the first of equal ones, as the trainer keeps it
    return {**flags, "epoch": best["epoch"], **{key: best[key] for key in best if key not in ("epoch", "step", "split")}}


def text(value: object) -> str:
    """Formats a cell of the table: four digits for numbers, - for None."""
    return f"{value:.4f}" if isinstance(value, float) and value >= 0.001 else "-" if value is None else str(value)
