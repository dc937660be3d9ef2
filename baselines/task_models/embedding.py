"""The task model of a task that embeds texts and may generate paraphrases: predictions are cosines."""

import dataclasses
import typing
from collections.abc import Callable

from baselines.evaluation.predictions import Predictions
from baselines.losses.contrastive import EMBEDDING
from baselines.metrics.paraphrases import paraphrase_scores
from baselines.prompts.source_target import source_prompt
from baselines.task import Split
from baselines.task_models.task_model import TaskModel
from baselines.training.steps import Steps

PARAPHRASES = 5
"""Paraphrases of a text that are generated to be scored."""


@dataclasses.dataclass
class EmbeddingTaskModel(TaskModel):
    """As TaskModel, with the scores of generated paraphrases where the task has a `generation`."""

    output_names: typing.ClassVar[tuple[str, ...] | None] = (EMBEDDING,)

    def score(self, steps: Steps, split: Split, adjust: Callable | None = None) -> tuple[dict[str, float], Predictions]:
        """As TaskModel.score, and how varied the paraphrases are that are generated for some examples."""
        scores, predictions = super().score(steps, split, adjust)
        return scores | self._paraphrase_scores(steps, split.examples), predictions

    def score_epoch(self, steps: Steps, split: Split) -> tuple[dict[str, float], Predictions | None]:
        """As TaskModel.score_epoch, without paraphrases, so that predictions are kept only where `score` asks for none."""
        scores, predictions = super().score_epoch(steps, split)
        return scores, None if self._paraphrased_texts() else predictions

    def _paraphrased_texts(self):
        return self.task.generation.paraphrased_texts if self.generation else 0

    def _paraphrase_scores(self, steps, examples):
        count = self._paraphrased_texts()
        if not count:
            return {}
        steps.sync()                                                    # the generator reads the model's own variables
        sources = list(dict.fromkeys(example.texts[0] for example in examples))
        sources = sources[:: max(1, len(sources) // count)][:count]
        config = dataclasses.replace(self.task.generation.config, num=PARAPHRASES, seed=self.recipe.seed)
        generator, decode = self.generation.generator, self.tokenizer.decode
        length = min(self.recipe.max_length, generator.context - config.max_tokens)
        prompts = [source_prompt(text, self.tokenizer, length) for text in sources]
        groups, starts = [], range(0, len(prompts), PARAPHRASES)
        for start in self.display.track(starts, "writing", len(starts)):
            groups += generator.generate(prompts[start : start + PARAPHRASES], config)
        return paraphrase_scores(sources, [[decode(one.token_ids) for one in group] for group in groups])
