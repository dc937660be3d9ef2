"""A session of a task that makes vectors of texts and may write too: predictions are cosines, and texts are written on top."""

import dataclasses
import typing

from baselines.losses.compared_rows import COMPARED
from baselines.metrics.paraphrases import paraphrase_scores
from baselines.prompts.source_target import source_prompt
from baselines.task_models.generation import GenerationTaskModel
from baselines.task_models.task_model import TaskModel

EACH = 5
"""Paraphrases of a text that are written to be scored."""


@dataclasses.dataclass
class EmbeddingTaskModel(GenerationTaskModel):
    """As TaskModel for predictions and scores, as GenerationTaskModel for who writes with its model."""

    returned: typing.ClassVar[tuple | None] = (COMPARED,)

    def predict(self, steps, examples, rows, decode=None, adjust=None):
        """As TaskModel.predict."""
        return TaskModel.predict(self, steps, examples, rows, decode, adjust)

    def score(self, steps, examples, rows, adjust=None):
        """As TaskModel.score, and how varied the texts are that are written for some examples."""
        scores, predictions = TaskModel.score(self, steps, examples, rows, adjust)
        return scores | self._paraphrases(steps, examples), predictions

    def score_epoch(self, steps, examples, rows):
        """As TaskModel.score: nothing is written after each epoch."""
        return TaskModel.score(self, steps, examples, rows)[0]

    def _paraphrases(self, steps, examples):
        count = self.task.paraphrased
        if not (count and self.task.prompt):
            return {}
        steps.sync()                                                    # the writer reads the model's own variables
        sources = list(dict.fromkeys(example.texts[0] for example in examples))
        sources = sources[:: max(1, len(sources) // count)][:count]
        writing = dataclasses.replace(self.task.writing, num=EACH, seed=self.recipe.seed)
        room = self.writer.context - writing.max_tokens
        prompts = [source_prompt(text, self.tokenizer, min(self.recipe.max_length, room)) for text in sources]
        groups = []
        for start in self.display.track(range(0, len(prompts), EACH), "writing", -(-len(prompts) // EACH)):
            groups += self.writer.write(prompts[start : start + EACH], writing)
        return paraphrase_scores(sources, [[self.tokenizer.decode(one.token_ids) for one in group] for group in groups])
