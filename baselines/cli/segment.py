"""Cut text into words with a run of `train segment`.

run.py segment "吴某是北京大学教授" --run DIR            run.py segment --input F --run DIR [--output F]
"""

import dataclasses
import json

import tyro

from baselines.cli import check_output
from baselines.cli.argument_parser import existing, parse_for_run
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.storage.atomic_files import atomic_write


@dataclasses.dataclass(frozen=True)
class Flags:
    """Cut text into words with a run of `train segment`."""

    texts: tyro.conf.Positional[tuple[str, ...]]
    """Texts to cut, instead of --input."""
    run: str
    """Run folder."""
    input: str | None = None
    """File with a text per line."""
    output: str | None = None
    """File to write; default: standard output."""
    separator: str = "  "
    """Between words."""
    json: bool = False
    """Write a JSON list per text."""


def main(argv: list[str]) -> None:
    flags, changes = parse_for_run(Flags, argv, "run.py segment")
    if bool(flags.texts) == bool(flags.input):
        problem = "texts and --input exclude each other" if flags.input else "there is nothing to cut"
        raise InputError(f"segment: {problem}. Give texts, or --input FILE.")
    if any(not text.strip() for text in flags.texts):
        raise InputError("segment: a text is empty. Give at least one character.")
    check_output(flags)
    run = RunFolder.open(flags.run)
    task = run.read_recipe().get("task")
    if task != "segment":
        raise InputError(f"{flags.run} is a run of {task}. Give a run of `run.py train segment`.")
    source = existing(flags.input, "--input") if flags.input else None

    start_backend()
    from baselines.inference.predictor import Predictor
    from baselines.workflows import finetuning

    if source:
        lines = finetuning.predict(run, source, None, task, True, None, "one", changes)
    else:
        predictor = Predictor.from_run(flags.run)
        lines = [predictor.predict((text,)) for text in flags.texts]
    texts = [formatted(line["prediction"], flags) for line in lines]
    if not flags.output:
        print("\n".join(texts))
        return
    with atomic_write(flags.output, "w") as file:
        file.writelines(f"{text}\n" for text in texts)


def formatted(words: list, flags: Flags) -> str:
    """The words of one text as a line."""
    if flags.json:
        return json.dumps(words, ensure_ascii=False)
    return flags.separator.join(word if isinstance(word, str) else "/".join(word) for word in words)
