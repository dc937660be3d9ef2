"""TextGeneration: the texts that a task model generates: prompts, constraints, and the batch generator of its weights."""

import functools
from collections.abc import Sequence
from typing import Any

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.generation.batch_generator import MAX_CONTEXT, BatchGenerator
from baselines.losses.self_terminating import SelfTerminating
from baselines.models.families import trained_positions
from baselines.task import Example, Generation


class TextGeneration:
    """Generates text with the model of a TaskModel whose task has a `generation`."""

    def __init__(self, task_model: Any):
        self.task_model = task_model

    @property
    def ability(self) -> Generation:
        """The task's Generation."""
        return self.task_model.task.generation

    @functools.cached_property
    def constraints(self) -> Any:
        """What the task's `constraint_provider` returns, or None where its texts are free."""
        provider = self.ability.constraint_provider
        return provider and provider(self.task_model.tokenizer)

    @functools.cached_property
    def generator(self) -> BatchGenerator:
        """A BatchGenerator for the longest context that the model was trained for."""
        return self.batch_generator(trained_positions(self.task_model.config) or MAX_CONTEXT)

    def batch_generator(self, context: int) -> BatchGenerator:
        """A BatchGenerator for prompts and texts of at most `context` tokens together."""
        vocabulary = self.task_model.tokenizer.vocabulary
        end_id = vocabulary.sep_id
        unwritable = sorted(vocabulary.special_ids - {end_id})
        return BatchGenerator(
            self.task_model.model, end_id, context, self_terminating=self.self_terminating, unwritable=unwritable,
            start_ids=self.task_model.task.head.start,
        )  # fmt: skip

    @property
    def self_terminating(self) -> float | None:
        """The epsilon by which the model learns to end, or None."""
        loss = self.task_model.task.loss
        return loss.epsilon if isinstance(loss, SelfTerminating) else None

    def prompt(self, example: Example, config: GenerationConfig | None = None) -> Prompt:
        """The example's prompt, short enough for the longest text."""
        room = self.generator.context - (config or self.ability.config).max_tokens
        return self.ability.prompt(example, self.task_model.tokenizer, min(self.task_model.recipe.max_length, room))

    def generate(self, examples: Sequence[Example], prompts: Sequence[Prompt]) -> list[list]:
        """Hypotheses for each prompt, best first, by the task's GenerationConfig and within its constraints."""
        constraints = ()
        if self.constraints:
            constraints = [self.constraints.constraints(*pair) for pair in zip(examples, prompts, strict=True)]
        return self.generator.generate(prompts, self.ability.config, constraints)


def outputs_of(hypotheses: Sequence) -> dict[str, list]:
    """What the `decode` stage of a task that generates text gets: lists, the best text first."""
    return {
        "token_ids": [one.token_ids for one in hypotheses],
        "scores": [one.score for one in hypotheses],
        "finished": [one.finished for one in hypotheses],
    }
