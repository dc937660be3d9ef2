"""A session of a task that writes: rows are scored by their loss, and predictions are texts that the model writes."""

import dataclasses
import functools
import typing

import numpy as np

from baselines.evaluation.predictions import gather_losses
from baselines.heads.language_model import decode_text
from baselines.models.families import trained_positions
from baselines.session import Session
from baselines.writing import LONGEST, Writer

TEXTS_OF_AN_EPOCH = 200
"""Dev texts that are written and scored after each epoch; `evaluate`, and the end of training, take all."""
TOGETHER = 64
"""Prompts between two movements of the progress bar."""


@dataclasses.dataclass
class WritingSession(Session):
    """As Session; the model has an output "logits" of the next token, the task a `prompt` and a `writing`."""

    gives_outputs: typing.ClassVar[bool] = False

    @functools.cached_property
    def writer(self):
        return Writer(self.model, self.tokenizer.vocabulary.sep_id, trained_positions(self.config) or LONGEST)

    def prompt(self, example, writing=None):
        """What the example's text is written after, short enough for the longest text."""
        room = self.writer.context - (writing or self.task.writing).max_tokens
        return self.task.prompt(example, self.tokenizer, min(self.recipe.max_length, room))

    def predict(self, steps, examples, rows, decode=None, adjust=None):
        """({id: text}, loss of each example or None, None)."""
        return self._texts(steps, examples, decode), self._losses(rows, len(examples), self._sums(steps, rows)), None

    def score(self, steps, examples, rows, adjust=None):
        """The task's metric on texts written for examples that have gold, and the likelihood of their gold; and the predictions."""
        sums, predictions = self._sums(steps, rows), self._texts(steps, examples)
        return self._scores(examples, predictions, sums), (predictions, self._losses(rows, len(examples), sums), None)

    def score_epoch(self, steps, examples, rows):
        some = examples[:: max(1, -(-len(examples) // TEXTS_OF_AN_EPOCH))]
        return self._scores(some, self._texts(steps, some), self._sums(steps, rows))

    def _scores(self, examples, predictions, sums):
        scores = dict(self.task.metric([example.gold for example in examples], [predictions[example.id] for example in examples]))
        if sums is not None:
            totals, counts = sums
            loss = float(totals.sum() / max(counts.sum(), 1))
            scores |= {"log_likelihood": -loss, "perplexity": float(np.exp(min(loss, 700))), "loss": loss}
        first = {self.task.selects: scores[self.task.selects]} if self.task.selects in scores else {}
        return first | scores

    def _losses(self, rows, count, sums):
        return None if sums is None else gather_losses(rows.example, sums[0] / np.maximum(sums[1], 1e-6), count)

    def _texts(self, steps, examples, decode=None):
        decode = decode or self.task.decode or decode_text(self.tokenizer)
        steps.sync()                                                    # the writer reads the model's own variables
        texts = {}
        groups = [examples[start : start + TOGETHER] for start in range(0, len(examples), TOGETHER)]
        for group in self.display.track(groups, "writing", len(groups)):
            found = self.writer.write([self.prompt(example) for example in group], self.task.writing)
            for example, hypotheses in zip(group, found, strict=True):
                texts[example.id] = decode(example, {"token_ids": [hypothesis.token_ids for hypothesis in hypotheses]})
        return texts

    def _sums(self, steps, rows):
        """(loss totals, token counts) of every row, float (2, N); None for rows without gold."""
        if rows.targets is None:
            return None
        found, batches = np.zeros((2, len(rows))), self.batches(rows, self.recipe.eval_batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "scoring", len(batches)):
            _, *sums = steps.evaluate(batch)
            found[:, numbers] = [each[: len(numbers)] for each in sums]
        return found
