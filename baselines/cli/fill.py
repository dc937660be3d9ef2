"""Fill the [MASK]s of a text, or tell how natural texts are, with a model of masked words.

run.py fill "北京是[MASK][MASK]的首都" --init CHECKPOINT [--num 5]        run.py fill --score "今天天气很好" "今天天气很椅" --demo
"""

import dataclasses
import json
import sys

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers import text_lines
from baselines.errors import InputError
from baselines.experiment.input_files import checkpoint_folder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_write


@dataclasses.dataclass(frozen=True)
class Flags:
    """Ask a model of masked words."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts; a [MASK] stands for one token, which in Chinese is a character."""
    init: str | None = None
    """Checkpoint folder with an MLM head, such as best/ of a pretraining run."""
    demo: bool = False
    """Use the embedded small model (checkpoints/mini)."""
    score: bool = False
    """Tell the pseudo-perplexity of each text instead: the lower, the more natural."""
    pre_tokenizer: str | None = None
    """jieba cuts texts into words first, none into characters; default: as the checkpoint's tokenizer_config.json says."""
    num: int = 5
    """Candidates of each mask, and filled texts."""
    input: str | None = None
    """File with a text on each line."""
    output: str | None = None
    """File to write, JSON lines; default: standard output, to be read."""
    quiet: bool = False
    """Print results only."""


def main(argv):
    flags = parse(Flags, argv, "run.py fill")
    if bool(flags.texts) == bool(flags.input):
        raise InputError(f"run.py fill: expected either texts or --input FILE. Received: {'both' if flags.input else 'neither'}.")
    if flags.num < 1:
        raise InputError(f"--num: expected a number, at least 1. Received: {flags.num}.")
    texts = flags.texts or lines_of(flags.input)
    start_backend()
    from baselines.inference.fill_mask import FillMask

    words = FillMask.from_checkpoint(checkpoint_folder(flags), flags.pre_tokenizer)
    ask = score if flags.score else fill
    with Display(flags.quiet or not flags.input) as display:
        rows = [ask(words, text, flags) for text in display.track(texts, "asking", len(texts))]
    if flags.output:
        with atomic_write(flags.output, "w") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        sys.stdout.writelines(map(score_line if flags.score else fill_lines, rows))
    return 0


def lines_of(path):
    """The lines of a file that are not empty."""
    if not existing(path, "--input").is_file():
        raise InputError(f"--input: expected a file. Received: {path}, a folder.")
    texts = [line.strip() for _, line in text_lines.read(path) if line.strip()]
    if not texts:
        raise InputError(f"{path}: expected a text on each line. Received: none.")
    return texts


def fill(words, text, flags):
    found = words.fill(text, flags.num)
    return {
        "text": text,
        "candidates": [[{"token": token, "probability": round(p, 6)} for token, p in each] for each in found.candidates],
        "texts": [{"text": filled, "log_probability": round(value, 4)} for filled, value in found.texts],
    }


def score(words, text, flags):
    return {"text": text} | dataclasses.asdict(words.score(text))


def fill_lines(row):
    """A line for each filled text, then one for the candidates of each mask."""
    lines = [f"{each['log_probability']:9.3f}  {each['text']}" for each in row["texts"]]
    for number, candidates in enumerate(row["candidates"], start=1):
        shown = "  ".join(f"{each['token']} {each['probability']:.3f}" for each in candidates)
        lines.append(f"[MASK] {number}   {shown}")
    return "\n".join(lines) + "\n"


def score_line(row):
    return f"{row['perplexity']:10.2f}  {row['tokens']:4d} tokens  {row['text']}\n"
