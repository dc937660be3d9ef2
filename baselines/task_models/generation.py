"""A session of a task that writes: rows are scored by their loss, and predictions are texts that the model writes."""

import dataclasses
import functools
import typing

import numpy as np

from baselines.errors import InputError
from baselines.evaluation.predictions import gather_losses
from baselines.generation.batch_generator import LONGEST, BatchGenerator
from baselines.heads.language_model import decode_text
from baselines.losses.self_terminating import SelfTerminating
from baselines.models.families import trained_positions
from baselines.task_models.task_model import TaskModel
from baselines.tokenizers.detokenization import is_special

TEXTS_OF_AN_EPOCH = 200
"""Dev texts that are written and scored after each epoch; `evaluate`, and the end of training, take all."""
TOGETHER = 64
"""Prompts between two movements of the progress bar."""


@dataclasses.dataclass
class GenerationTaskModel(TaskModel):
    """As TaskModel; the model has an output "logits" of the next token, the task a `prompt` and a `writing`."""

    returned: typing.ClassVar[tuple | None] = ()

    def __post_init__(self):
        if self.task.guide:
            self.guide                                                  # noqa: B018  an index of no use is told before the work

    @functools.cached_property
    def writer(self):
        return self.new_writer(trained_positions(self.config) or LONGEST)

    def new_writer(self, context):
        """A Writer of the session's model for prompts and texts of at most `context` tokens together."""
        vocabulary = self.tokenizer.vocabulary
        end_id = vocabulary.sep_id
        unwritable = [i for i, token in enumerate(vocabulary.tokens) if is_special(token) and i != end_id]
        return BatchGenerator(self.model, end_id, context, self_terminating=self.self_terminating, unwritable=unwritable)

    @property
    def self_terminating(self):
        """The epsilon by which the model learns to end, or None."""
        return self.task.loss.epsilon if isinstance(self.task.loss, SelfTerminating) else None

    @functools.cached_property
    def guide(self):
        """What keeps the task's texts to what exists, or None."""
        return self.task.guide and self.task.guide(self.tokenizer)

    def prompt(self, example, writing=None):
        """What the example's text is written after, short enough for the longest text."""
        room = self.writer.context - (writing or self.task.writing).max_tokens
        return self.task.prompt(example, self.tokenizer, min(self.recipe.max_length, room))

    def predict(self, steps, examples, rows, decode=None, adjust=None):
        """({id: text}, loss of each example or None, None). Raises InputError for a task that lacks what its texts are kept to."""
        if self.task.writing is None:
            raise InputError(
                f"{self.name}: expected --index INDEX, from which its answers are taken. Received: none. Make one: run.py kg build."
            )
        return self._texts(steps, examples, decode), self._losses(rows, len(examples), self._sums(steps, rows)), None

    def score(self, steps, examples, rows, adjust=None):
        """The task's metric on texts written for examples that have gold, and the likelihood of their gold; and the predictions."""
        sums, predictions = self._sums(steps, rows), self._texts(steps, examples)
        return self._scores(examples, predictions, sums), (predictions, self._losses(rows, len(examples), sums), None)

    def score_epoch(self, steps, examples, rows):
        some = examples[:: max(1, -(-len(examples) // TEXTS_OF_AN_EPOCH))]
        return self._scores(some, self._texts(steps, some), self._sums(steps, rows))

    def _scores(self, examples, predictions, sums):
        golds, found = [example.gold for example in examples], [predictions[example.id] for example in examples]
        scores = dict(self.task.metric(golds, found)) if self.task.writing else {}
        if sums is not None:
            totals, counts = sums
            loss = float(totals.sum() / max(counts.sum(), 1))
            scores |= {"log_likelihood": -loss, "perplexity": float(np.exp(min(loss, 700))), "loss": loss}
        selects = self.task.selects if self.task.writing else "log_likelihood"
        first = {selects: scores[selects]} if selects in scores else {}
        return first | scores

    def _losses(self, rows, count, sums):
        return None if sums is None else gather_losses(rows.example, sums[0] / np.maximum(sums[1], 1e-6), count)

    def _texts(self, steps, examples, decode=None):
        if self.task.writing is None:
            return {example.id: None for example in examples}
        decode = decode or (self.guide or self.task).decode or decode_text(self.tokenizer)
        steps.sync()                                                    # the writer reads the model's own variables
        texts = {}
        groups = [examples[start : start + TOGETHER] for start in range(0, len(examples), TOGETHER)]
        for group in self.display.track(groups, "writing", len(groups)):
            prompts = [self.prompt(example) for example in group]
            for example, hypotheses in zip(group, self.write(group, prompts), strict=True):
                texts[example.id] = decode(example, outputs_of(hypotheses))
        return texts

    def write(self, examples, prompts):
        """Hypotheses for each prompt, best first, as the task writes and its guide allows."""
        constraints = ()
        if self.guide:
            constraints = [self.guide.constraints(example, prompt) for example, prompt in zip(examples, prompts, strict=True)]
        return self.writer.write(prompts, self.task.writing, constraints)

    def _sums(self, steps, rows):
        """(loss totals, token counts) of every row, float (2, N); None for rows without gold."""
        if rows.targets is None:
            return None
        found, batches = np.zeros((2, len(rows))), self.batches(rows, self.recipe.eval_batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "scoring", len(batches)):
            _, *sums = steps.evaluate(batch)
            found[:, numbers] = [each[: len(numbers)] for each in sums]
        return found


def outputs_of(hypotheses):
    """What the `decode` stage of a task that writes gets: lists, the best text first."""
    fields = {"token_ids": "token_ids", "scores": "score", "finished": "finished"}
    return {name: [getattr(one, field) for one in hypotheses] for name, field in fields.items()}
