"""The task's metric on the rows of an update, with the weights of the moment: what `--strategies mgs` searches by."""

import copy
import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError, nearest
from baselines.runtime.progress import Display
from baselines.task import Split
from baselines.training.steps import Steps


class UpdateScorer:
    """Predicts the examples of an update, without dropout, and scores them.

    Args:
        task_model: The TaskModel.
        steps: Its compiled steps of training.
        split: The encoded training split.
        batches: Its training batches.
        metric: Name of the score; "" for the task's first one.
    """

    def __init__(self, task_model: Any, steps: Steps, split: Split, batches: Any, metric: str = ""):
        self.task_model = copy.copy(task_model)                         # the same weights, without progress lines and cache files
        self.task_model.display, self.task_model.cache = Display(quiet=True), ""
        recipe = task_model.recipe
        self.task_model.recipe = dataclasses.replace(recipe, eval_batch_size=min(recipe.batch_size, recipe.eval_batch_size))
        self._fix_sampling(recipe.seed)
        self.steps, self.split, self.metric = steps, split, metric
        self._rows = functools.lru_cache(1)(lambda epoch: batches.rows_of_updates(recipe.seed, epoch, recipe.accumulate))

    def _fix_sampling(self, seed):
        """Texts that are sampled get a seed: all moves are decoded alike, and a resumed run repeats them."""
        generation = self.task_model.task.generation
        if generation and generation.config and generation.config.seed is None:
            generation = dataclasses.replace(generation, config=dataclasses.replace(generation.config, seed=seed))
            self.task_model.task = dataclasses.replace(self.task_model.task, generation=generation)
            self.task_model.__dict__.pop("generation", None)            # that of the run, with its own configuration

    def __call__(self, epoch: int, update: int) -> Callable[[], float]:
        """A function that scores the current weights on the examples of an update; higher is better."""
        numbers = np.unique(self.split.encoded.example[np.concatenate(self._rows(epoch)[update])])
        examples = [self.split.examples[number] for number in numbers]
        golds = [example.gold for example in examples]
        rows = self.task_model.split_of([dataclasses.replace(example, gold=None) for example in examples])

        def score():
            scores = self.task_model.task.metric(golds, self.task_model.predict(self.steps, rows).of(examples))
            name = self.metric or next(iter(scores))
            if name not in scores:
                raise InputError(f"--mgs.metric: the task has no score {name!r}, only {', '.join(scores)}. {nearest(name, scores)}")
            return float(scores[name])

        return score
