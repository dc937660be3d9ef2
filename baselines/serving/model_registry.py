"""The interfaces of served models, and the lookup of a model by the name in a request."""

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
        dialogue: Whether it replies to the utterances of two speakers who take turns, instead of rewriting one text.
        context: Maximum number of tokens of prompt and reply together.
        generation_config: Default settings of a request.
        scheduler: A decoding.scheduler.Scheduler, or an object with its submit, cancel, step, abort and counts.
    """

    task_name: str
    dialogue: bool
    context: int
    generation_config: GenerationConfig
    tokenizer: Any
    scheduler: Any

    def prompt(self, texts: list[str], max_tokens: int) -> tuple[Prompt, int]:
        """Encodes a prompt that leaves room for `max_tokens`. Returns it, and the number of oldest texts that did not fit."""


class ServedPredictor(Protocol):
    """A run that predicts one example at a time.

    Attributes:
        texts: Names of an example's texts, in order.
        kind: Form of the prediction: "label", "labels", "entities" (lists of start, end, category, text), "answer" (a text and its
            position in the last text), "answers" (the best one as text, and all with their parts), "extraction" (entities,
            relations and events, see metrics/extraction.py, or a list of them in a task's own format), "words" (texts, or lists
            of text and part of speech), or "other".
    """

    task_name: str
    kind: str
    texts: tuple[str, ...]

    def predict(self, texts: tuple[str, ...]) -> dict:
        """Predicts an example. Returns {"prediction", …}, with "confidence" if the task has one."""


class ServedEmbedder(Protocol):
    """A run that embeds texts as vectors of `dimensions` numbers."""

    task_name: str
    dimensions: int

    def embed(self, texts: list[str]) -> tuple[np.ndarray, list[int]]:
        """(float32 (N, D) of length 1, number of tokens of each text). Raises InputError for a text without tokens."""


class ServedIndex(Protocol):
    """An index that is searched by vectors.

    Attributes:
        model: Name of the embedder that made the vectors.
        size: Number of texts.
        rerankers: Allowed values of `rerank`.
        ways: Allowed values of `by`.
    """

    task_name: str
    model: str
    size: int
    rerankers: tuple[str, ...]
    ways: tuple[str, ...]

    def search(self, query: str, vector: np.ndarray, k: int, rerank: str | None, by: str) -> list[dict]:
        """At most k items, best first: {"id", "text", "score", "metadata"} each."""


@dataclasses.dataclass(frozen=True)
class ModelRegistry:
    """All models and indexes of a server, by name. A run can be both a generator and an embedder."""

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

    A run is found by its name, its task's name, or the last part of either, if only one run has it.

    Args:
        name: The name.
        served: {name: object with task_name}.
        param: Name of the parameter in the request.

    Returns:
        The key of `served`.

    Raises:
        ApiError: 404 for an unknown name.
    """
    if name in served:
        return name
    for fits in (lambda run, task: name == task, lambda run, task: f"/{task}".endswith(f"/{name}") or run.endswith(f"/{name}")):
        matches = [run for run, each in served.items() if fits(run, each.task_name)]
        if len(matches) == 1 and name:
            return matches[0]
    message = f"The {param} '{excerpt(name, 100)}' does not exist. {nearest(name[:100], served)}"
    raise ApiError(404, message, param, "model_not_found")
