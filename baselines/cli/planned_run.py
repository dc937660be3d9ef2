"""One of several runs that a verb starts: its folder, whether it is finished, the words that start or resume it, its result."""

import dataclasses
import re
import shutil
from pathlib import Path

import yaml

from baselines.cli.argument_parser import existing
from baselines.errors import InputError
from baselines.evaluation.ablation_table import Result
from baselines.experiment.arguments import CHOSEN, TrainArguments, TrainFlags
from baselines.experiment.input_files import checkpoint_folder, data_file, each_file
from baselines.experiment.run_folder import RunFolder
from baselines.storage.atomic_files import atomic_write
from baselines.task import Task

NOT_COMPARED = ("task", "output", "quiet", "cache", "keep_epochs")
"""Options that do not change the result of a run."""
MAX_RUNS = 1000


class Planned:
    """One run: a variant with a seed, in a folder of its own."""

    def __init__(self, variant: str, seed: int, output: Path, arguments: TrainArguments, fold: str = ""):
        self.variant, self.seed, self.fold = variant, seed, fold
        folder = output / re.sub(r"[^\w.+=-]", "_", variant) / (f"fold-{fold}" if fold else "")
        self.folder = RunFolder(folder / f"seed-{seed}")
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
            if key not in before and not now[key]:                      # a flag that is newer than the run
                continue
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
        return summary["metric"], Result(self.variant, self.seed, summary["score"], summary["step_seconds"], peak, self.fold)


def check_inputs(name: str, task: Task, flags: TrainFlags) -> None:
    """Raises InputError for a missing file or checkpoint, because every run would fail."""
    files = each_file({split: data_file(name, task, split, getattr(flags, split), flags.demo) for split in ("train", "dev")})
    for split, path in files.items():
        existing(path, f"--{split}")
    if flags.test:
        existing(flags.test, "--test")
    checkpoint_folder(flags, task.demo.checkpoint)


def number_of_runs(flag: str, text: str) -> int:
    """The number that a flag gives. Raises InputError unless it is one from 1 to 1000."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_RUNS:
        raise InputError(f"{flag}: expected a number from 1 to {MAX_RUNS}. Received: {text}")
    return int(text)
