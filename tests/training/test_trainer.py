"""The loop: what is recorded, which epoch is kept, early stopping, a loss that is not finite."""

import numpy as np
import pytest
import tiny

from baselines.errors import InputError
from baselines.experiment.metrics_file import MetricsFile
from baselines.task import Recipe
from baselines.training.trainer import Trainer

pytestmark = pytest.mark.keras


class Silent:
    def start(self, position, total):
        self.total = total

    def compiling(self):
        pass

    def advance(self, loss, rows):
        pass

    def note(self, text):
        pass


def trainer(folder, scores, kept, updates_per_epoch=3, batches=None, **changes):
    built, steps = tiny.again()
    recipe = Recipe(**{"epochs": len(scores), "log_steps": 2, **changes})
    scores = iter(scores)
    batches = batches or [[tiny.batch(seed=seed)] for seed in range(updates_per_epoch)]
    return Trainer(
        model=built,
        optimizer=steps.optimizer,
        steps=steps,
        recipe=recipe,
        learning_rate=lambda update: 0.5,
        updates_per_epoch=updates_per_epoch,
        updates=lambda epoch, skip: iter(batches[skip:]),
        rows=lambda epoch, update: [f"{epoch}-{update}-{row}" for row in range(9)],
        evaluate=lambda: {"accuracy": next(scores), "loss": 1.0},
        keep_best=lambda: kept.append(True),
        record=MetricsFile(folder / "metrics.jsonl"),
        state_path=folder / "last" / "state.safetensors",
        progress=Silent(),
    )


def test_metrics_have_a_line_per_log_and_per_epoch(tmp_path):
    kept = []
    trained = trainer(tmp_path, [0.5, 0.75], kept)
    position = trained.train()
    lines = trained.record.read()
    assert [(line["epoch"], line["step"], line["split"]) for line in lines] == [
        (0, 2, "train"), (0, 3, "train"), (1, 3, "dev"), (1, 4, "train"), (1, 6, "train"), (2, 6, "dev"),
    ]  # fmt: skip
    assert lines[0].keys() == {"epoch", "step", "split", "loss", "gradient_norm", "learning_rate"}
    assert lines[2]["accuracy"] == 0.5
    assert (position.best, position.best_epoch, position.updates, len(kept)) == (0.75, 2, 6, 2)


def test_only_a_strictly_better_epoch_is_kept(tmp_path):
    kept = []
    position = trainer(tmp_path, [0.5, 0.5, 0.4], kept).train()
    assert (len(kept), position.best_epoch, position.stale) == (1, 1, 2)


def test_patience_ends_training_early(tmp_path):
    position = trainer(tmp_path, [0.5, 0.4, 0.3, 0.9], [], patience=2).train()
    assert (position.epoch, position.best, position.finished) == (3, 0.5, True)


def test_resuming_a_finished_run_does_nothing_more(tmp_path):
    trainer(tmp_path, [0.5], []).train()
    kept = []
    again = trainer(tmp_path, [0.9], kept)
    position = again.train(resume=True)
    assert (position.best, position.updates, kept) == (0.5, 3, [])


def test_a_loss_that_is_not_finite_stops_with_the_update(tmp_path):
    batch = tiny.batch()
    batch["weights"] = np.full_like(batch["weights"], np.nan)
    told = r"update 2: the loss is nan, with the rows 0-1-0, .* 0-1-7 and 1 more\."
    with pytest.raises(InputError, match=told):
        trainer(tmp_path, [0.5], [], batches=[[tiny.batch()], [batch], [tiny.batch()]]).train()
