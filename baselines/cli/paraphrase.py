"""Write texts that mean the same as a text, with a run of simbert: drawn, without repetitions, the most similar first.

run.py paraphrase --run DIR "text" --num 20        run.py paraphrase --run DIR --input F --output F
"""

import dataclasses
import sys

import tyro

from baselines.cli import write_answers
from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder

TOGETHER = 16
"""Texts of a file between two movements of the progress bar."""


@dataclasses.dataclass(frozen=True)
class DrawingFlags:
    """How paraphrases are drawn."""

    samples: int = 100
    """Texts that are drawn for each text."""
    top_k: int = 5
    """Draw among so many of the likeliest tokens; 0 all."""
    top_p: float = 1.0
    """Draw among the fewest likeliest tokens that together have this probability."""
    threshold: float = -1.0
    """Cosine with the text below which a drawn one is left out."""
    seed: int | None = None
    """Of what is drawn: the same texts again."""

    def drawing(self):
        return {name: getattr(self, name) for name in ("samples", "top_k", "top_p", "seed")} | {"least": self.threshold}


@dataclasses.dataclass(frozen=True)
class Flags(DrawingFlags):
    """Write texts that mean the same."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts, each between quotes."""
    run: str = tyro.MISSING
    """Run folder of a simbert run."""
    num: int = 20
    """Paraphrases of each text, at most; fewer where fewer different ones were drawn."""
    input: str | None = None
    """File of texts: .txt with one on each line, .csv, .tsv, .json or .jsonl."""
    text: str = "text"
    """Column or field of the text in --input."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    quiet: bool = False
    """Print texts only."""


def main(argv):
    flags = parse(Flags, argv, "run.py paraphrase")
    if bool(flags.texts) == bool(flags.input):
        received = "both" if flags.input else "neither"
        raise InputError(f"run.py paraphrase: expected texts or --input FILE. Received: {received}.")
    if any(not text.strip() for text in flags.texts):
        raise InputError("run.py paraphrase: expected texts that are not empty. Received: an empty one.")
    source = Source(str(existing(flags.input, "--input")), flags.text) if flags.input else None
    paraphraser = load(flags.run)
    if source:
        return write_file(paraphraser, source, flags)
    for text, found in zip(flags.texts, paraphraser.paraphrase(flags.texts, flags.num, **flags.drawing()), strict=True):
        if len(flags.texts) > 1:
            print(text)
        for each in found:
            print(f"{each.score:7.4f}  {each.text}")
        if len(found) < flags.num and not flags.quiet:
            print(f"{len(found)} different ones among {flags.samples} drawn; more with --samples", file=sys.stderr)
    return 0


def load(run):
    """The Paraphraser of a run folder."""
    RunFolder.open(run).require_best()
    start_backend()
    from baselines.inference.paraphraser import Paraphraser

    return Paraphraser.from_run(run)


def write_file(paraphraser, source, flags):
    """A JSON line for each text of a file: its id or number, the text, and its paraphrases."""

    def answer(group):
        found = paraphraser.paraphrase([text for _, text in group], flags.num, **flags.drawing())
        for (id, text), some in zip(group, found, strict=True):
            yield {"id": id, "text": text, "paraphrases": [dataclasses.asdict(each) for each in some]}

    inputs = [(row.number if id is None else id, text) for id, text, row in source.read()]
    return write_answers(inputs, answer, flags, "paraphrasing", TOGETHER)
