"""Completes a task with what only the user's files, flags and tokenizer say. Nothing here needs Keras."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.experiment.input_files import bind
from baselines.losses.self_terminating import SelfTerminating
from baselines.task import Task
from baselines.tokenizers.tokenizer import Tokenizer


def bind_task(task: Task, options: Any, labels: Sequence[str] | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task completed by the user's files and, where it writes, by the flags that say how."""
    task = bind(task, options, labels, train_file)
    if task.generation is None or task.generation.config is None:
        return task
    config = task.generation.config
    chosen = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(config)}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    generation = dataclasses.replace(task.generation, config=dataclasses.replace(config, **chosen))
    return dataclasses.replace(task, generation=generation)


def self_terminating(task: Task, options: Any, tokenizer: Tokenizer) -> Task:
    """The task whose texts always end, if a flag asks for it: that needs the end's id, so it comes after the tokenizer."""
    epsilon = getattr(options, "self_terminating", 0)
    return dataclasses.replace(task, loss=SelfTerminating(tokenizer.vocabulary.sep_id, epsilon)) if epsilon else task
