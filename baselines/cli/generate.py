"""Write texts with a run of seq2seq or chat: searched with beams or drawn, one or a file of them.

run.py generate --run DIR "text" --beam 3        run.py generate --run DIR --input F --output F --top_k 5
"""

import dataclasses
import sys

import tyro

from baselines.cli import write_answers
from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.retrieval.prefix_index.index import PrefixIndex

FIELDS = {"min_length": "min_tokens", "max_length": "max_tokens"}
"""{flag: field of Writing}, where they differ."""
DRAWS = {"top_k", "top_p", "temperature", "keep_end"}
"""What is asked of drawn texts, not of beams."""
TOGETHER = 64
"""Texts of a file between two movements of the progress bar."""


@dataclasses.dataclass(frozen=True)
class WritingFlags:
    """How texts are written. What is not given is as the run's task scores its texts."""

    beam: int | None = None
    """Search for the likeliest text with so many beams; 0 draws tokens instead."""
    top_k: int | None = None
    """Draw among so many of the likeliest tokens; 1 is greedy, 0 all."""
    top_p: float | None = None
    """Draw among the fewest likeliest tokens that together have this probability."""
    temperature: float | None = None
    """Below 1 sharper, above 1 flatter."""
    num: int | None = None
    """Texts for each input, best first."""
    min_length: int | None = None
    """Shortest text, in tokens, its end counted."""
    max_length: int | None = None
    """Longest text, in tokens, its end counted."""
    length_penalty: float | None = None
    """Of beams: 0 ranks by the sum of log-probabilities, which favours short texts, 1 by their mean."""
    repetition_penalty: float | None = None
    """Above 1, what was written before becomes less likely."""
    no_repeat_ngram: int | None = None
    """No so many tokens in a row occur twice."""
    keep_end: bool = False
    """The end stays possible where top_k and top_p would drop it, so that every text ends."""
    seed: int | None = None
    """Of what is drawn: the same texts again."""

    def writing(self, usual):
        """The Writing of these flags and, for what they leave open, of `usual`."""
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(WritingFlags)}
        given = {FIELDS.get(name, name): value for name, value in given.items() if value is not None and value is not False}
        usual = dataclasses.replace(usual, seed=None)                   # that of scored texts, which are to be compared
        if given.get("beam"):
            usual = dataclasses.replace(usual, top_k=0, top_p=1.0, temperature=1.0, keep_end=False)
        elif DRAWS & given.keys() or given.get("num", 1) > max(usual.beam, 1):
            usual = dataclasses.replace(usual, beam=0, top_k=0 if usual.top_k == 1 else usual.top_k)
        try:
            return dataclasses.replace(usual, **given)
        except InputError as error:
            raise in_flags(error) from None


def in_flags(error):
    """The InputError with the names of flags where it has those of Writing's fields."""
    message = str(error)
    for flag, field in FIELDS.items():
        message = message.replace(field, flag)
    return InputError(message)


@dataclasses.dataclass(frozen=True)
class Flags(WritingFlags):
    """Write texts with a run's best checkpoint."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """The text to write from; for a chat run the dialogue so far, the newest utterance last."""
    run: str = tyro.MISSING
    """Run folder."""
    input: str | None = None
    """File of texts to write from, in the format of the run's task, or .txt with one on each line."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    index: str | None = None
    """Write only keys of this index (`run.py kg build --format lines|tsv|jsonl`); they come with their values."""
    quiet: bool = False
    """Print texts only."""


def main(argv):
    flags = parse(Flags, argv, "run.py generate")
    if bool(flags.texts) == bool(flags.input):
        received = "both" if flags.input else "neither"
        raise InputError(f'run.py generate: expected either --input FILE or a text to write from. Received: {received}.')
    RunFolder.open(flags.run)
    if flags.input:
        existing(flags.input, "--input")
    index = PrefixIndex.open(flags.index) if flags.index else None

    start_backend()
    from baselines.inference.text_generator import TextGenerator

    generator = TextGenerator.from_run(flags.run, quiet=flags.quiet or not flags.input)
    writing = flags.writing(generator.writing)
    try:
        return write(generator, flags, writing, index)
    except InputError as error:
        raise in_flags(error) from None


def write(generator, flags, writing, index):
    """Writes after the texts or the file that the flags name."""
    if flags.input:
        return write_file(generator, flags, writing, index)
    _, dropped = generator.prompt(flags.texts, writing.max_tokens)
    if dropped:
        print(f"the {dropped} oldest utterances do not fit and were left out", file=sys.stderr)
    if index:
        for key in keys(generator, [flags.texts], writing, index)[0]:
            print("  ".join([f"{key['score']:8.3f}", key["text"], *map(str, key["values"])]))
        return 0
    if writing.beam or writing.num > 1:
        for text in generator.write([flags.texts], writing)[0]:
            print(f"{text.score:8.3f}  {text.text}" if writing.num > 1 else text.text)
        return 0
    for piece in generator.stream(flags.texts, writing):
        print(piece, end="", flush=True)
    print()
    return 0


def keys(generator, inputs, writing, index):
    """For each list of texts the keys of an index written after it, as dicts, best first."""
    return [
        [{"text": entry.name, "score": round(score, 4), "values": entry.values} for entry, score in found]
        for found in generator.retrieve(inputs, index, writing)
    ]


def written(generator, inputs, writing):
    """For each list of texts those written after it, as dicts, best first."""
    return [
        [{"text": text.text, "score": round(text.score, 4), "finished": text.finished} for text in texts]
        for texts in generator.write(inputs, writing)
    ]


def write_file(generator, flags, writing, index=None):
    """A JSON line for each text of the input: its id and the texts written after it, best first."""

    def answer(group):
        texts = [texts for _, texts in group]
        found = keys(generator, texts, writing, index) if index else written(generator, texts, writing)
        for (name, _), each in zip(group, found, strict=True):
            yield {"id": name, "texts": each}

    return write_answers(generator.inputs(flags.input), answer, flags, "writing", TOGETHER)
