"""A language model as a Decoder (decoding/decoder_protocol.py), with two compiled functions: prefill and step."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from baselines.decoding.cache_slots import Slots, buckets, round_up
from baselines.decoding.decoder_protocol import LogitsAdjustment, Prompt, Scores
from baselines.generation.kv_cache_model import TARGET, CachedModel, Step
from baselines.runtime import backends

NOTHING = LogitsAdjustment()
HIDDEN = -1e9
"""A logit whose softmax is 0."""


class CachedDecoder:
    """A Decoder of a functional Keras model. Shapes are rounded up to buckets, so that few programs are compiled.

    Args:
        model: Model with inputs {"token_ids", "segment_ids", …} and output {output: float (B, L, V)}, causal or with a prefix mask;
            or one with an encoder, which reads prompts, and the input "decoder_token_ids".
        end_id: Token that ends a text.
        num_rows: R, see decoding.decoder_protocol.Decoder.
        width: K, see Decoder.
        capacity: Maximum number of tokens of a prefix, see Decoder.
        max_new_tokens: Maximum number of tokens after a prompt; saves memory if `width` is above 1.
        candidates: M, the number of most probable tokens in Scores.
        output: Name of the output with logits.
        self_terminating: epsilon of decoding/self_terminating.py, if the model was trained with that distribution; None: a softmax.
            Its log-probabilities are the logits that a LogitsAdjustment changes.
        unwritable: Token ids that are never generated, such as padding: -inf in all Scores.
        start_ids: Of a model with an encoder, the tokens that every text of its decoder follows.
    """

    def __init__(
        self, model: Any, end_id: int, num_rows: int = 8, width: int = 1, capacity: int = 256, max_new_tokens: int | None = None,
        candidates: int = 64, output: str = "logits", self_terminating: float | None = None, unwritable: Sequence[int] = (),
        start_ids: Sequence[int] = (),
    ):  # fmt: skip
        self.cached = CachedModel(model, output)
        if self.cached.has_encoder != bool(start_ids):
            raise ValueError(f"CachedDecoder: start_ids={start_ids}. Give them for a model with an encoder, and for no other.")
        self.end_id, self.num_rows, self.width, self.capacity = end_id, num_rows, width, capacity
        self.vocab_size = int(model.output[output].shape[-1])
        self.candidates = min(candidates, self.vocab_size)
        longest = min(max_new_tokens or capacity, capacity)
        slots = (len(start_ids) + longest if start_ids else capacity) + (width - 1) * longest
        self.row_sizes, self.slot_sizes, self.prompt_sizes = buckets(num_rows, 1, 4), buckets(slots, 64), buckets(capacity, 16)
        self.slots = Slots(num_rows, width, slots)
        self.segments = np.zeros(num_rows, np.int32)
        self.start_ids, self.source_sizes = np.array(start_ids, np.int32), buckets(capacity, 64)
        self.source_lengths = np.zeros(num_rows, np.int64)              # of each row's prompt, for a model with an encoder
        self.self_terminating = self_terminating
        self.writable = np.isin(np.arange(self.vocab_size), unwritable, invert=True)
        self.log_alpha = np.zeros((num_rows, width), np.float32)        # of each prefix, if self-terminating
        self.compilations = 0
        self._kv_cache = {
            name: tuple(ops.zeros(shape, self.cached.dtype()) for shape in shapes)
            for name, shapes in self.cached.kv_cache_shapes(num_rows, slots, capacity).items()
        }
        compile_function = backends.current().compile_function
        self._prefill = compile_function(self._prefill, self.cached.variables)
        self._step = compile_function(self._step, self.cached.variables)

    def prefill(self, rows: Sequence[int], prompts: Sequence[Prompt], adjust: LogitsAdjustment | None = None) -> Scores:
        """See Decoder.prefill. Raises ValueError for a prompt that leaves no room for a token."""
        lengths = [len(prompt.token_ids) for prompt in prompts]
        if self.cached.has_encoder:
            if max(lengths) > self.capacity:
                raise ValueError(f"expected a prompt of 1 to {self.capacity} tokens. Received: {max(lengths)}")
            self.source_lengths[rows] = lengths
        own_lengths = [len(self.start_ids)] * len(rows) if self.cached.has_encoder else lengths
        self.slots.allocate(rows, own_lengths)
        self.segments[rows] = [prompt.segment for prompt in prompts]
        count = round_up(len(rows), self.row_sizes)
        filled = [*range(len(rows)), *[0] * (count - len(rows))]        # rows that fill a bucket repeat the first one
        features = self._features([prompts[number] for number in filled], round_up(max(lengths), self.prompt_sizes))
        lengths = np.array([own_lengths[number] for number in filled], np.int32)
        places = np.array([rows[number] for number in filled], np.int32)
        log_alpha = np.zeros((count, 1), np.float32) if self.self_terminating else None
        outputs, self._kv_cache = self._prefill(self._kv_cache, features, lengths, places, log_alpha, arrays_of(adjust, filled))
        if self.self_terminating:
            self.log_alpha[rows] = ops.convert_to_numpy(outputs.pop("log_alpha"))[: len(rows)]
        return to_scores(outputs, len(rows))

    def step(self, tokens: np.ndarray, parents: np.ndarray | None = None, adjust: LogitsAdjustment | None = None) -> Scores:
        """See Decoder.step. Raises ValueError if a later row holds a prompt, because it may be computed with these rows."""
        tokens = np.asarray(tokens, np.int32)
        count = len(tokens)
        active = np.flatnonzero(self.slots.used)
        if active.size and active[-1] >= count:
            raise ValueError(f"CachedDecoder.step: expected all active rows. Received: {count}, without row {active[-1]}")
        size = round_up(count, self.row_sizes)
        positions, slots = self.slots.append(count, parents)
        seen = round_up(int(self.slots.used[:count].max(initial=1)), self.slot_sizes)
        filled = [*range(count), *[0] * (size - count)]
        segments = np.repeat(self.segments[:count, None], self.width, 1)
        # One array, because passing each costs as much as a small product.
        numbers = np.concatenate([tokens, segments, positions, slots], axis=1)[filled]
        slot_positions = self.slots.positions[filled, :seen] if self.cached.needs_slot_positions else None
        log_alpha = self._continued(tokens, parents)[filled] if self.self_terminating else None
        visible = self.slots.visible[filled, :, :seen], self._source_visible(count, filled)
        outputs, self._kv_cache = self._step(
            self._kv_cache, numbers, visible, slot_positions, log_alpha, arrays_of(adjust, filled)
        )
        if self.self_terminating:
            self.log_alpha[:count] = ops.convert_to_numpy(outputs.pop("log_alpha"))[:count]
        return to_scores(outputs, count)

    def free(self, rows: Sequence[int]) -> None:
        """Frees rows: they hold no prompt any more."""
        self.slots.free(rows)

    def _features(self, prompts, length):
        shape = len(prompts), length
        features = {"token_ids": np.full(shape, self.cached.source_pad_id, np.int32), "segment_ids": np.zeros(shape, np.int32)}
        for row, prompt in enumerate(prompts):
            features["token_ids"][row, : len(prompt.token_ids)] = prompt.token_ids
            features["segment_ids"][row, : len(prompt.token_ids)] = prompt.segment_ids
        if self.cached.has_encoder:
            features[TARGET] = np.tile(self.start_ids, (len(prompts), 1))
        return features

    def _source_visible(self, count, filled):
        """Which tokens of each row's source exist, bool (len(filled), L); None without an encoder."""
        if not self.cached.has_encoder:
            return None
        lengths = np.where(self.slots.used[:count] > 0, self.source_lengths[:count], 0)
        return np.arange(round_up(int(lengths.max(initial=1)), self.source_sizes)) < lengths[filled, None]

    def _continued(self, tokens, parents):
        """log_alpha of the prefix that each token (count, K) continues; it restarts after an end token."""
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
            name: tuple(write_rows(cache, places, new) for cache, new in zip(kv_cache[name], fresh[name], strict=True))
            for name in kv_cache
        }
        return self._scored(logits[:, None], log_alpha, adjust), kv_cache

    def _step(self, kv_cache, numbers, visible, slot_positions, log_alpha, adjust):
        self.compilations += 1
        tokens, segments, positions, slots = ops.split(numbers, 4, axis=1)
        features = {TARGET if self.cached.has_encoder else "token_ids": tokens, "segment_ids": segments}
        if "prefix_length" in self.cached.inputs:
            features = {**features, "prefix_length": tokens[:, 0]}   # unused, because the mask is given
        visible, source_visible = visible
        logits, kv_cache = self.cached.step(features, Step(positions, slots, visible, slot_positions, source_visible), kv_cache)
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
    """decoding.self_terminating.self_terminating for compiled steps."""
    log_alpha = log_alpha + math.log1p(-epsilon) + ops.log_sigmoid(logits[..., end_id])
    is_end = ops.arange(logits.shape[-1]) == end_id
    others = log_alpha[..., None] + ops.log_softmax(ops.where(is_end, HIDDEN, logits), axis=-1)
    return ops.where(is_end, ops.log(-ops.expm1(log_alpha))[..., None], others), log_alpha


def arrays_of(adjust: LogitsAdjustment | None, rows: Sequence[int]) -> dict[str, np.ndarray | None]:
    """The arrays of a LogitsAdjustment for these rows."""
    arrays = vars(adjust or NOTHING)
    return {name: None if array is None else np.asarray(array)[rows] for name, array in arrays.items()}


def to_scores(outputs: dict[str, Any], count: int) -> Scores:
    """Converts outputs to Scores of the first `count` rows."""
    whole = outputs.pop("whole")
    arrays = {name: ops.convert_to_numpy(array)[:count] for name, array in outputs.items()}
    return Scores(**arrays, whole=lambda: ops.convert_to_numpy(whole)[:count])


def write_rows(cache: Any, rows: Any, new: Any) -> Any:
    """Writes new keys or values into rows of a cache.

    Args:
        cache: Cache, float (R, H, S, K).
        rows: int32 (n,).
        new: float (n, H, L, K); the slots after L become 0.

    Returns:
        The cache, float (R, H, S, K).
    """
    new = ops.pad(new, ((0, 0), (0, 0), (0, cache.shape[2] - new.shape[2]), (0, 0)))
    return ops.scatter_update(cache, rows[:, None], new)
