"""A session's rows to trained weights: schedule, optimizer, strategies and the loop, with what each needs of the others."""

import functools

from baselines.data.unlabelled_batches import UnlabelledBatches
from baselines.errors import InputError
from baselines.runtime.progress import TrainingProgress
from baselines.training import devices, lazy_embeddings, optimizers, rate_factors, schedule, strategies
from baselines.training.curves import Curves
from baselines.training.trainer import Interrupted, Trainer


def fit(session, run, examples, rows, settings, resume):
    """Trains the session's model; the best epoch lands in the run's best/. Returns the last Position."""
    recipe = session.recipe
    batches = session.training_batches(rows["train"], recipe.batch_size)
    per_epoch = batches.updates_per_epoch(recipe.accumulate)
    weights = session.model.trainable_variables
    optimizer = optimizers.build(recipe, schedule.build(recipe, per_epoch * recipe.epochs), weights, settings)
    survey = None if resume else lambda: (batch for _, batch in batches.in_turn())
    paths = [weight.path for weight in weights]
    innermost = [*lazy_embeddings.build(recipe, paths), *rate_factors.build(recipe, paths)]
    steps = session.steps(optimizer, [*strategies.build(recipe.strategies, settings), *innermost], survey)

    def keep_best():
        steps.sync()
        session.save_checkpoint(run.best)

    with Curves(run.path, run.metrics) as record:
        trainer = Trainer(
            model=session.model,
            optimizer=optimizer,
            steps=steps,
            recipe=recipe,
            learning_rate=optimizers.schedule_of(optimizer).at,
            updates_per_epoch=per_epoch,
            updates=functools.partial(updates_of, session, rows, batches),
            rows=functools.partial(names_of_update, session, examples["train"], rows["train"], batches),
            evaluate=lambda: session.score_epoch(steps, examples["dev"], rows["dev"]),
            keep_best=keep_best,
            record=record,
            state_path=run.state,
            progress=TrainingProgress(session.display),
        )
        try:
            return trainer.train(resume)
        except Interrupted:
            raise Interrupted(f"The state is saved. Go on with: python run.py {session.verb} --resume {run}") from None
        except OSError as error:
            again = f"{session.verb} --resume {run}" if run.state.exists() else f"rerun {run}"
            raise InputError(
                f"{error.filename or run}: expected to write there. Received: {error.strerror}. Mend that, then: "
                f"python run.py {again}"
            ) from error


def names_of_update(session, examples, rows, batches, epoch, update):
    """What the training rows that an update learned from are called, for messages."""
    groups = batches.rows_of_updates(session.recipe.seed, epoch, session.recipe.accumulate)
    return [session.name_of(examples, rows, number) for numbers in groups[update] for number in numbers]


def updates_of(session, rows, batches, epoch, skip):
    """The updates of an epoch without the first `skip`, lists of micro-batches; with unlabelled text where there is some."""
    recipe = session.recipe
    updates = batches.updates(recipe.seed, epoch, recipe.accumulate, skip)
    if "unlabelled" not in rows:
        return updates
    pad_id = session.tokenizer.vocabulary.pad_id
    unlabelled = UnlabelledBatches(rows["unlabelled"], recipe.batch_size, recipe.max_length, pad_id, devices.shares())
    return unlabelled.joined(updates, recipe.seed, epoch * len(batches) + skip * recipe.accumulate)
