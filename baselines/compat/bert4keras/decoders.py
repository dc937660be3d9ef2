"""AutoRegressiveDecoder and ViterbiDecoder, over this library's searches: decoding/bert4keras_beam.py and its sampling."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from baselines.compat.bert4keras.cached_prediction import CachedPrediction
from baselines.compat.keras2 import installed
from baselines.compat.keras2.notices import slow
from baselines.decoding.bert4keras_beam import search
from baselines.decoding.bert4keras_sampling import random_sample


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Probabilities of logits."""
    x = np.exp(x - x.max(axis=axis, keepdims=True))
    return x / x.sum(axis=axis, keepdims=True)


class AutoRegressiveDecoder:
    """Generation, by beam search or sampling, with a subclass's `predict(self, inputs, output_ids, states)`.

    `predict` gets the whole text for each token. `self.last_token(model).predict` still computes new tokens only, with a KV cache,
    where the model is one of `build_transformer_model` that reads from left to right; anything else is computed as it is written.
    """

    def __init__(self, start_id: int | None, end_id: int, maxlen: int, minlen: int = 1):
        self.start_id, self.end_id, self.maxlen, self.minlen = start_id, end_id, maxlen, minlen
        self.models, self.predictions, self.search = {}, [], None
        self.first_output_ids = np.empty((1, 0), dtype=int) if start_id is None else np.array([[start_id]])

    @staticmethod
    def wraps(default_rtype: str = "probas", use_states: bool = False) -> Callable:
        """Decorator of `predict`, which adds temperature, logarithms and states.

        Args:
            default_rtype: What `predict` returns, "probas" or "logits".
            use_states: Whether it returns (scores, states), else scores alone.
        """

        def decorated(predict: Callable) -> Callable:
            @functools.wraps(predict)
            def scores(
                self: Any, inputs: list, output_ids: np.ndarray, states: Any, temperature: float = 1, rtype: str = default_rtype
            ) -> tuple:
                if rtype not in ("probas", "logits"):
                    raise ValueError(f"predict: unknown rtype {rtype!r}. Choose probas or logits.")
                values = predict(self, inputs, output_ids, states)
                values, states = values if use_states else (values, None)
                if default_rtype == "logits":
                    values = softmax(values / temperature)
                elif temperature != 1:
                    values = np.power(values, 1.0 / temperature)
                    values = values / values.sum(axis=-1, keepdims=True)
                return (values if rtype == "probas" else np.log(values + 1e-12)), states

            return scores

        return decorated

    def last_token(self, model: Any) -> Any:
        """A model that returns the last token's outputs only; within a search, its `predict` uses a KV cache if it can."""
        if model not in self.models:
            keras = installed()
            outputs = [output[:, -1] for output in model.outputs]
            self.models[model] = made = keras.Model(model.inputs, outputs if len(outputs) > 1 else outputs[0])
            computed = made.predict
            cached = CachedPrediction(model, computed, self.end_id)
            if self.search is not None:
                cached.begin(*self.search)
            self.predictions.append(cached)
            made.predict = lambda x, *args, **options: computed(x, *args, **options) if args or options else cached(x)
        return self.models[model]

    @contextlib.contextmanager
    def searching(self, width: int) -> Iterator[None]:
        """A search of `width` rows, in which `predict` is asked for one token after the other."""
        self.search = width, self.maxlen
        for each in self.predictions:
            each.begin(*self.search)
        try:
            yield
        finally:
            self.search = None
            for each in self.predictions:
                each.end()
        if installed().backend.backend() == "jax" and not any(each.steps for each in self.predictions):
            slow("AutoRegressiveDecoder compiles every new length on JAX", "Use KERAS_BACKEND=tensorflow, or run.py generate.")

    def predict(self, inputs: list, output_ids: np.ndarray, states: Any = None) -> Any:
        """A subclass's next-token scores; see `wraps`."""
        raise NotImplementedError

    def beam_search(
        self, inputs: Sequence, topk: int, states: Any = None, temperature: float = 1, min_ends: int = 1
    ) -> np.ndarray:
        """The best text of a beam search that keeps `topk`, with its end token."""
        rows = _Rows(self, inputs, states, temperature, "logits")
        with self.searching(topk):
            return search(rows, self.first_output_ids, topk, self.maxlen, self.minlen, min_ends, self.end_id)[0]

    def random_sample(
        self, inputs: Sequence, n: int, topk: int | None = None, topp: float | None = None, states: Any = None,
        temperature: float = 1, min_ends: int = 1,
    ) -> list[np.ndarray]:  # fmt: skip
        """`n` sampled texts, drawn from `topk` tokens or those of probability `topp` together."""
        rows = _Rows(self, inputs, states, temperature, "probas")
        with self.searching(n):
            return random_sample(
                rows, self.first_output_ids, n, topk, topp, self.maxlen, self.minlen, min_ends, self.end_id
            )


class _Rows:
    """Calls a decoder's `predict` for what was written so far; the inputs of each row follow it."""

    def __init__(self, decoder, inputs, states, temperature, rtype):
        self.decoder, self.states, self.temperature, self.rtype = decoder, states, temperature, rtype
        self.inputs = [np.array([each]) for each in inputs]

    def __call__(self, written: np.ndarray, parents: np.ndarray | None) -> np.ndarray:
        if parents is not None:
            self.inputs = [each[parents] for each in self.inputs]
        predict = self.decoder.predict
        scores, self.states = predict(self.inputs, written, self.states, self.temperature, self.rtype)
        return scores


class ViterbiDecoder:
    """The best path of labels.

    trans          float (C, C), the score of label b behind label a
    starts, ends   labels that a path may begin and end with; None for all
    """

    def __init__(self, trans: Any, starts: Any = None, ends: Any = None):
        self.trans, self.num_labels = trans, len(trans)
        self.non_starts = [label for label in range(len(trans)) if starts is not None and label not in starts]
        self.non_ends = [label for label in range(len(trans)) if ends is not None and label not in ends]

    def decode(self, nodes: np.ndarray) -> np.ndarray:
        """The labels int (L,) of the best path through scores float (L, C)."""
        nodes = np.array(nodes)
        nodes[0, self.non_starts] = -np.inf
        nodes[-1, self.non_ends] = -np.inf
        scores, back = nodes[0], []
        for node in nodes[1:]:
            candidates = scores[:, None] + self.trans + node
            back.append(candidates.argmax(axis=0))
            scores = candidates.max(axis=0)
        path = [int(scores.argmax())]
        for pointers in reversed(back):
            path.append(int(pointers[path[-1]]))
        return np.array(path[::-1])
