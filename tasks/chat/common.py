"""Shared by chat tasks: examples from dialogues, the head, sampling of replies."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import dialogues
from baselines.decoding.generation_config import GenerationConfig
from baselines.heads.language_model import LanguageModelHead
from baselines.prompts.dialogue import prompt_of
from baselines.task import Example, Generation
from tasks.common import GenerationFlags

HEAD = LanguageModelHead("causal")
GENERATION = Generation(
    prompt=prompt_of,
    config=GenerationConfig(top_k=5, max_tokens=32, seed=0),            # that of the reference; a seed makes runs comparable
    dialogue=True,
    monitor="log_likelihood",
)


@dataclasses.dataclass(frozen=True)
class ChatFlags(GenerationFlags):
    """How replies are sampled for scoring."""

    top_k: int | None = None
    """Sample from the top_k most likely tokens: 1 is greedy, 0 takes all. Default: 5."""
    top_p: float | None = None
    """Nucleus sampling: the smallest set of tokens whose probabilities sum to top_p. Default: 1."""
    temperature: float | None = None
    """Sampling temperature. Default: 1."""


def read(path: str | Path, tokenized: bool = False) -> Iterator[Example]:
    """Examples of dialogues: the texts are the history, gold is the last utterance. A single utterance has no history."""
    for row in dialogues.read(path, tokenized):
        *history, reply = row["utterances"]
        extra = {} if row["split"] is None else {"split": row["split"]}
        yield Example(id=row["id"], texts=tuple(history), gold=reply, extra=extra, origin=row.origin)
