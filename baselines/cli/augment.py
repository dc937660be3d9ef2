"""More rows for training: each row again with paraphrases of its text, by a run of simbert.

run.py augment train.csv --run DIR --text title --factor 3 --out more.csv
"""

import dataclasses

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.paraphrase import DrawingFlags, load
from baselines.data.readers import any_format
from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class Flags(DrawingFlags):
    """Write the rows of a file, each followed by copies whose text is a paraphrase. Files named dev or test are refused."""

    data: tyro.conf.Positional[str] = tyro.MISSING
    """File to train on: .csv, .tsv, .txt (tab-separated), .json or .jsonl; .gz of each."""
    run: str = tyro.MISSING
    """Run folder of a simbert run."""
    text: str = "text"
    """Column or field of the text; all others are kept."""
    factor: int = 3
    """New rows for each row, at most."""
    samples: int = 20
    """Texts that are drawn for each text."""
    threshold: float = 0.8
    """Cosine with the text below which a drawn one is left out."""
    held_out: tuple[str, ...] = ()
    """Files of dev and test with the same column: a text that is in one of them is never made."""
    out: str = tyro.MISSING
    """File to write; its suffix says the format."""
    quiet: bool = False
    """Show no progress."""


def main(argv):
    flags = parse(Flags, argv, "run.py augment")
    if flags.factor < 1:
        raise InputError(f"--factor: expected a number, at least 1. Received: {flags.factor}.")
    path = existing(flags.data, "run.py augment")
    held_out = [existing(file, "--held_out") for file in flags.held_out]

    from baselines.data.writers import require_format
    from baselines.workflows.augmentation import augment, refuse_held_out

    refuse_held_out(path)
    require_format(flags.out)
    next(iter(any_format.read(path)))
    paraphraser = load(flags.run)

    from baselines.runtime.progress import Display

    with Display(flags.quiet) as display:
        report = augment(paraphraser, path, flags.out, flags.text, flags.factor, display, held_out=held_out, **flags.drawing())
        display.result(f"{flags.out}: {report}")
