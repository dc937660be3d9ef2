"""A trained run as the teacher of another: its outputs for each batch that the student learns from."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.run_folder import RunFolder
from baselines.models.block_outputs import with_block_outputs
from baselines.runtime.progress import Display
from baselines.task import Split
from baselines.task_models.loading import open_run
from baselines.training.module_replacing import ReplacedModules
from baselines.training.steps import Steps
from baselines.training.strategies import build_strategies

HIDDEN = "hidden_"


def open_teacher(name: str, arguments: TrainArguments, display: Display) -> "Teacher | None":
    """The Teacher of a run whose strategies need one, else None. Open it before the student: building sets Keras' seeds.

    Raises:
        InputError: There is no such run, it is one of another task, or its outputs cannot be learned.
    """
    chosen = build_strategies(arguments.recipe.strategies, arguments.settings)
    strategy = next((strategy for strategy in chosen if "teacher" in strategy.needs), None)
    if strategy is None:
        return None
    key = next(name for name, each in zip(arguments.recipe.strategies, chosen, strict=True) if each is strategy)
    if not strategy.teacher:
        raise InputError(f"--strategies {key}: no teacher is given. Add --{key}.teacher RUN, or use `run.py distill`.")
    run = RunFolder.open(strategy.teacher)
    task_model, _ = open_run(run, name, display, arguments.recipe.devices)
    if task_model.task.head.divergence is None or task_model.task.head.output_kind == "text":
        raise InputError(
            f"--{key}.teacher: the outputs of {name} cannot be distilled. Take a run that classifies, tags, chooses or embeds."
        )
    return Teacher(run, task_model, strategy)


class Teacher:
    """A trained model and its compiled prediction.

    Args:
        run: Its run folder.
        task_model: Its TaskModel with trained weights.
        strategy: The student's strategy that names it.

    Attributes:
        strategy: The same, completed by `prepare`.
        labels: Its Labels, which the student takes over, or None.
        labels_training: Whether its predictions are the gold of the training file.
    """

    def __init__(self, run: RunFolder, task_model: Any, strategy: Any):
        self.run, self.task_model, self.pad_id = run, task_model, task_model.tokenizer.vocabulary.pad_id
        self.labels, self.labels_training = task_model.task.labels, strategy.teacher_labels
        self.strategy = strategy
        self._outputs = task_model.output_names or tuple(task_model.model.output)
        self._steps, self._hidden = None, False

    @property
    def files(self) -> dict[str, Path]:
        """{name: file} of what a student depends on, whose digest its run records: a resumed student needs the same teacher."""
        return {"teacher": self.run.best / "model.safetensors"}

    def label(self, split: Split) -> Split:
        """The split with the teacher's predictions as gold."""
        model = self.task_model
        if model.task.head.output_kind == "embedding":
            raise InputError("--distill.teacher_labels: vectors are no labels. Give the --train file of the teacher, or another.")
        found = model.predict(model.steps(), model.encode_split(split.without_gold())).by_id
        examples = [dataclasses.replace(example, gold=found[example.id]) for example in split.examples]
        return dataclasses.replace(split, name="train", examples=examples)

    def prepare(self, student: Any) -> None:
        """Gets both models ready: the student's has the outputs that are compared, and the teacher's prediction is compiled.

        Args:
            student: Its TaskModel, before its steps are compiled.

        Raises:
            InputError: The student has other labels or another vocabulary, or a model lacks a block that is compared.
        """
        ours, theirs = (list(labels.names) if labels else None for labels in (self.labels, student.task.labels))
        if ours != theirs:
            raise InputError(f"The student has other labels than its teacher {self.run}. Give both files with the same classes.")
        if self.task_model.tokenizer.fingerprint() != student.tokenizer.fingerprint():
            raise InputError(
                f"The student has another tokenizer than its teacher {self.run}. Give --model CONFIG in place of --init: "
                "the student then takes over the teacher's."
            )
        model = self.task_model.model
        if self.strategy.replaces_blocks:
            return self._replace_modules(student)
        if self.strategy.hidden:
            model = self._with_hidden_states(student)
        jit = self.task_model.recipe.jit == "true"
        self._steps = Steps(model, self.task_model.task.loss, jit=jit, output_names=self._outputs)

    def _with_hidden_states(self, student):
        """The teacher's model with the outputs of the blocks that are compared, which the student's model gets too."""
        counts = (each.config.num_hidden_layers for each in (student, self.task_model))
        pairs = dict(enumerate(self.strategy.pairs(*counts)))
        student.output_names = student.output_names or tuple(student.model.output)
        student.model = with_block_outputs(student.model, {f"{HIDDEN}{n}": pair[0] for n, pair in pairs.items()})
        model = with_block_outputs(self.task_model.model, {f"{HIDDEN}{n}": pair[1] for n, pair in pairs.items()})
        names = [f"{HIDDEN}{number}" for number in pairs]
        self._outputs, self._hidden = (*self._outputs, *names), True
        widths = [(student.model.output[name].shape[-1], model.output[name].shape[-1]) for name in names]
        self.strategy = self.strategy.with_widths(widths)
        return model

    def _replace_modules(self, student):
        """The strategy gets the blocks of both models; the student's head starts as the teacher's."""
        if student.recipe.recompute:
            raise InputError("--by theseus does not work with --recompute, which runs each block twice. Leave the flag out.")
        blocks, theirs = (each.config.num_hidden_layers for each in (student, self.task_model))
        widths = [each.config.hidden_size for each in (student, self.task_model)]
        if widths[0] != widths[1] or blocks > theirs:
            raise InputError(
                f"--by theseus: {blocks} blocks of {widths[0]} cannot take the places of {theirs} of {widths[1]}. "
                "Give the student the same hidden_size and at most as many blocks, or use --by distill."
            )
        ends = [round((number + 1) * theirs / blocks) for number in range(blocks)]
        modules = ReplacedModules(student.model, self.task_model.model, ends)
        weights = {weight.path: weight for weight in self.task_model.model.trainable_variables}
        for weight in student.model.trainable_variables:
            if weight.path not in student.weight_names and weight.path in weights:
                weight.assign(weights[weight.path].value)
        self.strategy = self.strategy.with_modules(modules)

    def chosen(self, chosen: Sequence, updates: int) -> list:
        """The strategies of a training of this number of updates, with the one that was prepared."""
        own = self.strategy.with_updates(updates)
        return [own if "teacher" in strategy.needs else strategy for strategy in chosen]

    def teaching(self, updates: Callable[..., Iterable[list[dict]]]) -> Callable[..., Iterator[list[dict]]]:
        """A function like `updates`, whose micro-batches, and "unlabelled" ones in them, have the teacher's outputs as "taught"."""

        if self._steps is None:                                         # its blocks are part of the student's update
            return updates

        def taught(epoch, skip):
            for batches in updates(epoch, skip):
                yield [self._taught(batch) for batch in batches]

        return taught

    def _taught(self, batch):
        features = {name: batch["features"][name] for name in self.task_model.model.input}
        taught = self._steps.predict(features)
        if self._hidden:
            taught["real"] = np.asarray(features["token_ids"] != self.pad_id, np.float32)
        more = {"unlabelled": self._taught(batch["unlabelled"])} if "unlabelled" in batch else {}
        return {**batch, "taught": taught, **more}
