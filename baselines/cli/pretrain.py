"""Pretrain a model on raw text: masked words (roberta; bert with next sentences), next tokens (gpt), or text-to-text (unilm).

run.py pretrain roberta --corpus 'texts/*.txt.gz' --model config.json --out DIR        run.py pretrain --resume DIR
run.py pretrain unilm --corpus new.txt --init CHECKPOINT [--words words.txt]          continues from a checkpoint
"""

import dataclasses
from pathlib import Path

from baselines.cli import task_of
from baselines.cli.argument_parser import existing, existing_checkpoint, parse_train, take_option
from baselines.cli.startup import start_backend
from baselines.cli.train import check_data, check_parts, started_with
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments, check_recipe, train_arguments
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import discovery
from baselines.plugins.locations import task_folders
from baselines.runtime.command_name import command_name
from baselines.runtime.ray_cluster import check_engine
from baselines.storage.hubs.names import is_hub_name
from baselines.storage.path_patterns import matching_paths
from baselines.task import Pretraining


@dataclasses.dataclass(frozen=True)
class Flags:
    """What pretraining reads and where it writes."""

    corpus: tuple[str, ...] = ()
    """Text files, or patterns such as 'texts/*.gz': a text per line, or .jsonl objects with "text"; also gzipped."""
    dev: tuple[str, ...] | None = None
    """Text files to score on; default: --held_out of the corpus."""
    held_out: int = 200
    """Without --dev: one in this number of paragraphs is held out to score on."""
    documents: bool = False
    """A row holds text of one document, which ends at an empty line, or is an object of .jsonl. Default: text of ten lines."""
    architecture: str | None = None
    """config.json of the model, or a folder with it and the vocabulary; --model FILE is the same."""
    vocab: str | None = None
    """Folder of the tokenizer; default: that of --init or of the configuration."""
    init: str | None = None
    """Checkpoint to continue training from: a folder, hf:ORG/NAME or modelscope:ORG/NAME."""
    words: str | None = None
    """File with a token, a tab and its count per line: those counted 10 times or more join the vocabulary."""
    ignore_mismatched: bool = False
    """Load what fits from --init, leave the rest random, and list it."""
    pre_tokenizer: str | None = None
    """jieba cuts texts into words first, none into characters; default: as the checkpoint's tokenizer_config.json says."""
    output: str | None = None
    """Run folder; its best/ is the checkpoint. Default: runs/pretraining/OBJECTIVE/TIME. --out is the same."""
    records: str | None = None
    """Folder of packed text, which other runs can reuse; default: records/ in the run folder."""
    epoch_updates: int = 1000
    """Updates per epoch; each epoch ends with scoring and saving. 0: one pass over the text."""
    workers: int = 0
    """Processes that pack text; 0: one per CPU."""
    engine: str = "local"
    """Where text is packed: local, or ray for the machines of a Ray cluster."""
    skip_bad_lines: bool = False
    """Skip and count lines that are not UTF-8, not JSON or without text. Otherwise the first one is an error."""
    store_half: bool = False
    """Store the weights of best/ in float16."""
    quiet: bool = False
    """Print results only."""


def objectives() -> dict[str, str]:
    """{name: first line of its docstring}: the files of tasks/pretraining that define OBJECTIVE."""
    summaries = {}
    for folder in task_folders():
        summaries = discovery.find_modules(folder / "pretraining", "OBJECTIVE") | summaries
    return dict(sorted(summaries.items()))


def find(name: str) -> tuple[str, Pretraining]:
    """("pretraining/NAME", Pretraining) of an objective. Raises InputError for an unknown one."""
    name = name.removeprefix("pretraining/")
    return f"pretraining/{name}", discovery.load("tasks.pretraining", name, objectives(), "objective").OBJECTIVE


def main(argv: list[str]) -> None:
    command = [command_name(), "pretrain", *argv]
    argv, resumed = take_option(argv, "--resume")
    if resumed:
        return resume(argv, resumed)
    name, objective, arguments = arguments_of(command)
    start_backend(arguments.recipe)
    from baselines.workflows import pretraining

    pretraining.pretrain(name, objective, arguments, command=command)


def arguments_of(command: list[str]) -> tuple[str, Pretraining, TrainArguments]:
    """(full name of the objective, its Pretraining, TrainArguments) of a command line, checked."""
    name, argv = task_of(command[2:], "pretrain", __doc__)
    name, objective = find(name)
    arguments = check_arguments(parse_train(objective, in_our_words(argv), f"run.py pretrain {name}", Flags))
    check_parts(objective, arguments)
    return name, objective, arguments.pinned()


def in_our_words(argv: list[str]) -> list[str]:
    """Writes --output for --out, and --architecture for a --model that is a file, a folder or a hub's name instead of a family."""
    argv, output = take_option(argv, "--out")
    if output is not None:
        argv = [*argv, "--output", output]
    rest, model = take_option(argv, "--model")
    return [*rest, "--architecture", model] if model and (Path(model).exists() or is_hub_name(model)) else argv


def check_arguments(arguments: TrainArguments) -> TrainArguments:
    """Checks the flags and expands the patterns of files.

    Args:
        arguments: The arguments of the command line.

    Returns:
        The arguments with files in place of patterns.

    Raises:
        InputError: A flag is missing or out of range, or a file does not exist.
    """
    flags = arguments.flags
    if not flags.corpus:
        raise InputError("--corpus: no text file is given. Name one or more, or a pattern such as 'texts/*.gz'.")
    if bool(flags.init) == bool(flags.architecture):
        problem = "--model and --init exclude each other" if flags.init else "no model is given"
        raise InputError(f"pretrain: {problem}. Give --model config.json for random weights, or --init CHECKPOINT.")
    check_engine(flags.engine)
    for flag in ("init", "architecture", "vocab"):
        if getattr(flags, flag):
            existing_checkpoint(getattr(flags, flag), f"--{flag}", weights=flag == "init")
    for flag, least in (("held_out", 0 if flags.dev else 2), ("epoch_updates", 0), ("workers", 0)):
        if getattr(flags, flag) < least:
            raise InputError(f"--{flag}: {getattr(flags, flag)} is too small. Give at least {least}.")
    return with_files(arguments)


def with_files(arguments: TrainArguments) -> TrainArguments:
    """Returns the arguments with files in place of patterns."""
    flags = arguments.flags
    corpus = tuple(path for pattern in flags.corpus for path in matching(pattern, "--corpus"))
    dev = flags.dev and tuple(path for pattern in flags.dev for path in matching(pattern, "--dev"))
    return dataclasses.replace(arguments, flags=dataclasses.replace(flags, corpus=corpus, dev=dev))


def matching(pattern: str, flag: str) -> list[str]:
    """The files that match a pattern, sorted. Raises InputError if there are none."""
    files = [path for path in matching_paths(pattern) if Path(path).is_file()]
    if not files:
        existing(pattern, flag)
        raise InputError(f"{flag}: {pattern} is not a file. Name files, or a pattern that matches some.")
    return files


def resume(argv: list[str], folder: str) -> None:
    """Resumes a run with its own flags. Raises InputError for flags that differ from them."""
    argv, devices = take_option(argv, "--devices")
    run, started = RunFolder(folder), started_with("pretrain", RunFolder(folder))
    if started:
        name, objective, arguments = arguments_of(started)
    else:
        values = RunFolder.open(folder).read_recipe()
        name, objective = find(values.pop("task"))
        arguments = train_arguments(objective, values, run.path / "recipe.yaml", Flags)
    if devices:
        arguments = dataclasses.replace(arguments, recipe=dataclasses.replace(arguments.recipe, devices=devices))
    check_recipe(arguments)
    if argv and not argv[0].startswith("-"):
        argv = argv[1:]
    if argv:
        argv = in_our_words(argv)
        given = with_files(parse_train(objective, argv, f"run.py pretrain {name}", Flags))
        words = {word.lstrip("-").partition("=")[0] for word in argv if word.startswith("--")}
        new, saved = given.pinned().to_dict(), arguments.to_dict()
        other = [f"{key} {new[key]} (not {saved.get(key)})" for key in new if key in words and new[key] != saved.get(key)]
        if other:
            raise InputError(f"--resume: {folder} was started with other flags: {', '.join(other)}. Leave them out.")
    check_data(run)
    start_backend(arguments.recipe)
    from baselines.workflows import pretraining

    pretraining.pretrain(name, objective, arguments, resume=run, command=started or ())
