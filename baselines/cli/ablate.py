"""Measure which tricks help: train each variant with several seeds; report the gain with its noise, time and memory.

run.py ablate TASK --strategies none,fgm,fgm+ema,loss=focal --seeds 3 [--output DIR] [the flags of train]

A variant joins strategies and options with +: fgm+ema, loss=focal, optimizer=lion, fgm+fgm.epsilon=0.5; none is the baseline.
Each run is a separate process with its own run folder, DIR/VARIANT/seed-N (default DIR: runs/TASK/ablation). After Ctrl-C, repeat
the command to resume; add seeds or variants, and only the new ones run.
"""

import dataclasses
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from baselines.cli import task_of
from baselines.cli.argument_parser import existing, parse_train, take_option
from baselines.cli.train import check_parts
from baselines.errors import InputError, nearest
from baselines.evaluation.ablation_table import PLAIN, Result, rows_of, write_tables
from baselines.experiment.arguments import CHOSEN, TrainArguments, TrainFlags
from baselines.experiment.input_files import checkpoint_folder, data_file, each_file
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.plugins.settings import check_chosen, take_settings
from baselines.runtime.command_name import own_command
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_write
from baselines.task import Recipe, Task
from baselines.training import strategies

NOT_COMPARED = ("task", "output", "quiet", "cache", "keep_epochs")
"""Options that do not change the result of a run."""
MAX_SEEDS = 1000


def main(argv: list[str]) -> int:
    if argv and any(word in ("-h", "--help") for word in argv):
        print(f"{__doc__.strip()}\n\nrun.py train TASK --help shows the flags of train.")
        return 0
    name, argv = task_of(argv, "ablate", __doc__)
    name, task = task_catalog.find(name)
    argv, names = take_option(argv, "--strategies")
    argv, seeds = take_option(argv, "--seeds")
    argv, output = take_option(argv, "--output")
    output = Path(output) if output else default_folder(Path("runs") / name)
    variants = arguments_of(task, variant_names(names), argv, f"run.py ablate {name}")
    first = next(iter(variants.values()))
    seeds = seeds_of(seeds or "3", first.recipe.seed)
    check_inputs(name, task, first.flags)
    return measure(name, variants, seeds, output, run_in_process)


def default_folder(runs: Path) -> Path:
    """runs/TASK/ablation, or runs/TASK/tricks if the verb's former name left runs there to resume."""
    former, folder = runs / "tricks", runs / "ablation"
    return former if former.is_dir() and not folder.is_dir() else folder


def variant_names(text: str | None) -> list[str]:
    """The names in --strategies, each once. Raises InputError."""
    names = [word.strip() for word in (text or "").split(",") if word.strip()]
    if not names:
        raise InputError("run.py ablate: --strategies is missing. List variants to compare, such as --strategies none,fgm+ema.")
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--strategies: the variant {name} is listed twice. List it once.")
    return names


def seeds_of(text: str | None, first: int) -> range:
    """The seeds of --seeds N: N in a row, from --seed."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_SEEDS:
        raise InputError(f"--seeds: expected a number from 1 to {MAX_SEEDS}. Received: {text}")
    return range(first, first + int(text))


def arguments_of(task: Task, names: list[str], argv: list[str], prog: str) -> dict[str, TrainArguments]:
    """{variant: its TrainArguments}, without the settings of parts that only other variants use. Raises InputError."""
    result, users = {}, {}
    argv, settings = take_settings(argv)
    for name in names:
        words, own = flags_of(name)
        arguments = parse_train(task, [*argv, *words], prog)
        recipe = arguments.recipe
        chosen = {*recipe.strategies, recipe.optimizer, recipe.loss}
        every = {**arguments.settings, **settings}
        used = {key: value for key, value in every.items() if key.partition(".")[0] in chosen}
        users |= {key: chosen | users.get(key, set()) for key in every}
        result[name] = dataclasses.replace(arguments, settings={**used, **own})
    if any(strategies.uses(arguments.recipe.strategies, "unlabelled") for arguments in result.values()):
        result = {name: without_unused_text(arguments) for name, arguments in result.items()}
    for arguments in result.values():
        check_parts(task, arguments)
    for key, chosen in users.items():
        check_chosen([key], chosen)
    return result


def without_unused_text(arguments: TrainArguments) -> TrainArguments:
    """The arguments of a variant without the unlabeled text, and the copies of it, that only other variants use."""
    chosen = arguments.recipe.strategies
    unused = [flag for flag, what in (("unlabelled", "unlabelled"), ("augmented", "copies")) if not strategies.uses(chosen, what)]
    flags = dataclasses.replace(arguments.flags, **dict.fromkeys(unused))
    recipe = dataclasses.replace(arguments.recipe, unlabelled_ratio=1) if "unlabelled" in unused else arguments.recipe
    return dataclasses.replace(arguments, flags=flags, recipe=recipe)


def check_inputs(name: str, task: Task, flags: TrainFlags) -> None:
    """Raises InputError for a missing file or checkpoint, because every run would fail."""
    files = each_file({split: data_file(name, task, split, getattr(flags, split), flags.demo) for split in ("train", "dev")})
    for split, path in files.items():
        existing(path, f"--{split}")
    if flags.test:
        existing(flags.test, "--test")
    checkpoint_folder(flags, task.demo.checkpoint)


def flags_of(variant: str) -> tuple[list[str], dict[str, str]]:
    """(flags of train, settings) that a variant's name stands for."""
    recipe = {field.name: field.type for field in dataclasses.fields(Recipe) if field.name not in ("strategies", "seed")}
    chosen, words, settings = [], [], {}
    for part in variant.split("+"):
        field, assigned, value = (word.strip() for word in part.partition("="))
        if not assigned:
            chosen.append(field)
        elif "." in field:
            settings[field] = value
        elif field not in recipe:
            advice = nearest(field, recipe)
            raise InputError(f"--strategies {variant}: train has no option {field}. {advice}")
        elif recipe[field] is bool:
            words.append(f"--{'' if value == 'true' else 'no_'}{field}")
        else:
            words += [f"--{field}", value]
    return ["--strategies", ",".join(chosen) or PLAIN, *words], settings


def measure(name: str, variants: Mapping[str, TrainArguments], seeds: range, output: Path, run: Callable[[list[str]], int]) -> int:
    """Runs the missing runs, seed by seed, and writes the tables after each.

    Args:
        name: Full name of the task.
        variants: TrainArguments by variant.
        seeds: Seeds of each variant.
        output: Folder of the runs and tables.
        run: Starts a run: takes the words after `run.py`, returns the exit code.

    Returns:
        The exit code: 1 if runs failed.

    Raises:
        InputError: The first run failed, or a folder holds a run with other options.
    """
    plan = [Planned(variant, seed, output, variants[variant]) for seed in seeds for variant in variants]
    for planned in plan:
        planned.check()
    display = Display(next(iter(variants.values())).flags.quiet)
    results, failures, clock = [], [], Clock(sum(not planned.finished for planned in plan))
    for number, planned in enumerate(plan, start=1):
        if not planned.finished:
            display.note(f"run {number} of {len(plan)}: {planned.variant}, seed {planned.seed}{clock.ahead()}")
            code = run(planned.words(name))
            clock.done += 1
            if code in (130, -signal.SIGINT):
                raise KeyboardInterrupt("Finished runs are kept. Repeat the command to resume.")
            if not planned.finished:
                message = f"{planned.folder}: the run failed with exit code {code}. Its message is above."
                if not results:
                    raise InputError(message)                              # the others would most likely fail, too
                display.note(message)
                failures.append((planned.variant, planned.seed))
                continue
        metric, result = planned.result()
        results.append(result)
        write_tables(output, rows_of(variants, results, failures), metric)
    print(write_tables(output, rows_of(variants, results, failures), metric), end="")
    display.note(f"ablation.txt, ablation.csv, ablation.png: {output}")
    return int(bool(failures))


class Clock:
    """Estimates how long the remaining runs will take, from the runs done so far."""

    def __init__(self, left: int):
        self.left, self.done, self.started = left, 0, time.monotonic()

    def ahead(self) -> str:
        """The estimate as text, such as ", about 5 min left"; "" before the first run is done."""
        if not self.done:
            return ""
        seconds = (time.monotonic() - self.started) / self.done * (self.left - self.done)
        return f", about {seconds / 60:.0f} min left"


class Planned:
    """One run: a variant with a seed, in a folder of its own."""

    def __init__(self, variant: str, seed: int, output: Path, arguments: TrainArguments):
        self.variant, self.seed = variant, seed
        self.folder = RunFolder(output / re.sub(r"[^\w.+=-]", "_", variant) / f"seed-{seed}")
        flags = dataclasses.replace(arguments.flags, output=str(self.folder))
        recipe = dataclasses.replace(arguments.recipe, seed=seed)
        self.arguments = dataclasses.replace(arguments, flags=flags, recipe=recipe).pinned()

    @property
    def finished(self) -> bool:
        return (self.folder.path / "summary.json").is_file()

    def check(self) -> None:
        """Raises InputError if the folder holds a run with other options."""
        if not (self.folder.path / "recipe.yaml").is_file():
            return
        before, now = self.folder.read_recipe(), self.arguments.to_dict()
        keys = [key for key in {**now, **before} if key not in NOT_COMPARED]
        for key in keys:
            if before.get(key) != now.get(key) and not (key in CHOSEN and now.get(key) == "auto"):
                raise InputError(
                    f"{self.folder} holds a run with {key} {before.get(key)!r}, not {now.get(key)!r}. "
                    "Choose another --output, or repeat the options of that run."
                )

    def words(self, name: str) -> list[str]:
        """The words after `run.py` that start the run, or resume it if its state was saved."""
        if self.folder.state.is_file():
            return ["train", "--resume", str(self.folder)]
        if self.folder.path.exists():
            shutil.rmtree(self.folder.path)                             # stopped before there was anything to keep
        recipe = self.folder.path.with_suffix(".yaml")
        recipe.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(recipe, "w") as file:
            yaml.safe_dump({"task": name, **self.arguments.to_dict()}, file, sort_keys=False, allow_unicode=True)
        return ["train", name, "--config", str(recipe)]

    def result(self) -> tuple[str, Result]:
        """(name of the score, Result) of a finished run."""
        summary = self.folder.read_summary()
        memory = summary["peak_memory"]
        peak = memory["device"] or memory["host"]
        return summary["metric"], Result(self.variant, self.seed, summary["score"], summary["step_seconds"], peak)


def run_in_process(words: list[str], stop: Callable[[], bool] = lambda: False) -> int:
    """Exit code of `run.py` in a process of its own, so that its peak memory is its own. Ctrl-C lets it save its state.

    Args:
        words: What follows run.py.
        stop: Called every second; True stops the process as Ctrl-C does.
    """
    process, stopped = subprocess.Popen([*own_command(), *words], process_group=0), False
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if not stopped and stop():
                    stopped = True
                    process.send_signal(signal.SIGINT)
            except KeyboardInterrupt:                                   # its group is another one: it comes here only
                process.send_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, before)
