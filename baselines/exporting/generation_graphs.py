"""The two graphs of a model that generates text: a prompt's first pass, and one more token with cached keys and values."""

from collections.abc import Mapping
from typing import Any

from keras import ops

from baselines.exporting.graph import NAMES
from baselines.generation.kv_cache_model import CachedModel, Step

FIXED = ("batch", "length")


class PromptGraph:
    """(prompt, number of its tokens) -> logits of the next token, keys and values of each layer.

    Inputs are input_ids and token_type_ids int64 (B, L), padded at the end, and `length` int64 (B,). Outputs are logits float
    (B, V) and, for each attention layer N, present.N.key and present.N.value float (B, H, L, K).

    Args:
        cached: The model with its cache.
    """

    def __init__(self, cached: CachedModel):
        self.cached, self.variables = cached, cached.variables
        features = [name for name in cached.inputs if name in NAMES]
        self.inputs = {NAMES[name]: ("int64", FIXED) for name in features} | {"length": ("int64", ("batch",))}

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        inputs = {name: ops.cast(value, "int32") for name, value in inputs.items()}
        features = {name: inputs[other] for name, other in NAMES.items() if other in inputs}
        logits, kv_cache = self.cached.prefill(features, inputs["length"] - 1)
        return {"logits": logits, **named(kv_cache, "present")}


class StepGraph:
    """One more token of each row, with the cache -> logits of the next token, the cache with the token's keys and values.

    Inputs are input_ids, token_type_ids and position_ids int64 (B, 1), `visible` bool (B, S): which slots of the cache the token
    sees, its own too, and past.N.key, past.N.value float (B, H, S, K). The token's keys go into the slot of its position. Outputs
    are logits float (B, V), present.N.key and present.N.value.

    Args:
        cached: The model with its cache.
    """

    def __init__(self, cached: CachedModel):
        self.cached, self.variables = cached, cached.variables
        features = [name for name in cached.inputs if name in NAMES]
        self.inputs = {NAMES[name]: ("int64", ("batch", 1)) for name in features}
        self.inputs |= {"position_ids": ("int64", ("batch", 1)), "visible": ("bool", ("batch", "slots"))}
        shapes = cached.kv_cache_shapes(1, 1)
        for number, pair in enumerate(shapes.values()):
            for part, (_, heads, _, size) in zip(("key", "value"), pair, strict=True):
                self.inputs[f"past.{number}.{part}"] = (cached.dtype(), ("batch", heads, "slots", size))
        self.layers = list(shapes)

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        features = {name: ops.cast(inputs[other], "int32") for name, other in NAMES.items() if other in inputs}
        positions, visible = ops.cast(inputs["position_ids"], "int32"), inputs["visible"]
        slots = ops.arange(ops.shape(visible)[1], dtype="int32")
        slot_positions = ops.broadcast_to(slots[None], ops.shape(visible)) if self.cached.needs_slot_positions else None
        past = {
            layer: (inputs[f"past.{number}.key"], inputs[f"past.{number}.value"]) for number, layer in enumerate(self.layers)
        }
        step = Step(positions, positions, ops.expand_dims(visible, 1), slot_positions)
        logits, kv_cache = self.cached.step(features, step, past)
        return {"logits": logits[:, 0], **named(kv_cache, "present")}


def named(kv_cache: Mapping[str, tuple], name: str) -> dict[str, Any]:
    """{layer: (keys, values)} as {"present.0.key", "present.0.value", …}, in the order of the layers."""
    parts = ("key", "value")
    return {
        f"{name}.{number}.{part}": value
        for number, pair in enumerate(kv_cache.values())
        for part, value in zip(parts, pair, strict=True)
    }

