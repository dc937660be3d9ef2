"""Parse texts into binary trees with an ON-LSTM language model, which has learned them from plain text.

run.py parse "苹果的颜色是什么" --run DIR [--layer 2]        run.py parse --input texts.txt --output trees.jsonl --init CHECKPOINT
"""

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

import tyro

from baselines.cli.argument_parser import existing_checkpoint, parse
from baselines.cli.fill import lines_of
from baselines.cli.startup import start_backend
from baselines.decoding.syntax_tree import bracketed, indented
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination

if TYPE_CHECKING:
    from baselines.inference.syntax_parser import Parsed


@dataclasses.dataclass(frozen=True)
class Flags:
    """Parse texts."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts, each a sentence between quotes."""
    run: str | None = None
    """Run folder of `pretrain` with a model of the family on_lstm."""
    init: str | None = None
    """Checkpoint instead of a run: a folder, hf:ORG/NAME or modelscope:ORG/NAME."""
    layer: int | None = None
    """Layer whose syntactic distances make the tree, from 1; default: the middle one."""
    input: str | None = None
    """File with one text per line."""
    output: str | None = None
    """File to write, JSON lines. Default: readable trees on standard output."""
    quiet: bool = False
    """Print results only."""


def main(argv: list[str]) -> int:
    """Parses the texts of the command line or of a file. Returns the exit code."""
    flags = parse(Flags, argv, "run.py parse")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "no text is given"
        raise InputError(f"run.py parse: {problem}. Give texts, or --input FILE.")
    if bool(flags.run) == bool(flags.init):
        problem = "--run and --init exclude each other" if flags.run else "no model is given"
        raise InputError(f"run.py parse: {problem}. Give --run DIR or --init CHECKPOINT.")
    if flags.output is not None:
        file_destination(flags.output)
    folder = RunFolder.open(flags.run).require_best() if flags.run else existing_checkpoint(flags.init, "--init")
    texts = flags.texts or lines_of(flags.input)
    start_backend()
    from baselines.inference.syntax_parser import SyntaxParser

    parser = SyntaxParser.from_checkpoint(folder, flags.layer)
    with Display(flags.quiet or not flags.input) as display:
        parsed = [parser.parse(text) for text in display.track(texts, "parsing", len(texts))]
    if flags.output:
        with atomic_write(flags.output, "w") as file:
            file.writelines(map(json_line, texts, parsed))
    else:
        sys.stdout.write("\n".join(map(picture, parsed)))
    return 0


def json_line(text: str, parsed: "Parsed") -> str:
    """A line of --output."""
    distances = [round(each, 4) for each in parsed.distances]
    row = {"text": text, "tokens": parsed.tokens, "distances": distances, "tree": bracketed(parsed.tree)}
    return json.dumps(row, ensure_ascii=False) + "\n"


def picture(parsed: "Parsed") -> str:
    """The tree on one line, then indented."""
    return f"{bracketed(parsed.tree)}\n{indented(parsed.tree)}\n"
