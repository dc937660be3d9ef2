"""Paraphrase a text with a run that embeds and generates: sampled texts without repetitions, the most similar first.

run.py paraphrase --run DIR "text" --num 20        run.py paraphrase --run DIR --input F --output F
"""

import dataclasses
import sys
from typing import TYPE_CHECKING

import tyro

from baselines.cli import check_output, write_results
from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.inference.paraphrase_options import check_options

if TYPE_CHECKING:
    from baselines.inference.paraphraser import Paraphraser

CHUNK_SIZE = 16
"""Texts of a file between two updates of the progress bar."""


@dataclasses.dataclass(frozen=True)
class SamplingFlags:
    """Settings of the sampling."""

    samples: int = 100
    """Texts to sample for each text."""
    top_k: int = 5
    """Sample among this number of the likeliest tokens; 0 is all."""
    top_p: float = 1.0
    """Nucleus sampling: the smallest set of tokens whose probabilities sum to p."""
    threshold: float = -1.0
    """Drop samples whose cosine with the text is lower."""
    seed: int | None = None
    """Seed of the sampling; the same seed gives the same texts."""

    def sampling(self) -> dict[str, object]:
        """The keywords of Paraphraser.paraphrase."""
        return {name: getattr(self, name) for name in ("samples", "top_k", "top_p", "seed")} | {"min_score": self.threshold}


@dataclasses.dataclass(frozen=True)
class Flags(SamplingFlags):
    """Paraphrase texts."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts, each between quotes."""
    run: str = tyro.MISSING
    """Run folder of a run that embeds and generates."""
    num: int = 20
    """Maximum number of paraphrases per text; fewer if fewer different texts were sampled."""
    input: str | None = None
    """File of texts: .txt with one per line, .csv, .tsv, .json or .jsonl."""
    text: str = "text"
    """Column or field of the text in --input."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    quiet: bool = False
    """Print texts only."""


def main(argv: list[str]) -> int:
    flags = parse(Flags, argv, "run.py paraphrase")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "no text is given"
        raise InputError(f"paraphrase: {problem}. Give texts between quotes, or --input FILE.")
    if any(not text.strip() for text in flags.texts):
        raise InputError("paraphrase: a text is empty. Remove it.")
    check_options(flags.num, flags.samples, flags.top_k, flags.top_p, flags.threshold)
    check_output(flags)
    source = Source(str(existing(flags.input, "--input")), flags.text) if flags.input else None
    paraphraser = load_paraphraser(flags.run)
    if source:
        return write_file(paraphraser, source, flags)
    for text, group in zip(flags.texts, paraphraser.paraphrase(flags.texts, flags.num, **flags.sampling()), strict=True):
        if len(flags.texts) > 1:
            print(text)
        for each in group:
            print(f"{each.score:7.4f}  {each.text}")
        if len(group) < flags.num and not flags.quiet:
            print(f"{len(group)} different texts among {flags.samples} samples; --samples gives more", file=sys.stderr)
    return 0


def load_paraphraser(run: str) -> "Paraphraser":
    """Loads the Paraphraser of a run folder. Raises InputError if the run has no checkpoint."""
    RunFolder.open(run).require_best()
    start_backend()
    from baselines.inference.paraphraser import Paraphraser

    return Paraphraser.from_run(run)


def write_file(paraphraser: "Paraphraser", source: Source, flags: Flags) -> int:
    """Writes a JSON line for each text of a file: its id or number, the text, and its paraphrases. Returns the exit code."""

    def process(group):
        results = paraphraser.paraphrase([text for _, text in group], flags.num, **flags.sampling())
        for (id, text), paraphrases in zip(group, results, strict=True):
            yield {"id": id, "text": text, "paraphrases": [dataclasses.asdict(each) for each in paraphrases]}

    inputs = [(row.number if id is None else id, text) for id, text, row in source.read()]
    return write_results(inputs, process, flags, "paraphrasing", CHUNK_SIZE)
