"""Augment training data: each row again with paraphrases of its text, by a run that embeds and generates.

run.py augment train.csv --run DIR --text title --factor 3 --out more.csv
"""

import dataclasses

import tyro

from baselines.cli.argument_parser import existing, parse, take_option
from baselines.cli.paraphrase import SamplingFlags, load_paraphraser
from baselines.data.readers import any_format
from baselines.errors import InputError
from baselines.inference.paraphrase_options import check_options
from baselines.storage.temporary_names import file_destination


@dataclasses.dataclass(frozen=True)
class Flags(SamplingFlags):
    """Write the rows of a file, each followed by copies whose text is a paraphrase. Files named dev or test are refused."""

    data: tyro.conf.Positional[str] = tyro.MISSING
    """File to train on: .csv, .tsv, .txt (tab-separated), .json or .jsonl; .gz of each. --input FILE is the same."""
    run: str = tyro.MISSING
    """Run folder of a run that embeds and generates."""
    text: str = "text"
    """Column or field of the text; all others are kept."""
    factor: int = 3
    """Maximum number of new rows per row."""
    samples: int = 20
    """Texts to sample for each text."""
    threshold: float = 0.8
    """Drop samples whose cosine with the text is lower."""
    held_out: tuple[str, ...] = ()
    """Files of dev and test with the same column: their texts are never added."""
    out: str = tyro.MISSING
    """File to write; its suffix decides the format."""
    quiet: bool = False
    """Show no progress."""


def main(argv: list[str]) -> None:
    argv, file = take_option(argv, "--input")
    flags = parse(Flags, [*([file] if file else []), *argv], "run.py augment")
    if flags.factor < 1:
        raise InputError(f"--factor: {flags.factor} is out of range. Give at least 1.")
    check_options(1, flags.samples, flags.top_k, flags.top_p, flags.threshold)
    path = existing(flags.data, "run.py augment")
    held_out = [existing(file, "--held_out") for file in flags.held_out]

    from baselines.data.writers import require_format
    from baselines.workflows.augmentation import augment, refuse_held_out

    refuse_held_out(path)
    require_format(flags.out)
    file_destination(flags.out)
    next(iter(any_format.read(path)))
    paraphraser = load_paraphraser(flags.run)

    from baselines.runtime.progress import Display

    with Display(flags.quiet) as display:
        report = augment(paraphraser, path, flags.out, flags.text, flags.factor, display, held_out=held_out, **flags.sampling())
        display.result(f"{flags.out}: {report}")
