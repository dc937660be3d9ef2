"""A language model as a Decoder (decoding/decoder_protocol.py): two compiled functions, for prompts and for a token of each row."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from baselines.decoding.cache_slots import Slots, buckets, round_up
from baselines.decoding.decoder_protocol import LogitsAdjustment, Prompt, Scores
from baselines.generation.kv_cache_model import CachedModel, Step
from baselines.runtime import backends

NOTHING = LogitsAdjustment()
HIDDEN = -1e9
"""A logit that has no share in a softmax."""


class CachedDecoder:
    """Rows of a functional model with an output of logits; shapes are rounded up to buckets, so that few are compiled.

    model        inputs {"token_ids", "segment_ids", …} and output {output: float (B, L, V)}, causal or with a prefix mask
    end_id       token that ends a text
    num_rows R, width K, capacity   see decoding.decoder_protocol.Decoder
    max_new_tokens   generated after a prompt at most; a width above 1 saves memory by knowing it
    candidates   M, the likeliest tokens that Scores hold at once
    unwritable   token ids that are never written, such as padding's: -inf in all Scores
    self_terminating   epsilon of decoding/self_terminating.py, by whose distribution the model was trained; None: a softmax.
                       Its log-probabilities are the logits that an LogitsAdjustment changes then
    """

    def __init__(
        self, model, end_id, num_rows=8, width=1, capacity=256, max_new_tokens=None, candidates=64, output="logits",
        self_terminating=None, unwritable=(),
    ):  # fmt: skip
        self.cached = CachedModel(model, output)
        self.end_id, self.num_rows, self.width, self.capacity = end_id, num_rows, width, capacity
        self.vocab_size = int(model.output[output].shape[-1])
        self.candidates = min(candidates, self.vocab_size)
        slots = capacity + (width - 1) * min(max_new_tokens or capacity, capacity)
        self.row_sizes, self.slot_sizes, self.prompt_sizes = buckets(num_rows, 1, 4), buckets(slots, 64), buckets(capacity, 16)
        self.slots = Slots(num_rows, width, slots)
        self.segments = np.zeros(num_rows, np.int32)
        self.self_terminating = self_terminating
        self.writable = np.isin(np.arange(self.vocab_size), unwritable, invert=True)
        self.log_alpha = np.zeros((num_rows, width), np.float32)        # of each prefix, if self-terminating
        self.compilations = 0
        self._kv_cache = {
            name: tuple(ops.zeros(shape, self.cached.dtype()) for shape in shapes)
            for name, shapes in self.cached.kv_cache_shapes(num_rows, slots).items()
        }
        compiled = backends.current().compiled
        self._prefill = compiled(self._prefill, self.cached.variables)
        self._step = compiled(self._step, self.cached.variables)

    def prefill(self, rows: Sequence[int], prompts: Sequence[Prompt], adjust: LogitsAdjustment | None = None) -> Scores:
        """As Decoder.prefill. Raises ValueError for a prompt that leaves no room for a token."""
        lengths = [len(prompt.token_ids) for prompt in prompts]
        self.slots.allocate(rows, lengths)
        self.segments[rows] = [prompt.segment for prompt in prompts]
        count = round_up(len(rows), self.row_sizes)
        filled = [*range(len(rows)), *[0] * (count - len(rows))]        # rows that fill a bucket repeat the first one
        length = round_up(max(lengths), self.prompt_sizes)
        features = {"token_ids": np.zeros((count, length), np.int32), "segment_ids": np.zeros((count, length), np.int32)}
        for row, number in enumerate(filled):
            features["token_ids"][row, : lengths[number]] = prompts[number].token_ids
            features["segment_ids"][row, : lengths[number]] = prompts[number].segment_ids
        lengths = np.array([lengths[number] for number in filled], np.int32)
        places = np.array([rows[number] for number in filled], np.int32)
        log_alpha = np.zeros((count, 1), np.float32) if self.self_terminating else None
        outputs, self._kv_cache = self._prefill(self._kv_cache, features, lengths, places, log_alpha, given(adjust, filled))
        if self.self_terminating:
            self.log_alpha[rows] = ops.convert_to_numpy(outputs.pop("log_alpha"))[: len(rows)]
        return scores(outputs, len(rows))

    def step(self, tokens: np.ndarray, parents: np.ndarray | None = None, adjust: LogitsAdjustment | None = None) -> Scores:
        """As Decoder.step. Raises ValueError where a row behind these holds a prompt: it may be computed with them."""
        tokens = np.asarray(tokens, np.int32)
        count = len(tokens)
        held = np.flatnonzero(self.slots.used)
        if held.size and held[-1] >= count:
            raise ValueError(f"CachedDecoder.step: expected all rows that hold a prompt. Received: {count}, without row {held[-1]}")
        size = round_up(count, self.row_sizes)
        positions, slots = self.slots.append(count, parents)
        seen = round_up(int(self.slots.used[:count].max(initial=1)), self.slot_sizes)
        filled = [*range(count), *[0] * (size - count)]
        segments = np.repeat(self.segments[:count, None], self.width, 1)
        # In one array, for to hand over each costs as much as a small product.
        numbers = np.concatenate([tokens, segments, positions, slots], axis=1)[filled]
        slot_positions = self.slots.positions[filled, :seen] if self.cached.needs_slot_positions else None
        log_alpha = self._continued(tokens, parents)[filled] if self.self_terminating else None
        outputs, self._kv_cache = self._step(
            self._kv_cache, numbers, self.slots.visible[filled, :, :seen], slot_positions, log_alpha, given(adjust, filled)
        )
        if self.self_terminating:
            self.log_alpha[:count] = ops.convert_to_numpy(outputs.pop("log_alpha"))[:count]
        return scores(outputs, count)

    def free(self, rows: Sequence[int]) -> None:
        """These rows hold no prompt any more."""
        self.slots.free(rows)

    def _continued(self, tokens, parents):
        """log_alpha of what each of these tokens (count, K) continues; after an end it begins again."""
        log_alpha = self.log_alpha[: len(tokens)]
        if parents is not None:
            log_alpha = np.take_along_axis(log_alpha, np.asarray(parents), axis=1)
        return np.where(tokens == self.end_id, np.float32(0), log_alpha)

    def _prefill(self, kv_cache, features, lengths, places, log_alpha, adjust):
        self.compilations += 1                                          # once per trace
        if "prefix_length" in self.cached.inputs:
            features = {**features, "prefix_length": lengths}
        logits, fresh = self.cached.prefill(features, lengths - 1)
        kv_cache = {
            name: tuple(place(kept, places, new) for kept, new in zip(kv_cache[name], fresh[name], strict=True))
            for name in kv_cache
        }
        return self._scored(logits[:, None], log_alpha, adjust), kv_cache

    def _step(self, kv_cache, numbers, visible, slot_positions, log_alpha, adjust):
        self.compilations += 1
        tokens, segments, positions, slots = ops.split(numbers, 4, axis=1)
        features = {"token_ids": tokens, "segment_ids": segments}
        if "prefix_length" in self.cached.inputs:
            features = {**features, "prefix_length": tokens[:, 0]}   # the mask is given: nobody reads it
        logits, kv_cache = self.cached.step(features, Step(positions, slots, visible, slot_positions), kv_cache)
        return self._scored(logits, log_alpha, adjust), kv_cache

    def _scored(self, logits, log_alpha, adjust):
        """{"ids", "values", "end", "whole"} of logits (B, Q, V), as Scores has them, and "log_alpha" if self-terminating."""
        if self.self_terminating:
            logits, log_alpha = ending(logits, log_alpha, self.end_id, self.self_terminating)
        if adjust["seen"] is not None:
            penalty = ops.cast(adjust["penalty"], "float32")[:, None, None]
            logits = ops.where(adjust["seen"], ops.where(logits > 0, logits / penalty, logits * penalty), logits)
        if adjust["temperature"] is not None:
            logits = logits / ops.cast(adjust["temperature"], "float32")[:, None, None]
        outputs = ops.log_softmax(logits, axis=-1)
        if not self.writable.all():
            outputs = ops.where(self.writable, outputs, -np.inf)
        if adjust["allowed"] is not None:
            outputs = ops.where(adjust["allowed"], outputs, -np.inf)
        values, ids = ops.top_k(outputs, self.candidates)
        outputs = {"ids": ops.cast(ids, "int32"), "values": values, "end": outputs[:, :, self.end_id], "whole": outputs}
        return {**outputs, "log_alpha": log_alpha} if self.self_terminating else outputs


def ending(logits: Any, log_alpha: Any, end_id: int, epsilon: float) -> tuple:
    """decoding.self_terminating.self_terminating in what can be compiled."""
    log_alpha = log_alpha + math.log1p(-epsilon) + ops.log_sigmoid(logits[..., end_id])
    is_end = ops.arange(logits.shape[-1]) == end_id
    others = log_alpha[..., None] + ops.log_softmax(ops.where(is_end, HIDDEN, logits), axis=-1)
    return ops.where(is_end, ops.log(-ops.expm1(log_alpha))[..., None], others), log_alpha


def given(adjust, rows):
    """The arrays of an LogitsAdjustment for these rows."""
    arrays = vars(adjust or NOTHING)
    return {name: None if array is None else np.asarray(array)[rows] for name, array in arrays.items()}


def scores(outputs, count):
    whole = outputs.pop("whole")
    arrays = {name: ops.convert_to_numpy(array)[:count] for name, array in outputs.items()}
    return Scores(**arrays, whole=lambda: ops.convert_to_numpy(whole)[:count])


def place(kept, rows, new):
    """kept (R, H, S, K) whose `rows` int32 (n,) hold new (n, H, L, K), and nothing behind it."""
    new = ops.pad(new, ((0, 0), (0, 0), (0, kept.shape[2] - new.shape[2]), (0, 0)))
    return ops.scatter_update(kept, rows[:, None], new)
