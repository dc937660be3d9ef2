"""The task model of a task that generates text: rows are scored by their loss, and predictions are generated texts."""

import dataclasses
import typing
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.evaluation.predictions import Predictions, gather_losses
from baselines.heads.language_model import decode_text
from baselines.task import Split
from baselines.task_models.task_model import TaskModel
from baselines.task_models.text_generation import outputs_of
from baselines.training.steps import Steps

EPOCH_TEXTS = 200
"""Dev texts that are generated and scored after each epoch; `evaluate`, and the end of training, take all."""
CHUNK_SIZE = 64
"""Prompts between two movements of the progress bar."""


@dataclasses.dataclass
class GenerationTaskModel(TaskModel):
    """As TaskModel; the model has an output "logits" of the next token, and the task a `generation`."""

    output_names: typing.ClassVar[tuple[str, ...] | None] = ()

    def __post_init__(self):
        if self.task.generation.constraint_provider:
            self.generation.constraints                                 # noqa: B018  refuse an unusable index before the work

    @property
    def config_of_texts(self) -> Any:
        """The task's GenerationConfig; None where it lacks what its texts are limited to."""
        return self.task.generation.config

    def predict(self, steps: Steps, split: Split, decode: Callable | None = None, adjust: Callable | None = None) -> Predictions:
        """As TaskModel.predict; predictions are texts.

        Raises:
            InputError: For a task that lacks what its texts are limited to.
        """
        if self.config_of_texts is None:
            raise InputError(
                f"{self.name} answers from an index, but none is given. Add --index INDEX; `run.py kg build` builds one."
            )
        texts = self._texts(steps, split.examples, decode)
        return Predictions(texts, self._losses(split, self._sums(steps, split)))

    def score(self, steps: Steps, split: Split, adjust: Callable | None = None) -> tuple[dict[str, float], Predictions]:
        """The task's metric on texts generated for examples with gold, and the likelihood of their gold; and the predictions."""
        sums, texts = self._sums(steps, split), self._texts(steps, split.examples)
        return self._scores(split.examples, texts, sums), Predictions(texts, self._losses(split, sums))

    def score_epoch(self, steps: Steps, split: Split) -> tuple[dict[str, float], Predictions | None]:
        """As `score`, with texts for some of the examples; no predictions unless these are all."""
        sample = split.examples[:: max(1, -(-len(split.examples) // EPOCH_TEXTS))]
        sums, texts = self._sums(steps, split), self._texts(steps, sample)
        predictions = Predictions(texts, self._losses(split, sums)) if len(sample) == len(split.examples) else None
        return self._scores(sample, texts, sums), predictions

    def _scores(self, examples, texts, sums):
        golds, predictions = [example.gold for example in examples], [texts[example.id] for example in examples]
        scores = dict(self.task.metric(golds, predictions)) if self.config_of_texts else {}
        if sums is not None:
            totals, counts = sums
            loss = float(totals.sum() / max(counts.sum(), 1))
            scores |= {"log_likelihood": -loss, "perplexity": float(np.exp(min(loss, 700))), "loss": loss}
        monitor = self.task.generation.monitor if self.config_of_texts else "log_likelihood"
        first = {monitor: scores[monitor]} if monitor in scores else {}
        return first | scores

    def _losses(self, split, sums):
        if sums is None:
            return None
        return gather_losses(split.encoded.example, sums[0] / np.maximum(sums[1], 1e-6), len(split.examples))

    def _texts(self, steps, examples, decode=None):
        if self.config_of_texts is None:
            return {example.id: None for example in examples}
        decode = decode or (self.generation.constraints or self.task).decode or decode_text(self.tokenizer)
        steps.sync()                                                    # the generator reads the model's own variables
        texts = {}
        groups = [examples[start : start + CHUNK_SIZE] for start in range(0, len(examples), CHUNK_SIZE)]
        for group in self.display.track(groups, "writing", len(groups)):
            prompts = [self.generation.prompt(example) for example in group]
            for example, hypotheses in zip(group, self.generation.generate(group, prompts), strict=True):
                texts[example.id] = decode(example, outputs_of(hypotheses))
        return texts

    def _sums(self, steps, split):
        """(loss totals, token counts) of every row, float (2, N); None for rows without gold."""
        encoded = split.encoded
        if encoded.targets is None:
            return None
        sums, batches = np.zeros((2, len(encoded))), self.batches(encoded, self.recipe.eval_batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "scoring", len(batches)):
            _, *totals_and_counts = steps.evaluate(batch)
            sums[:, numbers] = [values[: len(numbers)] for values in totals_and_counts]
        return sums
