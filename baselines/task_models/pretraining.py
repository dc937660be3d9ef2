"""An objective of pretraining made ready to compute: batches of packed records, scores of held-out text, speed."""

import dataclasses
import functools
import math
import typing
from typing import Any

import numpy as np

from baselines.data.packed.packed_batches import PackedBatches
from baselines.losses.masked_and_next import NEXT, TOKENS
from baselines.task import Split
from baselines.task_models.trainable_model import TrainableModel
from baselines.training import devices
from baselines.training.memory_estimate import flops
from baselines.training.speed import Speed, matrix_peak
from baselines.training.steps import Steps


@dataclasses.dataclass
class PretrainingTaskModel(TrainableModel):
    """As TrainableModel, of an objective: encoded rows are packed records, and predictions are tokens."""

    verb: typing.ClassVar[str] = "pretrain"
    epoch_updates: int = 0
    speed: Speed = dataclasses.field(default_factory=Speed)

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(name for name in ("predicted", NEXT) if name in self.model.output)

    def batches(self, records: Any, batch_size: int) -> PackedBatches:
        make = lambda token_ids, starts, rng: self.task.make(token_ids, starts, self.tokenizer.vocabulary, rng)  # noqa: E731
        pad_id = self.tokenizer.vocabulary.pad_id
        return PackedBatches(records, batch_size, self.recipe.max_length, make, pad_id, self.epoch_updates, devices.shares())

    def training_batches(self, split: Split, batch_size: int) -> PackedBatches:
        batches = self.batches(split.encoded, batch_size)
        batches.watch = self.speed.counted
        return batches

    def speeds(self, predicted: int) -> dict[str, float]:
        """{"tokens_per_second", padding included, "share_of_peak"} since the last scoring; {} after fewer than two updates.

        predicted   tokens of a row that the vocabulary is scored for
        """
        result, length = self.speed.per_second(), self.recipe.max_length
        if result is None:
            return {}
        head = self.config.hidden_size * self.config.embedding_size + self.config.embedding_size * self.config.vocab_size
        row = flops(self.config, length, self.recipe.recompute) + 3 * 2 * predicted * head
        return {"tokens_per_second": result, "share_of_peak": result * row / length / self.peak}

    @functools.cached_property
    def peak(self) -> float:
        """FLOP/s of matrix products at this precision, of all devices that train together; measured when it is first asked."""
        large = any("gpu" in name.lower() for name in devices.available())
        dtype = {"bf16": "bfloat16", "fp16": "float16"}.get(self.recipe.precision, "float32")
        return matrix_peak(8192 if large else 1024, dtype) * devices.shares() * self.recipe.model_parallel

    def filled(self, records: Any) -> float:
        """Share of the tokens of batches that are no padding."""
        return len(records.tokens) / (len(records) * self.recipe.max_length)

    def name_of(self, split: Split, row: int) -> str:
        """What a row is called in messages."""
        return f"row {row} of the records"

    def score_epoch(self, steps: Steps, split: Split) -> tuple[dict[str, float], None]:
        """({"log_likelihood", "accuracy", "perplexity", "loss", speeds} of the held-out rows, means over predicted tokens; None).

        Where the objective asks it too, "next_accuracy": the accuracy of next sentence prediction.
        """
        total = count = right = followed = 0.0
        batches = self.batches(split.encoded, self.recipe.eval_batch_size)
        count_of_batches = math.ceil(len(batches.records) / batches.batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "scoring", count_of_batches):
            result, totals, counts = steps.evaluate(batch)
            real = slice(len(numbers))
            total, count = total + totals[real].sum(), count + counts[real].sum()
            right += np.sum((result["predicted"] == target_tokens(batch))[real])        # -1, nothing to learn, is never predicted
            if NEXT in result:
                followed += np.sum((np.argmax(result[NEXT], axis=-1) == batch["targets"][NEXT])[real])
        loss = float(total / max(count, 1))
        accuracy = float(right / max(count, 1))
        scores = {"log_likelihood": -loss, "accuracy": accuracy, "perplexity": math.exp(min(loss, 700)), "loss": loss}
        if NEXT in self.output_names:
            scores["next_accuracy"] = float(followed / len(split.encoded))
        return scores | self.speeds(target_tokens(batch).shape[1]), None


def target_tokens(batch: dict) -> np.ndarray:
    """The tokens that a batch is to predict, int32 (B, P)."""
    targets = batch["targets"]
    return targets[TOKENS] if isinstance(targets, dict) else targets
