"""Encoded splits to trained weights: schedule, optimizer, strategies and the loop, with what each needs of the others."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

from baselines.data.unlabelled_batches import UnlabelledBatches
from baselines.errors import InputError
from baselines.evaluation.predictions import Predictions
from baselines.experiment.kept_epochs import keep_epoch
from baselines.experiment.run_folder import RunFolder
from baselines.runtime import backends
from baselines.runtime.progress import Display, TrainingProgress
from baselines.storage.folder_lock import only_writer
from baselines.storage.temporary_names import sweep_inside
from baselines.task import Pretraining, Recipe, Split
from baselines.task_models import few_labels
from baselines.task_models.closed_form_head import ClosedFormHead
from baselines.training import devices, lazy_embeddings, optimizers, rate_factors, schedule, strategies
from baselines.training.curves import Curves
from baselines.training.state import Position
from baselines.training.steps import Steps
from baselines.training.trainer import Interrupted, Trainer
from baselines.training.update_search import UpdateSearch
from baselines.workflows.unlabelled_text import unlabelled_batches
from baselines.workflows.update_scoring import UpdateScorer

LONG_RUN = 300
"""Updates from which on rewriting TensorFlow's graphs takes less time than it saves."""


@dataclasses.dataclass
class Fitted:
    """A trained model's steps, and how it came to its best epoch.

    Attributes:
        position: The last Position.
        steps: The compiled steps of training and scoring. They compute with the last weights until `restore_best`.
        best: (dev scores, Predictions) of the best epoch. None: an earlier process scored it, or an epoch scores less than
            `score` does, such as some of the texts that a model generates.
    """

    position: Position
    steps: Steps
    best: tuple[dict[str, float], Predictions] | None = None

    def restore_best(self, task_model: Any, run: Any) -> Steps:
        """Load the run's best weights into the model; returns the steps, which now compute with them."""
        task_model.load_checkpoint(run.require_best())
        self.steps.reset()
        return self.steps


def fit(
    task_model: Any, run: Any, splits: dict, settings: dict, resume: bool, keep_epochs: int = 0, teacher: Any = None
) -> Fitted:
    """Trains the model; the best epoch is saved in the run's best/.

    Args:
        task_model: A TrainableModel.
        run: The RunFolder.
        splits: {"train", "dev" and, where there is such text, "unlabelled" and "augmented": Split}, encoded.
        settings: Those of the recipe's optimizer and strategies.
        resume: Whether to continue from the run's saved state.
        keep_epochs: Checkpoints of the last epochs to keep, besides the best.
        teacher: The Teacher whose outputs a strategy compares, prepared for this model, or None.

    Raises:
        Interrupted: After a clean stop; the state is saved.
        InputError: A loss that is not finite, or a run folder that cannot be written.
    """
    with only_writer(run.path):
        resume = resume and has_state(run, task_model.display)
        return _fit(task_model, run, splits, settings, resume, keep_epochs, teacher)


def has_state(run: RunFolder, display: Display) -> bool:
    """Whether a run to resume has a state; removes what was left half-written. Without one it starts from the beginning."""
    sweep_inside(run.path)
    if run.state.is_file():
        return True
    display.note(f"{run}: stopped before its state was first saved. Training starts from the beginning.")
    run.metrics.truncate(0)
    return False


def _fit(task_model, run, splits, settings, resume, keep_epochs, teacher):
    recipe, mode = task_model.recipe, few_labels.build(task_model.recipe, settings)
    chosen = strategies.build_strategies(recipe.strategies, settings)
    batches = task_model.training_batches(splits["train"], recipe.batch_size)
    per_epoch = batches.updates_per_epoch(recipe.accumulate)
    if mode and not mode.trains:
        recipe, per_epoch = dataclasses.replace(recipe, epochs=1, optimizer="sgd"), 0
        task_model.model.trainable = False
    head = head_solver(task_model, splits["train"], mode)
    if head and not mode and not resume:
        task_model.display.note(head.describe(head.solve()))
    if teacher:
        chosen = teacher.chosen(chosen, per_epoch * recipe.epochs)
    backends.current().optimize_graphs(per_epoch * recipe.epochs >= LONG_RUN)
    weights = task_model.model.trainable_variables
    optimizer = optimizers.build_optimizer(recipe, schedule.build_schedule(recipe, per_epoch * recipe.epochs), weights, settings)
    full_pass = None if resume else lambda: (batch for _, batch in batches.in_turn())
    paths = [weight.path for weight in weights]
    innermost = [*lazy_embeddings.build_lazy_embeddings(recipe, paths), *rate_factors.build_rate_factors(recipe, paths)]
    steps = task_model.steps(optimizer, [*chosen, *innermost], full_pass)
    unlabelled = None
    if "unlabelled" in splits:
        unlabelled = unlabelled_batches(task_model, splits, chosen, len(batches) * recipe.epochs)
    updates = functools.partial(updates_of, recipe, batches, unlabelled)

    scored = None

    def evaluate():
        nonlocal scored
        if head and mode:
            steps.sync()
            solution = head.solve()
            steps.reset()
            if fitted.best is None:
                task_model.display.note(head.describe(solution))
        scored = task_model.score_epoch(steps, splits["dev"])
        return scored[0]

    def keep_best():
        steps.sync()
        task_model.save_checkpoint(run.best)
        fitted.best = scored if scored[1] is not None else None

    def after_epoch(epoch):
        steps.sync()
        keep_epoch(run, epoch, keep_epochs, task_model.save_checkpoint)

    fitted = Fitted(Position(), steps)
    share = getattr(batches, "padding", None)                           # rows that are drawn or packed have no lengths before
    padding = share and functools.cache(lambda epoch: share(recipe.seed, epoch))

    with Curves(run.path, run.metrics) as record:
        trainer = Trainer(
            model=task_model.model,
            optimizer=optimizer,
            steps=steps,
            recipe=recipe,
            learning_rate=optimizers.schedule_of(optimizer).at,
            updates_per_epoch=per_epoch,
            updates=teacher.teaching(updates) if teacher else updates if per_epoch else no_updates,
            rows=functools.partial(names_of_update, task_model, splits["train"], batches),
            evaluate=evaluate,
            keep_best=keep_best,
            after_epoch=after_epoch if keep_epochs else None,
            take_update=search_of(task_model, steps, chosen, splits["train"], batches),
            record=record,
            state_path=run.state,
            progress=TrainingProgress(task_model.display),
            padding=padding,
        )
        try:
            fitted.position = trainer.train(resume)
            if not per_epoch and not resume:
                fitted.position.seconds = head.seconds
            return fitted
        except Interrupted:
            raise Interrupted(f"The state is saved. Resume with: python run.py {task_model.verb} --resume {run}") from None
        except OSError as error:
            raise InputError(
                f"Cannot write to {error.filename or run}: {error.strerror}. Free some space or permit writing, then resume with: "
                f"python run.py {task_model.verb} --resume {run}"
            ) from error


def search_of(task_model: Any, steps: Steps, chosen: Iterable, split: Split, batches: Any) -> Callable | None:
    """(position, micro-batches) -> logs, the update of a strategy that searches by the task's metric; None without one.

    Raises:
        InputError: The model has no task to score, or several devices share its updates.
    """
    settings = next((strategy for strategy in chosen if strategy.searches), None)
    if settings is None:
        return None
    if isinstance(task_model.task, Pretraining):
        raise InputError("--strategies mgs searches by the metric of a task, which pretraining has not. Leave it out.")
    if devices.shares() > 1:
        raise InputError("--strategies mgs works on one device. Leave --devices out.")
    scorer = UpdateScorer(task_model, steps, split, batches, settings.metric)
    return UpdateSearch(steps, settings, task_model.recipe.seed, scorer).update


def no_updates(epoch: int, skip: int) -> Iterable[list[dict]]:
    """Those of an epoch in which nothing is trained."""
    return ()


def head_solver(task_model: Any, split: Split, mode: Any) -> ClosedFormHead | None:
    """What solves the head of a run in closed form, before training (--head_start) or each dev score (--few); None without."""
    if mode and mode.solves_head:
        return ClosedFormHead(task_model, split, few_labels.shrinkage_of(mode.shrinkage))
    return ClosedFormHead(task_model, split) if task_model.recipe.head_start != "random" else None


def names_of_update(task_model: Any, split: Split, batches: Any, epoch: int, update: int) -> list:
    """What the training rows that an update learned from are called, for messages."""
    groups = batches.rows_of_updates(task_model.recipe.seed, epoch, task_model.recipe.accumulate)
    return [task_model.name_of(split, number) for numbers in groups[update] for number in numbers]


def updates_of(recipe: Recipe, batches: Any, unlabelled: UnlabelledBatches | None, epoch: int, skip: int) -> Iterable[list[dict]]:
    """The updates of an epoch without the first `skip`, lists of micro-batches; with unlabelled text where there is some."""
    updates = batches.updates(recipe.seed, epoch, recipe.accumulate, skip)
    if unlabelled is None:
        return updates
    return unlabelled.joined(updates, recipe.seed, epoch * len(batches) + skip * recipe.accumulate)
