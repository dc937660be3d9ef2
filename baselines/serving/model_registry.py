"""What a server needs of a run, and finding one by the name in a request."""

import dataclasses
from typing import Any, Protocol

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import excerpt, nearest
from baselines.serving.api_error import ApiError


class ServedGenerator(Protocol):
    """A run that generates text.

    Attributes:
        dialogue: Whether it answers a list of utterances of two speakers who take turns; else it rewrites one text.
        context: Tokens of prompt and reply together, at most.
        generation_config: Settings where a request does not give any.
        scheduler: A decoding.scheduler.Scheduler, or what has its submit, cancel, step, abort and counts.
    """

    task_name: str
    dialogue: bool
    context: int
    generation_config: GenerationConfig
    tokenizer: Any
    scheduler: Any

    def prompt(self, texts: list[str], max_tokens: int) -> tuple[Prompt, int]:
        """The prompt, with room for `max_tokens`, and how many of the oldest texts did not fit and were left out."""


class ServedPredictor(Protocol):
    """A run that does not generate: one example in, its prediction out.

    Attributes:
        texts: Names of an example's texts, in order.
        kind: Form of the prediction: "label", "labels", "entities" (lists of start, end, category, text), "answer" (a text and its
            place in the last of the texts), "answers" (the best one as text, and all with their parts), or "other".
    """

    task_name: str
    kind: str
    texts: tuple[str, ...]

    def predict(self, texts: tuple[str, ...]) -> dict:
        """{"prediction", and where the task knows it "confidence", …} of one example."""


class ServedEmbedder(Protocol):
    """A run that embeds texts in vectors of `dimensions` numbers."""

    task_name: str
    dimensions: int

    def embed(self, texts: list[str]) -> tuple[np.ndarray, list[int]]:
        """(float32 (N, D) of length 1, the tokens that were read of each text). Raises InputError for a text without tokens."""


class ServedIndex(Protocol):
    """The texts of an index, found by their vectors.

    Attributes:
        model: Name of the embedder that made the vectors.
        size: How many texts there are.
        rerankers: What `rerank` may be.
    """

    task_name: str
    model: str
    size: int
    rerankers: tuple[str, ...]

    def search(self, query: str, vector: np.ndarray, k: int, rerank: str | None) -> list[dict]:
        """At most k items, best first: {"id", "text", "score", "metadata"} each."""


@dataclasses.dataclass(frozen=True)
class ModelRegistry:
    """All that a server serves, by name. A run may be among the generators and among the embedders."""

    generators: dict[str, ServedGenerator] = dataclasses.field(default_factory=dict)
    predictors: dict[str, ServedPredictor] = dataclasses.field(default_factory=dict)
    embedders: dict[str, ServedEmbedder] = dataclasses.field(default_factory=dict)
    indexes: dict[str, ServedIndex] = dataclasses.field(default_factory=dict)

    @property
    def runs(self) -> list[str]:
        """The names of all runs."""
        return [*dict.fromkeys((*self.generators, *self.predictors, *self.embedders))]


def find(name: str, served: dict, param: str = "model") -> str:
    """Finds a run or index by the name in a request.

    A run has its own name, that of its task, and the last part of either, as long as no other run has it too.

    Args:
        name: The name.
        served: {name: anything with task_name}.
        param: What the name is called in the request.

    Returns:
        The key of `served`.

    Raises:
        ApiError: 404 for an unknown name.
    """
    if name in served:
        return name
    for meant in (lambda run, task: name == task, lambda run, task: f"/{task}".endswith(f"/{name}") or run.endswith(f"/{name}")):
        matches = [run for run, each in served.items() if meant(run, each.task_name)]
        if len(matches) == 1 and name:
            return matches[0]
    message = f"The {param} '{excerpt(name, 100)}' does not exist. {nearest(name[:100], served)}"
    raise ApiError(404, message, param, "model_not_found")
