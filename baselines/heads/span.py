"""One span of the context per question: a score for every span (GlobalPointer), or a pointer to each of its ends.

Su et al., 2022, arXiv:2208.03054; Devlin et al., 2019, arXiv:1810.04805, section 4.2. Rows are the windows of
data/windows.py; without an answer the target is [CLS], (0, 0). Of all windows the best raw score answers.
"""

import collections
import dataclasses
import typing
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.heads.head_names import check_head
from baselines.heads.reading_direction import require_both_sides
from baselines.losses.divergence import softmax_divergence
from baselines.losses.span_cross_entropy import pointer_cross_entropy, span_cross_entropy
from baselines.task import Example, Head, Task

if typing.TYPE_CHECKING:
    import keras

CARRIED = ("char_starts", "char_ends")
"""Features that only `compact` reads: the characters of each token."""


class SpanHead(Head):
    """Attaches `Answer`, a GlobalPointer of one category, to an encoder: {"scores": float32 (B, L, L)}.

    head_size  K of its queries and keys       longest  most tokens of an answer; 0 does not limit it
    """

    output_kind = "answer"
    loss = staticmethod(span_cross_entropy)

    def __init__(self, head_size: int = 64, longest: int = 0, initializer_range: float = 0.02):
        self.head_size, self.longest, self.initializer_range = head_size, longest, initializer_range

    def __call__(self, encoder: "keras.Model") -> "keras.Model":
        """A keras.Model; its further inputs, int32 (B, L), are window_mask and, for `compact` alone, CARRIED."""
        import keras  # here: tasks import heads, and `--help` must be quick

        require_both_sides(encoder, "Reading needs a model whose tokens see the whole text")
        inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("window_mask", *CARRIED)}
        readable = keras.ops.cast(inputs["window_mask"], "bool")
        outputs = self.outputs(encoder.output["hidden_states"], readable)
        return keras.Model({**encoder.input, **inputs}, outputs, name="span")

    def outputs(self, hidden_states: Any, readable: Any) -> dict:
        import keras

        from baselines.layers.global_pointer import GlobalPointer

        initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
        pointer = GlobalPointer(1, self.head_size, use_bias=False, kernel_initializer=initializer, name="Answer")
        return {"scores": pointer(hidden_states, readable)[:, 0]}

    def batch_targets(self, targets: Any, length: int) -> np.ndarray:
        """Inclusive (first, last) tokens as int32 (B, 2)."""
        return np.stack(targets).astype(np.int32)

    def compact(self, outputs: dict, features: dict) -> dict:
        """The best span of each row: its raw score, how much higher that is than the score of no answer (the span of [CLS]), its
        probability in the row, its half-open characters.
        """
        result = {"score": [], "margin": [], "probability": [], "start": [], "end": []}
        for row, (starts, ends) in enumerate(zip(features["char_starts"], features["char_ends"], strict=True)):
            scores = self.row_scores(outputs, row)
            first, last, score, probability = best_span(scores, self.longest)
            values = {
                "score": score, "margin": score - float(scores[0, 0]), "probability": probability,
                "start": int(starts[first]), "end": int(ends[last]),
            }  # fmt: skip
            for name, value in values.items():
                result[name].append(value)
        return result

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """KL(outputs || others) of the probabilities of all spans: float32 (B,)."""
        from keras import ops

        length = ops.shape(outputs["scores"])[-1]
        return softmax_divergence(*(ops.reshape(each["scores"], (-1, length * length)) for each in (outputs, others)))

    def row_scores(self, outputs: dict, row: int) -> np.ndarray:
        """float (L, L): raw score of each span of a row."""
        return outputs["scores"][row]

    def confidence(self, example: Example, outputs: dict) -> float:
        """Probability, within its window, of the answer that `decode_answer` takes."""
        return outputs["probability"][int(np.argmax(outputs["score"]))]

    def join(self, outputs: list, weights: np.ndarray) -> dict:
        """The span with most votes, as one row; each model votes for the best one of all its windows, ties go to the likeliest.

        The score is the votes, and the probability the weighted sum of those that the voters give it. The margin over no answer is
        the mean of the models' largest margins.
        """
        best = [int(np.argmax(each["score"])) for each in outputs]
        votes, probabilities = collections.Counter(), collections.Counter()
        for each, row, weight in zip(outputs, best, weights, strict=True):
            span = each["start"][row], each["end"][row]
            votes[span] += float(weight)
            probabilities[span] += weight * each["probability"][row]
        start, end = max(votes, key=lambda span: (round(votes[span], 6), probabilities[span]))
        margin = float(sum(weight * max(each["margin"]) for each, weight in zip(outputs, weights, strict=True)))
        return {
            "score": [votes[start, end]], "margin": [margin], "probability": [float(probabilities[start, end])],
            "start": [start], "end": [end],
        }  # fmt: skip


class PointerPairHead(SpanHead):
    """Attaches `Answer`, a dense layer of two logits per token: {"start_logits", "end_logits": float32 (B, L)}.

    A span's raw score is the sum of its two logits.
    """

    loss = staticmethod(pointer_cross_entropy)

    def outputs(self, hidden_states: Any, readable: Any) -> dict:
        import keras
        from keras import ops

        from baselines.layers.attention import MASKED

        logits = keras.layers.Dense(
            2,
            kernel_initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            dtype="float32",
            name="Answer",
        )(hidden_states)
        logits = ops.where(ops.expand_dims(readable, -1), logits, MASKED)         # (B, L, 2)
        return {"start_logits": logits[..., 0], "end_logits": logits[..., 1]}

    def divergence(self, outputs: dict, others: dict, features: dict) -> Any:
        """Mean of KL(outputs || others) of the first and of the last token: float32 (B,)."""
        start, end = (softmax_divergence(outputs[name], others[name]) for name in ("start_logits", "end_logits"))
        return (start + end) / 2

    def row_scores(self, outputs: dict, row: int) -> np.ndarray:
        return outputs["start_logits"][row][:, None] + outputs["end_logits"][row]


def best_span(scores: np.ndarray, longest: int = 0) -> tuple[int, int, float, float]:
    """(first, last, score, probability) of the best span but those of [CLS], at position 0. Ties go to the first.

    scores   float (L, L), [i, j] for tokens i to j, inclusive; the probability is their softmax
    longest  most tokens of a span; 0 does not limit it
    """
    scores = np.asarray(scores, np.float64)
    length = len(scores)
    valid = np.triu(np.ones((length, length), bool))
    valid[0] = False
    if longest:
        valid &= ~np.triu(valid, longest)
    first, last = divmod(int(np.argmax(np.where(valid, scores, -np.inf))), length)
    score, highest = scores[first, last], scores.max()
    return first, last, float(score), float(np.exp(score - highest) / np.exp(scores - highest).sum())


def decode_answer(example: Example, outputs: dict) -> str:
    """The `decode` stage: the answer with the best score of all windows, in the user's own characters."""
    best = int(np.argmax(outputs["score"]))
    return example.texts[1][outputs["start"][best] : outputs["end"][best]]


def decode_answer_or_none(example: Example, outputs: dict, threshold: float = 0.0) -> str:
    """The `decode` stage where questions may have no answer: "" unless the best span of a window scores higher than no answer.

    Args:
        example: (question, context).
        outputs: Of `compact`.
        threshold: How much higher. SQuAD 2.0 calls it the null score's threshold: Rajpurkar et al., 2018, arXiv:1806.03822.
    """
    start, end, margin = best_by_margin(example, outputs)
    return example.texts[1][start:end] if margin > threshold else ""


def best_by_margin(example: Example, outputs: dict) -> tuple[int, int, float]:
    """(start, end, margin) of the answer whose score is furthest above that of no answer in its window."""
    best = int(np.argmax(outputs["margin"]))
    return outputs["start"][best], outputs["end"][best], float(outputs["margin"][best])


HEADS = {"global_pointer": SpanHead, "pointer_pair": PointerPairHead}


def with_head(task: Task, name: str, longest: int = 0) -> Task:
    """A reading task with one of HEADS. Raises InputError for an unknown name or a negative length."""
    check_head(name, tuple(HEADS))
    if longest < 0:
        raise InputError(f"--longest_answer is {longest}. Give a number of tokens, or 0 for no limit.")
    head = HEADS[name](longest=longest)
    return dataclasses.replace(task, head=head, loss=head.loss)
