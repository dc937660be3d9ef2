"""PredictingModel: from files to encoded rows and batches, from outputs to predictions and scores. Nothing here needs Keras."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.batching import Batches
from baselines.data.encoded_dataset import EncodedDataset
from baselines.data.encoding import cached_rows, encode_examples, rows_key
from baselines.data.examples import read_examples
from baselines.evaluation.predictions import Predictions, gather, gather_losses, take
from baselines.experiment.input_files import format_paths
from baselines.task import Example, Split, Task

MIN_CACHED = 100
"""Examples below which encoding is quicker than looking for it in the cache."""


class PredictingModel:
    """What a trained model and an exported graph share: everything but the computation of a batch's outputs.

    Subclasses are dataclasses with the fields name, task, recipe, tokenizer, display and cache (a folder that keeps encoded rows
    for the next run; "" keeps nothing), and define `_outputs`.
    """

    parts = 1
    """Equal parts that devices cut a batch into."""

    def read_split(self, name: str, path: Path | tuple[Path, ...]) -> Split:
        """The checked examples of a file, not encoded yet."""
        examples, dropped = read_examples(self.task.read, path, name, self.task.classes, self.task.source)
        left_out = f" ({dropped} without a usable label left out)" if dropped else ""
        self.display.note(f"{name}: {len(examples)} examples from {format_paths(path)}{left_out}")
        return Split(name, path, examples)

    def encode_split(self, split: Split, training: bool = False) -> Split:
        """The split with encoded rows; `training` takes the task's `encode_train` where it has one."""
        stage = training and self.task.encode_train or self.task.encode
        return dataclasses.replace(split, encoded=self.encode(split.examples, stage))

    def split_of(self, examples: list[Example], encode: Callable | None = None) -> Split:
        """An encoded split of examples from no file. encode: another stage than the task's."""
        return Split("test", None, examples, self.encode(examples, encode or self.task.encode))

    def encode(self, examples: list[Example], stage: Callable) -> EncodedDataset:
        """Encoded rows; from the cache if the same examples were encoded before by the same code and tokenizer."""

        def make():
            progress = functools.partial(self.display.track, label="encoding")
            return encode_examples(examples, stage, self.tokenizer, self.recipe.max_length, progress)

        if not self.cache or len(examples) < MIN_CACHED:
            return make()
        return cached_rows(self.cache, rows_key(examples, stage, self.tokenizer, self.recipe.max_length), make)

    def remark(self, split: Split) -> None:
        """Show what the head has to say about encoded gold, such as how much of it no row holds."""
        remark = self.task.head.remark(split.examples, split.encoded)
        if remark:
            self.display.note(f"{split.name}: {remark}")

    def batches(self, encoded: EncodedDataset, batch_size: int) -> Batches:
        """Batches of encoded rows as they are."""
        recipe, pad_id, targets = self.recipe, self.tokenizer.vocabulary.pad_id, self.task.head.batch_targets
        multiple = int(recipe.pad_to_multiple_of)
        return Batches(encoded, batch_size, recipe.max_length, targets, pad_id, self.parts, multiple)

    def name_of(self, split: Split, row: int) -> Any:
        """What an encoded row is called in messages: the id of its example."""
        return split.examples[split.encoded.example[row]].id

    def predict(
        self, steps: Any, split: Split, decode: Callable | None = None, adjust: Callable | None = None
    ) -> Predictions:
        """The predictions of an encoded split.

        Args:
            steps: What `self.steps()` gives.
            split: With encoded rows.
            decode: Another stage than the task's.
            adjust: The outputs of all rows -> the outputs to decode in their place.
        """
        joined, losses = self.row_outputs(steps, split)
        if adjust:
            joined = adjust(joined)
        owners = split.encoded.example
        if losses is not None:
            losses = gather_losses(owners, losses, len(split.examples))
        return decode_rows(self.task, split.examples, owners, joined, decode, losses)

    def row_outputs(self, steps: Any, split: Split) -> tuple[dict[str, Any], np.ndarray | None]:
        """({name: array or list with an item per encoded row}, compacted by the head; the loss of each row, None without gold)."""
        outputs, totals, counts, numbers = [], [], [], []
        head = self.task.head
        batches = self.batches(split.encoded, self.recipe.eval_batch_size)
        for rows, batch in self.display.track(batches.in_turn(), "predicting", len(batches)):
            computed, total, count = self._outputs(steps, batch)
            if total is not None:
                totals.append(total[: len(rows)])
                counts.append(count[: len(rows)])
            compact = head.compact(computed, batch["features"])
            outputs.append({name: values[: len(rows)] for name, values in compact.items()})
            numbers.append(rows)
        back = np.argsort(np.concatenate(numbers))
        joined = {name: take(_joined([part[name] for part in outputs]), back) for name in outputs[0]}
        losses = np.concatenate(totals)[back] / np.maximum(np.concatenate(counts)[back], 1e-6) if totals else None
        return joined, losses

    def predict_again(self, steps: Any, examples: list[Example], encode: Callable, decode: Callable) -> dict:
        """{id: what `decode` makes of the outputs for rows of `encode`}, other stages than the task's."""
        return self.predict(steps, self.split_of(examples, encode), decode).by_id

    def score(self, steps: Any, split: Split, adjust: Callable | None = None) -> tuple[dict[str, float], Predictions]:
        """({name: value} of the task's metric and the mean "loss" on an encoded split with gold, its predictions)."""
        return self._score(steps, split, adjust)

    def score_epoch(self, steps: Any, split: Split) -> tuple[dict[str, float], Predictions | None]:
        """What `score` gives for dev, after an epoch of training; no predictions where these lack some that `score` gives."""
        return self._score(steps, split)

    def _score(self, steps, split, adjust=None):
        predictions = self.predict(steps, split, adjust=adjust)
        scores = dict(self.task.metric(split.golds, predictions.of(split.examples)))
        if self.task.reference_score:
            again = functools.partial(self.predict_again, steps)
            scores |= self.task.reference_score(split.examples, split.encoded, predictions.by_id, again)
        if predictions.losses is not None:
            scores["loss"] = float(np.mean(predictions.losses))
        return scores, predictions

    def _outputs(self, steps, batch):
        """(outputs, loss totals, loss counts) of a batch; None for the last two where rows are not scored."""
        raise NotImplementedError


def decode_rows(
    task: Task, examples: list[Example], owners: Any, outputs: dict, decode: Callable | None = None, losses: Any = None
) -> Predictions:
    """The Predictions of examples from the outputs of their rows.

    Args:
        task: The task, bound.
        examples: The examples.
        owners: int (N,), the position of the example of each row.
        outputs: Of the N rows, as `PredictingModel.row_outputs` returns them.
        decode: Another stage than the task's.
        losses: float64, one per example, or None.
    """
    confidence = task.head.confidence
    confidences = None if confidence is None else gather(examples, owners, outputs, confidence)
    return Predictions(gather(examples, owners, outputs, decode or task.decode), losses, confidences)


def _joined(parts):
    """Arrays or lists of consecutive rows as one."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [row for part in parts for row in part]
