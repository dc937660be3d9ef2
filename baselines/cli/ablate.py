"""Measure which tricks help: train each variant with several seeds; report the gain with its noise, time and memory.

run.py ablate TASK --strategies none,fgm,fgm+ema,loss=focal --seeds 3 [--output DIR] [the flags of train]
run.py ablate fewclue/TASK --folds all [--strategies none,few=pet]                      mean ± deviation over official folds

A variant joins strategies and options with +: fgm+ema, loss=focal, optimizer=lion, fgm+fgm.epsilon=0.5; none is the baseline.
Each run is a separate process with its own run folder, DIR/VARIANT/[fold-F/]seed-N (default DIR: runs/TASK/ablation). After
Ctrl-C, repeat the command to resume; add seeds, folds or variants, and only the new ones run.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from baselines.cli import task_of
from baselines.cli.argument_parser import parse_train, take_option
from baselines.cli.child_process import run_in_process, was_stopped
from baselines.cli.planned_run import Planned, check_inputs, number_of_runs
from baselines.cli.train import check_parts, with_fold, with_words
from baselines.errors import InputError, excerpt, nearest
from baselines.evaluation.ablation_table import PLAIN, rows_of, write_tables
from baselines.experiment.arguments import TrainArguments
from baselines.plugins import task_catalog
from baselines.plugins.settings import check_chosen, take_settings
from baselines.runtime.progress import Display
from baselines.task import Recipe, Task
from baselines.task_models import few_labels
from baselines.training import strategies


def main(argv: list[str]) -> int:
    if argv and any(word in ("-h", "--help") for word in argv):
        print(f"{__doc__.strip()}\n\nrun.py train TASK --help shows the flags of train.")
        return 0
    name, argv = task_of(argv, "ablate", __doc__)
    name, task = task_catalog.find(name)
    argv, names = take_option(argv, "--strategies")
    argv, seeds = take_option(argv, "--seeds")
    argv, output = take_option(argv, "--output")
    argv, chosen = take_option(argv, "--folds")
    output = Path(output) if output else default_folder(Path("runs") / name)
    folds = folds_of(chosen, name, task)
    names = variant_names(PLAIN if names is None and chosen else names)
    variants = arguments_of(task, names, argv, f"run.py ablate {name}")
    seeds = seeds_of(seeds or ("1" if chosen else "3"), next(iter(variants.values())).recipe.seed)
    by_fold = {}
    for fold in folds:
        by_fold[fold] = {variant: with_fold(name, task, arguments, fold) for variant, arguments in variants.items()}
        check_inputs(name, task, next(iter(by_fold[fold].values())).flags)
    return measure(name, by_fold, seeds, output, run_in_process)


def folds_of(text: str | None, name: str, task: Task) -> list[str]:
    """The folds of --folds all or 0,1,2; [""], no fold, without. Raises InputError for a task or name without such a fold."""
    if text is None:
        return [""]
    if not task.folds:
        raise InputError(f"--folds: {name} has no official folds, as the tasks of fewclue/ have. Leave it out.")
    known = [fold for fold in task.folds if fold.isdecimal()]
    chosen = known if text == "all" else list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    for fold in chosen:
        if fold not in task.folds:
            raise InputError(f"--folds {excerpt(text)}: {name} has the folds {', '.join(task.folds)}. Give some of them, or all.")
    if not chosen:
        raise InputError("--folds: no fold is given. Give all, or names such as 0,1,2.")
    return chosen


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
    return range(first, first + number_of_runs("--seeds", text))


def arguments_of(task: Task, names: list[str], argv: list[str], prog: str) -> dict[str, TrainArguments]:
    """{variant: its TrainArguments}, without the settings of parts that only other variants use. Raises InputError."""
    result, users = {}, {}
    argv, settings = take_settings(argv)
    for name in names:
        words, own = flags_of(name)
        arguments = parse_train(task, [*argv, *words], prog)
        recipe = arguments.recipe
        chosen = {*recipe.strategies, recipe.optimizer, recipe.loss, *([few_labels.PART] if recipe.few else [])}
        every = {**arguments.settings, **settings}
        used = {key: value for key, value in every.items() if key.partition(".")[0] in chosen}
        users |= {key: chosen | users.get(key, set()) for key in every}
        result[name] = with_words(dataclasses.replace(arguments, settings={**used, **own}))
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


def measure(
    name: str, by_fold: Mapping[str, Mapping[str, TrainArguments]], seeds: range, output: Path, run: Callable[[list[str]], int]
) -> int:
    """Runs the missing runs, seed by seed, and writes the tables after each.

    Args:
        name: Full name of the task.
        by_fold: {fold: TrainArguments by variant}; the fold "" is that of tasks without folds.
        seeds: Seeds of each variant.
        output: Folder of the runs and tables.
        run: Starts a run: takes the words after `run.py`, returns the exit code.

    Returns:
        The exit code: 1 if runs failed.

    Raises:
        InputError: The first run failed, or a folder holds a run with other options.
    """
    variants = list(next(iter(by_fold.values())))
    plan = [
        Planned(variant, seed, output, arguments, fold)
        for seed in seeds
        for fold, chosen in by_fold.items()
        for variant, arguments in chosen.items()
    ]
    for planned in plan:
        planned.check()
    display = Display(plan[0].arguments.flags.quiet)
    results, failures, clock = [], [], Clock(sum(not planned.finished for planned in plan))
    for number, planned in enumerate(plan, start=1):
        if not planned.finished:
            fold = f"fold {planned.fold}, " if planned.fold else ""
            display.note(f"run {number} of {len(plan)}: {planned.variant}, {fold}seed {planned.seed}{clock.ahead()}")
            code = run(planned.words(name))
            clock.done += 1
            if was_stopped(code):
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
