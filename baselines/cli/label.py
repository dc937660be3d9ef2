"""Propose labels for a file by the agreement of several runs, the least certain first, in a table to check by hand.

run.py label more.csv --run DIR --run DIR --out check.csv [--limit 200]        run.py train classify --train check.csv …
"""

import dataclasses

import tyro

from baselines.cli.argument_parser import existing, parse, take_option
from baselines.cli.startup import start_backend
from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.run_folder import RunFolder
from baselines.storage.temporary_names import file_destination

ORDERS = ("confidence", "margin", "entropy", "disagreement")


@dataclasses.dataclass(frozen=True)
class Flags:
    """Write a table of text, proposed label, confidence and disagreement, the least certain rows first."""

    data: tyro.conf.Positional[str] = tyro.MISSING
    """File of texts, in the format of the first run's task; labels in it are not read. --input FILE is the same."""
    run: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Run folder of classify, match or a CLUE classification task. Repeat the flag; all runs have the same labels."""
    out: str = tyro.MISSING
    """File to write: .csv, .tsv or .jsonl. Its columns are named as the first run's, so `train` reads it."""
    order: str = "confidence"
    """What comes first: the least confidence, margin (between the two best labels), the most entropy or disagreement."""
    limit: int = 0
    """Rows to write; 0: all."""
    quiet: bool = False
    """Print results only."""


def main(argv: list[str]) -> None:
    argv, file = take_option(argv, "--input")
    flags = parse(Flags, [*([file] if file else []), *argv], "run.py label")
    if not flags.run:
        raise InputError("label: no run is given. Add --run DIR, once for each run.")
    if flags.order not in ORDERS:
        raise InputError(f"--order: there is no order {excerpt(flags.order)!r}. {nearest(flags.order, ORDERS)}")
    if flags.limit < 0:
        raise InputError(f"--limit: {flags.limit} is out of range. Give a number of rows, or 0 for all.")
    path, runs = existing(flags.data, "run.py label"), [RunFolder.open(run) for run in flags.run]
    check_labels(runs)

    from baselines.data.writers import require_format

    require_format(flags.out)
    file_destination(flags.out)
    start_backend()
    from baselines.runtime.progress import Display
    from baselines.workflows.label_proposals import propose_labels

    with Display(flags.quiet) as display:
        rows, disputed = propose_labels(runs, path, flags.out, flags.order, flags.limit, display)
        written = min(rows, flags.limit or rows)
        opinion = f"; the runs disagree about {disputed:,}" if len(runs) > 1 else ""
        display.result(f"{flags.out}: {written:,} of {rows:,} rows{opinion}. Correct the labels, then give the file to train.")


def check_labels(runs: list[RunFolder]) -> None:
    """Raises InputError unless all runs have the same labels."""
    first = runs[0].read_labels()
    for run in runs:
        labels = run.read_labels()
        if labels is None:
            raise InputError(f"label: {run} predicts no labels. Name runs of classify, match or a CLUE classification task.")
        if set(labels) != set(first):
            example = excerpt(min(set(labels) ^ set(first)))
            raise InputError(f"label: {run} has other labels than {runs[0]}, such as {example!r}. Name runs of the same labels.")
