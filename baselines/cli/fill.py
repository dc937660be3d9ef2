"""Fill the [MASK]s of a text, or score how natural texts are, with a masked language model.

run.py fill "北京是[MASK][MASK]的首都" --init CHECKPOINT [--num 5]        run.py fill --score "今天天气很好" "今天天气很椅" --demo
"""

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers import text_lines
from baselines.errors import InputError
from baselines.experiment.input_files import checkpoint_folder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination

if TYPE_CHECKING:
    from baselines.inference.fill_mask import FillMask


@dataclasses.dataclass(frozen=True)
class Flags:
    """Ask a masked language model."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts; a [MASK] is one token, which in Chinese is a character."""
    init: str | None = None
    """Checkpoint with an MLM head: a folder, such as best/ of a pretraining run, hf:ORG/NAME or modelscope:ORG/NAME."""
    demo: bool = False
    """Use the embedded small model (checkpoints/mini)."""
    score: bool = False
    """Print the pseudo-perplexity of each text instead: the lower, the more natural."""
    pre_tokenizer: str | None = None
    """jieba cuts texts into words first, none into characters; default: as the checkpoint's tokenizer_config.json says."""
    num: int = 5
    """Candidates of each mask, and filled texts."""
    input: str | None = None
    """File with one text per line."""
    output: str | None = None
    """File to write, JSON lines. Default: readable lines on standard output."""
    quiet: bool = False
    """Print results only."""


def main(argv: list[str]) -> int:
    """Fills or scores the texts of the command line or of a file. Returns the exit code."""
    flags = parse(Flags, argv, "run.py fill")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "no text is given"
        raise InputError(f"run.py fill: {problem}. Give texts, or --input FILE.")
    if flags.num < 1:
        raise InputError(f"--num {flags.num} is too small. Give at least 1.")
    if flags.output is not None:
        file_destination(flags.output)
    texts, folder = flags.texts or lines_of(flags.input), checkpoint_folder(flags)
    start_backend()
    from baselines.inference.fill_mask import FillMask

    fill_mask = FillMask.from_checkpoint(folder, flags.pre_tokenizer)
    ask = score if flags.score else fill
    with Display(flags.quiet or not flags.input) as display:
        rows = [ask(fill_mask, text, flags) for text in display.track(texts, "scoring" if flags.score else "filling", len(texts))]
    if flags.output:
        with atomic_write(flags.output, "w") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        sys.stdout.writelines(map(score_line if flags.score else fill_lines, rows))
    return 0


def lines_of(path: str) -> list[str]:
    """The lines of a file that are not empty. Raises InputError for a folder, or a file without text."""
    if not existing(path, "--input").is_file():
        raise InputError(f"--input: {path} is a folder. Give a file with one text per line.")
    texts = [line.strip() for _, line in text_lines.read(path) if line.strip()]
    if not texts:
        raise InputError(f"{path}: no text in it. Give a file with one text per line.")
    return texts


def fill(fill_mask: "FillMask", text: str, flags: Flags) -> dict:
    """The JSON object of a filled text."""
    filled = fill_mask.fill(text, flags.num)
    return {
        "text": text,
        "candidates": [[{"token": token, "probability": round(p, 6)} for token, p in each] for each in filled.candidates],
        "texts": [{"text": each, "log_probability": round(value, 4)} for each, value in filled.texts],
    }


def score(fill_mask: "FillMask", text: str, flags: Flags) -> dict:
    """The JSON object of a scored text."""
    return {"text": text} | dataclasses.asdict(fill_mask.score(text))


def fill_lines(row: dict) -> str:
    """A line for each filled text, then one for the candidates of each mask."""
    lines = [f"{each['log_probability']:9.3f}  {each['text']}" for each in row["texts"]]
    for number, candidates in enumerate(row["candidates"], start=1):
        tokens = "  ".join(f"{each['token']} {each['probability']:.3f}" for each in candidates)
        lines.append(f"[MASK] {number}   {tokens}")
    return "\n".join(lines) + "\n"


def score_line(row: dict) -> str:
    """A line with the pseudo-perplexity of a text."""
    return f"{row['perplexity']:10.2f}  {row['tokens']:4d} tokens  {row['text']}\n"
