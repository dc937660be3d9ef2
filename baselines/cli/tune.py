"""Search for better options of train by Optuna: trials are pruned by their dev score, the search resumes.

run.py tune TASK --space space.yaml --trials 20 [--output DIR] [--prune median|halving|none] [the flags of train]

space.yaml:   learning_rate: {low: 1.0e-5, high: 1.0e-3, log: true}        batch_size: [16, 32]        strategies: [none, fgm]

Each trial is a separate process with its own run folder, DIR/trial-N (default DIR: runs/TASK/tune). After Ctrl-C or a kill, repeat
the command to resume; a larger --trials continues the search. Needs `pip install -r requirements-tune.txt`.
"""

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.cli import task_of
from baselines.cli.argument_parser import existing, parse_train, take_option
from baselines.cli.child_process import run_in_process, was_stopped
from baselines.cli.planned_run import Planned, check_inputs, number_of_runs
from baselines.cli.train import check_parts, with_fold, with_words
from baselines.errors import InputError, nearest
from baselines.evaluation.trial_table import TrialRow, best_first, write_trials
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.run_folder import RunFolder
from baselines.experiment.search_space import read_space
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display
from baselines.task import Task
from baselines.task_models import few_labels

PRUNERS = ("median", "halving", "none")
STORAGE = "optuna.journal"


def main(argv: list[str]) -> int:
    if any(word in ("-h", "--help") for word in argv):
        print(f"{__doc__.strip()}\n\nrun.py train TASK --help shows the flags of train.")
        return 0
    name, argv = task_of(argv, "tune", __doc__)
    name, task = task_catalog.find(name)
    argv, file = take_option(argv, "--space")
    argv, trials = take_option(argv, "--trials")
    argv, prune = take_option(argv, "--prune")
    argv, output = take_option(argv, "--output")
    if file is None:
        raise InputError("run.py tune: --space is missing. Name a YAML file with the options to tune; see docs/tune.md.")
    trials, prune = number_of_runs("--trials", trials or "20"), prune or "median"
    if prune not in PRUNERS:
        raise InputError(f"--prune: expected one of {', '.join(PRUNERS)}. Received: {prune}. {nearest(prune, PRUNERS)}")
    require_optuna()
    space, folder = read_space(existing(file, "--space"), task), Path(output or Path("runs") / name / "tune")
    search = Search(name, task, argv, space, folder, prune)
    check_inputs(name, task, search.base.flags)
    return search.run(trials, run_in_process)


def require_optuna() -> None:
    """Raises InputError if Optuna is not installed."""
    try:
        import optuna
    except ImportError:
        raise InputError("run.py tune needs Optuna. Install it: pip install -r requirements-tune.txt") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)


class Search:
    """A search over the options of a task's training.

    Args:
        name: Full name of the task.
        task: The task.
        argv: Flags of train that all trials share.
        space: {option: Range or Choice}.
        output: Folder of the trials, the tables and Optuna's storage.
        prune: One of PRUNERS.

    Raises:
        InputError: The folder holds a search with other options.
    """

    def __init__(self, name: str, task: Task, argv: Sequence[str], space: Mapping[str, Any], output: Path, prune: str):
        self.name, self.task, self.argv, self.space, self.output = name, task, list(argv), space, output
        self.base = parse_train(task, argv, f"run.py tune {name}")
        self.display = Display(self.base.flags.quiet)
        self.study, self.metric = open_study(output, self.base.recipe.seed, prune), "score"
        described = {"task": name, "flags": self.argv, "space": {key: repr(value) for key, value in space.items()}}
        before = self.study.user_attrs.get("search")
        if before not in (None, described):
            key = next(key for key in described if before.get(key) != described[key])
            raise InputError(
                f"{output} holds a search with another {key}. Choose another --output, or repeat the options of that search."
            )
        if before is None:
            self.study.set_user_attr("search", described)

    def run(self, trials: int, run: Callable) -> int:
        """Runs trials until there are `trials`, and prints the table and the best command.

        Args:
            trials: Number of trials, with those of earlier calls.
            run: (words after run.py, function that says when to stop) -> exit code.

        Returns:
            The exit code: 1 if trials failed.

        Raises:
            InputError: The first trial failed.
        """
        from optuna.trial import Trial, TrialState

        started = [Trial(self.study, trial._trial_id) for trial in self.study.get_trials(states=[TrialState.RUNNING])]
        while started or sum(trial.state != TrialState.WAITING for trial in self.study.get_trials(deepcopy=False)) < trials:
            trial = started.pop() if started else self.study.ask()
            self.one(trial, run)
            if rows := self.rows():
                write_trials(self.output, rows, self.metric)
        rows = self.rows()
        print(write_trials(self.output, rows, self.metric), end="")
        best = best_first(rows)[0]
        print(f"best: trial {best.number}, {best.folder}")
        print(f"  {self.command(best.options)}")
        return int(any(row.state == "fail" for row in rows))

    def one(self, trial: Any, run: Callable) -> None:
        """Runs one trial, or resumes it, and reports the result to the study."""
        from optuna.trial import TrialState

        arguments = self.arguments({name: each.suggest(trial, name) for name, each in self.space.items()})
        planned = Planned(f"trial-{trial.number}", arguments.recipe.seed, self.output, arguments)
        planned.check()
        self.display.note(f"trial {trial.number}: {', '.join(f'{key} {value}' for key, value in trial.params.items())}")
        stopped = False

        def stop():
            nonlocal stopped
            report(trial, planned.folder)
            stopped = stopped or trial.should_prune()
            return stopped

        code = 0 if planned.finished else run(planned.words(self.name), stop)
        report(trial, planned.folder)
        if planned.finished:
            self.metric, result = planned.result()
            self.study.tell(trial, result.score)
        elif stopped:
            self.study.tell(trial, state=TrialState.PRUNED)
        elif was_stopped(code):
            raise KeyboardInterrupt("Finished trials are kept. Repeat the command to resume.")
        else:
            self.study.tell(trial, state=TrialState.FAIL)
            message = f"{planned.folder}: the trial failed with exit code {code}. Its message is above."
            if trial.number == 0:
                raise InputError(message)                               # the others would most likely fail, too
            self.display.note(message)

    def arguments(self, options: Mapping[str, Any]) -> TrainArguments:
        """TrainArguments of the shared flags and the options of a trial, without settings of parts that it does not use."""
        words = words_of({name: value for name, value in options.items() if "." not in name})
        arguments = parse_train(self.task, [*self.argv, *words], f"run.py tune {self.name}")
        recipe = arguments.recipe
        used = {*recipe.strategies, recipe.optimizer, recipe.loss, *([few_labels.PART] if recipe.few else [])}
        settings = {key: value for key, value in options.items() if key.partition(".")[0] in used and "." in key}
        arguments = with_words(dataclasses.replace(arguments, settings={**arguments.settings, **settings}))
        arguments = with_fold(self.name, self.task, arguments)
        check_parts(self.task, arguments)
        return arguments

    def command(self, options: Mapping[str, Any]) -> str:
        """The command line that trains with the options of a trial."""
        settings = self.arguments(options).settings
        chosen = {key: value for key, value in options.items() if "." not in key or key in settings}
        return shlex.join(["python", "run.py", "train", self.name, *self.argv, *words_of(chosen)])

    def rows(self) -> list[TrialRow]:
        """A TrialRow for each trial that has ended."""
        rows = []
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                score = trial.value if trial.value is not None else max(trial.intermediate_values.values(), default=None)
                folder = self.output / f"trial-{trial.number}" / f"seed-{self.base.recipe.seed}"
                epochs = len(trial.intermediate_values)
                rows.append(TrialRow(trial.number, trial.state.name.lower(), score, epochs, trial.params, str(folder)))
        return rows


def words_of(options: Mapping[str, Any]) -> list[str]:
    """Options as words of a command line."""
    words = []
    for name, value in options.items():
        words += [f"--{'' if value else 'no_'}{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]
    return words


def open_study(output: Path, seed: int, prune: str) -> Any:
    """The Optuna study of a folder, new or resumed."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    output.mkdir(parents=True, exist_ok=True)
    pruners = {
        "median": optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=2),
        "halving": optuna.pruners.SuccessiveHalvingPruner(),
        "none": optuna.pruners.NopPruner(),
    }
    study = optuna.create_study(
        study_name="tune", direction="maximize", load_if_exists=True, pruner=pruners[prune],
        storage=JournalStorage(JournalFileBackend(str(output / STORAGE))),
    )  # fmt: skip
    # A resumed sampler would draw the first values again with the same seed.
    study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
    return study


def report(trial: Any, folder: RunFolder) -> None:
    """Tells Optuna the dev scores of the epochs of a run that it does not know yet."""
    known = trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values
    for line in folder.metrics.read():
        if line["split"] == "dev" and line["epoch"] not in known:
            name = next(key for key in line if key not in ("epoch", "step", "split"))
            trial.report(line[name], line["epoch"])
