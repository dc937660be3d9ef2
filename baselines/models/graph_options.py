"""Options of the builder that change a finished model's graph, whatever its family: other inputs at a few of its layers."""

from collections.abc import Callable
from typing import Any

import keras

from baselines.errors import InputError
from baselines.layers.conditional_layer_normalization import ConditionalLayerNormalization
from baselines.layers.given_positions import GivenPositionEmbedding, GivenRotaryPosition
from baselines.layers.layer_normalization import LayerNormalization
from baselines.layers.position_embedding import PositionEmbedding
from baselines.layers.rotary_position import RotaryPosition
from baselines.runtime import functional_graph

GIVEN = {PositionEmbedding: GivenPositionEmbedding, RotaryPosition: GivenRotaryPosition}


def rebuilt(model: keras.Model, call: Callable, **new_inputs: Any) -> keras.Model:
    """A model of the same layers and names. call(operation, args, kwargs) stands for each step; `new_inputs` are further inputs."""
    values = {id(tensor): tensor for tensor in model.input.values()}
    functional_graph.run(functional_graph.nodes(model), values, call)
    outputs = {name: values[id(tensor)] for name, tensor in model.output.items()}
    return keras.Model(model.input | new_inputs, outputs, name=model.name)


def with_condition(model: keras.Model, size: int, hidden_size: int | None = None, hidden_act: str | None = None) -> keras.Model:
    """A model whose norms depend on its further input "condition" float32 (B, size): bert4keras' layer_norm_cond.

    hidden_size, hidden_act   see ConditionalLayerNormalization
    """
    condition, made = keras.Input((size,), dtype="float32", name="condition"), {}

    def call(operation, args, kwargs):
        if not isinstance(operation, LayerNormalization):
            return operation(*args, **kwargs)
        if operation.name not in made:
            options = {"hidden_size": hidden_size, "hidden_act": hidden_act or "linear"}
            made[operation.name] = ConditionalLayerNormalization.from_config(operation.get_config() | options)
        return made[operation.name](*args, condition)

    return rebuilt(model, call, condition=condition)


def with_position_ids(model: keras.Model) -> keras.Model:
    """A model with the further input "position_ids" int32 (B, L), in place of 0, 1, 2, …: bert4keras' custom_position_ids.

    Raises InputError for a family whose positions are distances.
    """
    position_ids, kinds = keras.Input((None,), dtype="int32", name="position_ids"), []

    def call(operation, args, kwargs):
        kind = GIVEN.get(type(operation))
        if kind is None:
            return operation(*args, **kwargs)
        kinds.append(kind)
        return kind.from_config(operation.get_config())(*args, position_ids)

    result = rebuilt(model, call, position_ids=position_ids)
    if not kinds:
        raise InputError(
            f"custom_position_ids: model={model.name} has no absolute or rotary positions. Choose bert, ernie, roformer or another."
        )
    return result


def with_shared_segments(model: keras.Model) -> keras.Model:
    """A model whose segments are rows of the token table: bert4keras' shared_segment_embeddings.

    Raises InputError for a model without a segment table.
    """
    tables = {layer.name: layer for layer in model.layers}
    if not {"Embedding-Segment", "Embedding-Token"} <= set(tables) or "segment_ids" not in model.input:
        raise InputError(f"share_segments: model={model.name} has no segment embeddings. Leave it out.")

    def call(operation, args, kwargs):
        return (tables["Embedding-Token"] if operation.name == "Embedding-Segment" else operation)(*args, **kwargs)

    return rebuilt(model, call)
