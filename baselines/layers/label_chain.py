"""Chains of labels, one per token: the best path (Viterbi) and the sum over all paths, in log space.

A chain is given by what its first label scores and by what every step to the next label scores. Padding is at the end.
The sum over paths is a product of matrices, so it is reduced in pairs, in log2(L) rounds that compile to plain matrix
products: Särkkä and García-Fernández, 2021, arXiv:2102.05743. A loop over tokens gives the same, but its gradient does
not compile with XLA on TensorFlow.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from baselines.layers.attention import MASKED


def log_partition(initial: Any, steps: Any, mask: Any) -> Any:
    """log of the sum over all label paths of exp(score): float32 (B,).

    initial  float32 (B, C): score of each first label
    steps    float32 (B, L - 1, C, C): [t, a, b] is what label b at token t + 1 adds behind label a at token t
    mask     bool (B, L), 1 = real; the first token is real
    """
    nothing = ops.where(ops.eye(initial.shape[-1], dtype="bool"), 0.0, MASKED)      # the path stays where it is, for 0
    steps = ops.where(mask[:, 1:, None, None], steps, nothing)
    if steps.shape[1] is None:                                          # a graph for any length: no rounds can be laid out
        return _log_partition_by_token(initial, steps)
    while steps.shape[1] > 1:
        if steps.shape[1] % 2:
            steps = ops.concatenate([steps, ops.broadcast_to(nothing, ops.shape(steps[:, :1]))], axis=1)
        steps = _log_matmul(steps[:, ::2], steps[:, 1::2])
    if steps.shape[1]:
        initial = ops.logsumexp(initial[:, :, None] + steps[:, 0], axis=1)
    return ops.logsumexp(initial, axis=-1)


def _log_partition_by_token(initial, steps):
    """log_partition in a loop over tokens, which XLA on TensorFlow cannot differentiate."""

    def forward(scores, step):
        scores = ops.logsumexp(scores[:, :, None] + step, axis=1)
        return scores, scores

    last, _ = ops.scan(forward, initial, ops.moveaxis(steps, 1, 0))
    return ops.logsumexp(last, axis=-1)


def log_partition_of_many(logits: Any, transitions: Any, mask: Any) -> Any:
    """log_partition of a chain whose steps are a transition plus the logit of the next label, for many labels C.

    A vector times a matrix per token, and the gradient by the forward-backward algorithm (Rabiner, 1989): C x C numbers per token,
    as `log_partition` takes them, would fill the memory, and their products in pairs take C^3 steps. Both loops compile with XLA.

    logits       float32 (B, L, C)
    transitions  float32 (C, C)
    mask         bool (B, L), 1 = real; the first token is real
    """
    return _forward_backward(logits, transitions, ops.cast(mask, "float32"))


@ops.custom_gradient
def _forward_backward(logits, transitions, real):
    tokens = ops.moveaxis(logits[:, 1:], 1, 0), ops.transpose(real[:, 1:])[:, :, None]      # (L - 1, B, C), (L - 1, B, 1)
    columns, rows = ops.max(transitions, axis=0), ops.max(transitions, axis=1)
    weights, weights_back = ops.exp(transitions - columns), ops.exp(ops.transpose(transitions) - rows)

    def forward(state, token):
        (before, offset), (logit, real) = state, token
        scores = _log_product(before, weights) + columns + logit
        highest = ops.max(scores, axis=-1, keepdims=True)               # kept apart: small numbers are exact
        after = ops.where(real > 0, scores - highest, before)
        state = after, offset + real * highest
        return state, state                                             # Keras on TensorFlow wants outputs like the state

    (last, offset), (scores, _) = ops.scan(forward, (logits[:, 0], ops.zeros_like(logits[:, 0, :1])), tokens)
    scores = ops.concatenate([logits[:, :1], ops.moveaxis(scores, 0, 1)], axis=1)           # (B, L, C): of all paths to a label
    total = ops.logsumexp(last, axis=-1) + offset[:, 0]

    def gradient(*upstream):
        def backward(after, token):
            logit, real = token
            scores = _log_product(after + logit, weights_back) + rows
            return ops.where(real > 0, scores - ops.max(scores, axis=-1, keepdims=True), after), after

        first, rest = ops.scan(backward, ops.zeros_like(last), tokens, reverse=True)
        rest = ops.concatenate([first[:, None], ops.moveaxis(rest, 0, 1)], axis=1)          # (B, L, C): of all paths behind it
        share = upstream[0][:, None, None] * real[:, :, None]
        ends = scores[:, :-1], logits[:, 1:] + rest[:, 1:] + columns
        left, right = (ops.exp(end - ops.max(end, axis=-1, keepdims=True)) for end in ends)
        sums = ops.sum(ops.matmul(left, weights) * right, axis=-1, keepdims=True)
        pairs = ops.einsum("bti,btj->ij", left * share[:, 1:] / ops.maximum(sums, 1e-37), right)
        return ops.softmax(scores + rest) * share, weights * pairs, ops.zeros_like(real)

    return total, gradient


def _log_product(scores, weights):
    """log(exp(scores) @ weights), scores (B, C)."""
    highest = ops.max(scores, axis=-1, keepdims=True)
    return ops.log(ops.maximum(ops.matmul(ops.exp(scores - highest), weights), 1e-37)) + highest


def _log_matmul(a, b):
    """log(exp(a) @ exp(b)) of the last two axes."""
    rows = ops.stop_gradient(ops.max(a, axis=-1, keepdims=True))
    columns = ops.stop_gradient(ops.max(b, axis=-2, keepdims=True))
    product = ops.matmul(ops.exp(a - rows), ops.exp(b - columns))
    return ops.log(ops.maximum(product, 1e-37)) + rows + columns


def best_path(initial: Any, steps: Any, mask: Any, expand: Callable = lambda scores: scores) -> Any:
    """The label path with the largest score, int32 (B, L); padding repeats the last label. Arguments as in log_partition.

    expand    what [:, t] of `steps` holds -> float32 (B, C, C): where steps have a short form, it is written out token by token
    """

    def forward(best, step):
        scores, real = step
        best = ops.where(real[:, None], ops.max(best[:, :, None] + expand(scores), axis=1), best)
        return best, best

    def backward(label, step):
        best, scores, real = step
        scores = best + ops.take_along_axis(expand(scores), label[:, None, None], axis=2)[:, :, 0]
        label = ops.where(real, ops.cast(ops.argmax(scores, axis=-1), "int32"), label)
        return label, label

    steps, real = ops.moveaxis(steps, 1, 0), ops.transpose(mask[:, 1:])
    last, best = ops.scan(forward, initial, (steps, real))
    best = ops.concatenate([initial[None], best[:-1]])                  # (L - 1, B, C): before each step
    last = ops.cast(ops.argmax(last, axis=-1), "int32")
    _, labels = ops.scan(backward, last, (best, steps, real), reverse=True)
    return ops.concatenate([ops.transpose(labels), last[:, None]], axis=1)


class LabelChain(keras.layers.Layer):
    """Label scores of tokens -> the best label path, with C x C learned transitions. Subclasses say what a step scores.

    logits     float (B, L, C)
    mask       bool (B, L), 1 = real
    returns    {"labels": int32 (B, L), the best path, and 0 while training; "transitions": float32 (B, C, C), the same for all
               rows: for the loss}

    first      label that every path begins with, or None
    rank       R: transitions are the product of matrices C x R and R x C, for many labels; None: one full matrix
    forbidden  pairs (a, b): no path has b behind a. Only the best path keeps to it, learning does not need to
    """

    needs_length = True
    """Whether a graph must know L: loops over tokens are laid out while it is traced."""

    def __init__(self, first: int | None = None, forbidden: Any = (), rank: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rank = rank
        self.first = first
        self.forbidden = tuple(tuple(pair) for pair in forbidden)

    def build(self, logits_shape: tuple, mask_shape: tuple | None = None) -> None:
        self.classes = logits_shape[-1]
        if self.rank:
            self.left, self.right = (self.matrix(name, self.rank) for name in ("left", "right"))
        else:
            self.transitions = self.matrix("transitions", self.classes)

    def matrix(self, name: str, columns: int) -> keras.Variable:
        bound = math.sqrt(6 / (self.classes + columns))
        initializer = keras.initializers.RandomUniform(-bound, bound)
        return self.add_weight(name=name, shape=(self.classes, columns), initializer=initializer, dtype="float32")

    def transition_matrix(self) -> Any:
        """float32 (C, C)."""
        return ops.matmul(self.left, ops.transpose(self.right)) if self.rank else ops.convert_to_tensor(self.transitions)

    def call(self, logits: Any, mask: Any, training: bool | None = None) -> Any:
        shape = (ops.shape(logits)[0], self.classes, self.classes)
        if training:                                                    # the loss reads no labels, and finding them takes time
            labels = ops.zeros(ops.shape(logits)[:2], "int32")
        else:
            initial, steps, expand = self.path_scores(logits, mask)
            labels = best_path(initial, steps, mask, expand)
        return {"labels": labels, "transitions": ops.broadcast_to(self.transition_matrix(), shape)}

    def path_scores(self, logits: Any, mask: Any) -> tuple:
        """(initial, steps, expand) of best_path, with what no path may have at MASKED."""
        initial, steps, expand = self.chain(ops.cast(logits, "float32"), self.transition_matrix(), mask)
        if self.first is not None:
            initial = ops.where(ops.arange(self.classes) == self.first, initial, MASKED)
        allowed = self.allowed() if self.forbidden else None

        def permitted(scores: Any) -> Any:
            return expand(scores) if allowed is None else ops.where(allowed, expand(scores), MASKED)

        return initial, steps, permitted

    def chain(self, logits: Any, transitions: Any, mask: Any) -> tuple:
        """(initial, steps, expand) of best_path, from float32 (B, L, C), (C, C) and bool (B, L)."""
        raise NotImplementedError

    def allowed(self) -> Any:
        allowed = [[(a, b) not in self.forbidden for b in range(self.classes)] for a in range(self.classes)]
        return ops.convert_to_tensor(allowed, dtype="bool")

    def compute_output_spec(self, logits: Any, mask: Any, training: bool | None = None) -> Any:
        batch, length, classes = logits.shape
        return {
            "labels": keras.KerasTensor((batch, length), dtype="int32"),
            "transitions": keras.KerasTensor((batch, classes, classes), dtype="float32"),
        }

    def get_config(self) -> dict:
        return {**super().get_config(), "first": self.first, "forbidden": self.forbidden, "rank": self.rank}
