"""What a server needs of a run, and finding one by the name in a request."""

import dataclasses
from typing import Any, Protocol

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import nearest
from baselines.serving.api_error import ApiError


class ServedGenerator(Protocol):
    """A run that writes text.

    kind        "chat": answers a list of utterances of two speakers who take turns; "seq2seq": rewrites one text
    context     tokens of prompt and reply together, at most
    writing     how it writes where a request does not say
    scheduler   decoding/scheduler.py's Scheduler, or what has its submit, cancel, step, abort and counts
    """

    task_name: str
    kind: str
    context: int
    writing: GenerationConfig
    tokenizer: Any
    scheduler: Any

    def prompt(self, texts: list[str], max_tokens: int) -> tuple[Prompt, int]:
        """What to continue, with room for so many tokens, and how many of the oldest texts did not fit and were left out."""


class ServedPredictor(Protocol):
    """A run that does not write: one example in, its prediction out.

    texts   names of an example's texts, in order
    kind    form of the prediction: "label", "labels", "entities" (lists of start, end, category, text), "answer" (a text and
            where it stands in the last of the texts), "answers" (the best one as text, and all with their parts), or "other"
    """

    task_name: str
    kind: str
    texts: tuple[str, ...]

    def predict(self, texts: tuple[str, ...]) -> dict:
        """{"prediction", and where the task knows it "confidence", …} of one example."""


class ServedEmbedder(Protocol):
    """A run that makes vectors of texts.

    dimensions  of a vector
    """

    task_name: str
    dimensions: int

    def embed(self, texts: list[str]) -> tuple[np.ndarray, list[int]]:
        """(float32 (N, D) of length 1, the tokens that were read of each text). Raises InputError for a text without tokens."""


class ServedIndex(Protocol):
    """Vectors of a corpus, and what was said with them.

    model       name of the Embedder that made them       size   items       rerankers   what `rerank` may be
    """

    task_name: str
    model: str
    size: int
    rerankers: tuple[str, ...]

    def search(self, query: str, vector: np.ndarray, k: int, rerank: str | None) -> list[dict]:
        """At most k items, best first: {"id", "text", "score", "metadata"} each."""


@dataclasses.dataclass(frozen=True)
class ModelRegistry:
    """All that a server serves, by name; a run may be among the writers and among the embedders."""

    writers: dict[str, ServedGenerator] = dataclasses.field(default_factory=dict)
    predictors: dict[str, ServedPredictor] = dataclasses.field(default_factory=dict)
    embedders: dict[str, ServedEmbedder] = dataclasses.field(default_factory=dict)
    indexes: dict[str, ServedIndex] = dataclasses.field(default_factory=dict)

    @property
    def runs(self):
        """Their names."""
        return [*dict.fromkeys((*self.writers, *self.predictors, *self.embedders))]


def find(name, hosted, param="model"):
    """The key of `hosted`, {run name: anything with task_name}, that `name` means. Raises ApiError 404 for an unknown one.

    A run answers to its own name, to that of its task, and to the last part of either, while no other run does.
    """
    if name in hosted:
        return name
    for meant in (lambda run, task: name == task, lambda run, task: f"/{task}".endswith(f"/{name}") or run.endswith(f"/{name}")):
        found = [run for run, each in hosted.items() if meant(run, each.task_name)]
        if len(found) == 1 and name:
            return found[0]
    shown = name if len(name) <= 100 else f"{name[:100]}…"
    raise ApiError(404, f"There is no {param} {shown!r} here. {nearest(shown, hosted)}", param, "model_not_found")
