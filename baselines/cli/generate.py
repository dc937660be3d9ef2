"""Generate texts with a run or a published model that generates, by beam search or sampling, for one prompt or a file of prompts.

run.py generate --run DIR "text" --beam 3    run.py generate --init GPT2 "text"    run.py generate --run DIR --input F --output F
"""

import dataclasses
import re
import sys
from typing import TYPE_CHECKING, Any

import tyro

from baselines.cli import check_output, write_results
from baselines.cli.argument_parser import existing, existing_checkpoint, parse
from baselines.cli.startup import start_backend
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.retrieval.prefix_index.index import PrefixIndex

if TYPE_CHECKING:
    from baselines.inference.text_generator import TextGenerator

FIELDS = {"min_length": "min_tokens", "max_length": "max_tokens"}
"""{flag: field of GenerationConfig}, where they differ."""
SAMPLING = {"top_k", "top_p", "temperature", "keep_end"}
"""Settings of sampling, not of beam search."""
NO_LIMIT = 1 << 20
"""More tokens than any run allows: --min_length alone is checked later, with the run."""
CHUNK_SIZE = 64
"""Texts of a file between two updates of the progress bar."""


@dataclasses.dataclass(frozen=True)
class GenerationFlags:
    """Settings of generation. Default: those that the run's task is scored with."""

    beam: int | None = None
    """Beam search with this number of beams; 0 samples instead."""
    top_k: int | None = None
    """Sample among this number of the likeliest tokens; 1 is greedy, 0 is all."""
    top_p: float | None = None
    """Nucleus sampling: the smallest set of tokens whose probabilities sum to p."""
    temperature: float | None = None
    """Divides the logits: below 1 sharper, above 1 flatter."""
    num: int | None = None
    """Texts for each input, best first."""
    min_length: int | None = None
    """Shortest text in tokens, including the end token."""
    max_length: int | None = None
    """Longest text in tokens, including the end token."""
    length_penalty: float | None = None
    """For beam search: 0 ranks by the sum of log-probabilities, which favors short texts, 1 by their mean."""
    repetition_penalty: float | None = None
    """Above 1, tokens that were generated before become less likely."""
    no_repeat_ngram: int | None = None
    """No n-gram of this size occurs twice."""
    keep_end: bool = False
    """Keep the end token possible where top_k and top_p would drop it, so that every text ends."""
    seed: int | None = None
    """Seed of the sampling; the same seed gives the same texts."""

    def generation_config(self, default: GenerationConfig) -> GenerationConfig:
        """The GenerationConfig of these flags, with `default` for absent ones. Raises InputError in the flags' names."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(GenerationFlags)}
        values = {FIELDS.get(name, name): value for name, value in values.items() if value is not None and value is not False}
        default = dataclasses.replace(default, seed=None)               # only scored texts need a fixed seed
        if values.get("beam"):
            default = dataclasses.replace(default, top_k=0, top_p=1.0, temperature=1.0, keep_end=False)
        elif SAMPLING & values.keys() or values.get("num", 1) > max(default.beam, 1):
            default = dataclasses.replace(default, beam=0, top_k=0 if default.top_k == 1 else default.top_k)
        try:
            return dataclasses.replace(default, **values)
        except InputError as error:
            raise in_flags(error) from None

    def check(self) -> None:
        """Raises InputError for values that are wrong with any default, before anything is loaded."""
        self.generation_config(GenerationConfig(beam=0 if self.num is None or self.beam == 0 else self.num, max_tokens=NO_LIMIT))


def in_flags(error: InputError) -> InputError:
    """The InputError with flags, such as --top_p, where it has the names of GenerationConfig's fields."""
    message = str(error)
    for flag in (field.name for field in dataclasses.fields(GenerationFlags)):
        name = FIELDS.get(flag, flag)                                   # but not in "beam search", "a beam of 3", or a path
        message = re.sub(rf"(?<![\w/.'\"-])(?<!\ba )(?:{name}|{flag})(?![\w/.'\"]\w| search)\b", f"--{flag}", message)
    return InputError(message)


@dataclasses.dataclass(frozen=True)
class Flags(GenerationFlags):
    """Generate texts with a run's best checkpoint, or with a published one."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """The source text; for a dialogue run, all utterances so far, the newest last."""
    run: str | None = None
    """Run folder."""
    init: str | None = None
    """Checkpoint that was trained to continue texts, such as hf:uer/gpt2-chinese-cluecorpussmall or a folder, in place of a run:
    continues the text, or replies to a dialogue where the vocabulary has CDial-GPT's speakers."""
    input: str | None = None
    """File of source texts, in the format of the run's task, or .txt with one per line."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    index: str | None = None
    """Generate only keys of this index (`run.py kg build --format lines|tsv|jsonl`); they come with their values."""
    quiet: bool = False
    """Print texts only."""


def main(argv: list[str]) -> int:
    flags = parse(Flags, argv, "run.py generate")
    if bool(flags.texts) == bool(flags.input):
        problem = "a text and --input exclude each other" if flags.input else "no text is given"
        raise InputError(f"generate: {problem}. Give a text between quotes, or --input FILE.")
    flags.check()
    check_output(flags)
    require_source(flags, "generate")
    if flags.input:
        existing(flags.input, "--input")
    index = PrefixIndex.open(flags.index) if flags.index else None

    start_backend()
    from baselines.inference.text_generator import TextGenerator

    quiet = flags.quiet or not flags.input
    generator = (
        TextGenerator.from_run(flags.run, quiet=quiet) if flags.run else TextGenerator.from_checkpoint(flags.init, quiet=quiet)
    )
    config = flags.generation_config(generator.generation_config)
    try:
        return generate(generator, flags, config, index)
    except InputError as error:
        raise in_flags(error) from None


def require_source(flags: Any, verb: str) -> None:
    """Raises InputError unless the flags name one source: a run with a best checkpoint, a checkpoint, or --demo where it is one."""
    given = [f"--{name}" for name in ("run", "init", "demo") if getattr(flags, name, None)]
    if len(given) != 1:
        problem = f"{' and '.join(given)} exclude each other" if given else "no run is given"
        choices = "--run DIR, --init CHECKPOINT or --demo" if hasattr(flags, "demo") else "--run DIR or --init CHECKPOINT"
        raise InputError(f"{verb}: {problem}. Give {choices}.")
    if flags.run:
        RunFolder.open(flags.run).require_best()
    elif flags.init:
        existing_checkpoint(flags.init, "--init")


def generate(generator: "TextGenerator", flags: Flags, config: GenerationConfig, index: PrefixIndex | None) -> int:
    """Generates for the texts or the file that the flags name, and prints or writes the results.

    Args:
        generator: TextGenerator of the run.
        flags: Flags of the command line.
        config: How to generate.
        index: Index whose keys are the only texts to generate, or None.

    Returns:
        The exit code.
    """
    if flags.input:
        return generate_file(generator, flags, config, index)
    _, dropped = generator.prompt(flags.texts, config.max_tokens)
    if dropped:
        print(f"the {dropped} oldest utterances do not fit and were left out", file=sys.stderr)
    if index:
        for key in _keys(generator, [flags.texts], config, index)[0]:
            print("  ".join([f"{key['score']:8.3f}", key["text"], *map(str, key["values"])]))
        return 0
    if config.beam or config.num > 1:
        for text in generator.generate([flags.texts], config)[0]:
            print(f"{text.score:8.3f}  {text.text}" if config.num > 1 else text.text)
        return 0
    for piece in generator.stream(flags.texts, config):
        print(piece, end="", flush=True)
    print()
    return 0


def _keys(generator, inputs, config, index):
    """For each list of texts, the index keys generated from it as dicts, best first."""
    return [
        [{"text": entry.name, "score": round(score, 4), "values": entry.values} for entry, score in group]
        for group in generator.retrieve(inputs, index, config)
    ]


def _texts(generator, inputs, config):
    """For each list of texts, the generated texts as dicts, best first."""
    return [
        [{"text": text.text, "score": round(text.score, 4), "finished": text.finished} for text in texts]
        for texts in generator.generate(inputs, config)
    ]


def generate_file(generator: "TextGenerator", flags: Flags, config: GenerationConfig, index: PrefixIndex | None = None) -> int:
    """Writes a JSON line for each text of the input: its id and the generated texts, best first. Returns the exit code."""

    def process(group):
        texts = [texts for _, texts in group]
        results = _keys(generator, texts, config, index) if index else _texts(generator, texts, config)
        for (name, _), each in zip(group, results, strict=True):
            yield {"id": name, "texts": each}

    return write_results(generator.inputs(flags.input), process, flags, "generating", CHUNK_SIZE)
