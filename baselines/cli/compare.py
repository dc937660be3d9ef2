"""Compare runs: their best scores, and the flags in which they differ.

run.py compare DIR DIR …
"""

from rich.console import Console
from rich.table import Table

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder

MAX_WIDTH = 10_000
"""Columns of characters that a table may take: a terminal folds wider lines, rich would cut the numbers off."""
NOT_COMPARED = ("output", "quiet", "cache", "keep_epochs")


def main(argv: list[str]) -> None:
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if len(argv) < 2 or any(word.startswith("-") for word in argv):
        raise InputError("compare: two run folders or more are needed. Write them one after the other.")
    runs = [RunFolder.open(folder) for folder in argv]
    flags, scores = [flags_of(run) for run in runs], [best_scores(run) for run in runs]
    differing = [key for key in dict.fromkeys(k for row in flags for k in row) if len({str(row.get(key)) for row in flags}) > 1]
    columns = [*differing, *dict.fromkeys(k for row in scores for k in row)]
    rows = [{**row, **scored} for row, scored in zip(flags, scores, strict=True)]
    table = Table("run")
    for key in columns:
        table.add_column(key, justify="right")
    for run, row in zip(runs, rows, strict=True):
        table.add_row(str(run), *(text(row.get(key)) for key in columns))
    console = Console()
    Console(width=max(console.width, console.measure(table, options=console.options.update_width(MAX_WIDTH)).maximum)).print(table)


def flags_of(run: RunFolder) -> dict[str, object]:
    """The flags of a run that may differ between runs; a truth value as its word, which --jit was not in older runs."""
    recipe = {key: value for key, value in run.read_recipe().items() if key not in NOT_COMPARED}
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in recipe.items()}


def best_scores(run: RunFolder) -> dict[str, object]:
    """The best epoch of a run and its dev scores."""
    lines = [line for line in run.metrics.read() if line["split"] == "dev"]
    if not lines:
        return {"epoch": "none finished"}
    name = next(key for key in lines[0] if key not in ("epoch", "step", "split"))
    best = max(lines, key=lambda line: line[name])                      # the first of equal ones, as the trainer keeps it
    return {"epoch": best["epoch"], **{key: best[key] for key in best if key not in ("epoch", "step", "split")}}


def text(value: object) -> str:
    """Formats a cell of the table: four digits for numbers, - for None."""
    return f"{value:.4f}" if isinstance(value, float) and abs(value) >= 0.001 else "-" if value is None else str(value)
