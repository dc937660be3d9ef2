"""T5 of bert4keras: `model` for training, and `encoder` and `decoder` for generation, all over one model of this library."""

from typing import Any

import keras
from keras import ops

from baselines.compat.bert4keras.substitutes import TokenMask
from baselines.compat.bert4keras.transformer import Transformer
from baselines.compat.keras2.notices import refused
from baselines.compat.keras2.recorded import recorded
from baselines.models import encoder_decoder
from baselines.runtime import functional_graph


@recorded
def all_visible(context: Any) -> Any:
    """bool (B, 1, 1, L): every position of a context (B, L, D) may be attended to."""
    return ops.ones_like(context[:, None, None, :, 0], dtype="bool")


class T5_Base(Transformer):  # noqa: N801
    """What T5's classes share. `version` is t5.1.0, t5.1.1 or mt5.1.1; `with_lm` is True, False or "linear"."""

    family = "t5.1.0"

    def __init__(self, version: str = "t5.1.0", with_lm: Any = True, **kwargs: Any):
        super().__init__(**{"hidden_act": "relu", **kwargs})
        self.family, self.version, self.with_mlm = version, version, with_lm

    def build(self, **kwargs: Any) -> None:
        """Builds the models."""
        if kwargs.get("layer_norm_cond") is not None or kwargs.get("additional_input_layers") is not None:
            raise refused("layer_norm_cond of a T5", "Choose model='bert' with application='unilm'.")
        if self.built:
            return
        self.layer_norm_conds, self.position_ids = [None, None, "linear"], None
        self.ours = self.our_model()
        self.nodes = functional_graph.nodes(self.ours)
        self.tensors = dict(self.ours._outputs_struct)
        self.entries = {tensor.name: id(tensor) for tensor in self.ours.inputs}
        for node in self.nodes:
            node.operation._inbound_nodes.clear()
            if isinstance(node.operation, keras.layers.ReversibleEmbedding):
                node.operation.supports_masking = True
            node.operation.name = self.prefixed(node.operation.name)
            self.layers.setdefault(node.operation.name, node.operation)
        self.build_models()
        self.built = True

    def build_models(self) -> None:
        """Sets `model` and the others."""
        raise NotImplementedError

    def token_input(self, side: str) -> Any:
        """An input for token ids."""
        return self.apply(layer=keras.layers.Input, shape=(self.sequence_length,), name=f"{side}-Input-Token")

    def run(self, values: dict[int, Any], wanted: str) -> Any:
        """Runs what an output needs beyond the tensors in `values`, and returns it."""
        pending, nodes = {id(self.tensors[wanted])} - set(values), []
        for node in reversed(self.nodes):
            if any(id(tensor) in pending for tensor in node.outputs):
                nodes.append(node)
                pending |= {id(tensor) for tensor in node.input_tensors} - set(values)
        functional_graph.run(nodes[::-1], values, lambda operation, args, kwargs: operation(*args, **kwargs))
        return values[id(self.tensors[wanted])]

    def finished(self, inputs: list, output: Any, ids: Any, name: str | None = None) -> keras.Model:
        """A model whose output carries the mask of token ids."""
        output = TokenMask()([output, ops.cast(ids, "int32")])
        return keras.Model(inputs if len(inputs) > 1 else inputs[0], output, name=name)


class T5_Encoder(T5_Base):  # noqa: N801
    """The encoder alone: token ids -> (B, L, D)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**{**kwargs, "with_lm": False})

    def build_models(self) -> None:
        source = self.token_input("Encoder")
        values = {self.entries[encoder_decoder.SOURCE]: ops.cast(source, "int32")}
        self.model = self.finished([source], self.run(values, "hidden_states"), source, self.name)
        self.set_inputs([source])
        self.set_outputs(self.model.output)


class T5_Decoder(T5_Base):  # noqa: N801
    """The decoder alone: [context (B, L, D), target ids] -> scores of the next token."""

    application = "unilm"

    def output_name(self) -> str:
        """Which of our outputs is asked for."""
        return "mlm" if self.with_mlm else "hidden_states"

    def build_models(self) -> None:
        self.model = self.decoder = self.decoder_model(self.token_input("Decoder"))
        self.set_inputs(list(self.model.inputs))
        self.set_outputs(self.model.output)

    def decoder_model(self, target: Any) -> keras.Model:
        """[context, target ids] -> scores, for generation: every position of the context counts."""
        target_ids = {self.entries[encoder_decoder.TARGET]: ops.cast(target, "int32")}
        context = keras.Input((None, self.hidden_size), name=self.prefixed("Input-Context"))
        values = target_ids | {id(self.tensors["encoder_hidden_states"]): context}
        for node in self.nodes:
            if node.operation.name == self.prefixed("Attention-Source-Mask"):
                values[id(node.outputs[0])] = all_visible(context)
        return self.finished([context, target], self.run(values, self.output_name()), target)


class T5(T5_Decoder):
    """Encoder and decoder: [source ids, target ids] -> scores of the next token."""

    def build_models(self) -> None:
        source, target = self.token_input("Encoder"), self.token_input("Decoder")
        given = {self.entries[encoder_decoder.SOURCE]: ops.cast(source, "int32")}
        values = given | {self.entries[encoder_decoder.TARGET]: ops.cast(target, "int32")}
        context = self.run(values, "encoder_hidden_states")
        self.encoder = self.finished([source], context, source)
        self.model = self.finished([source, target], self.run(values, self.output_name()), target, self.name)
        self.decoder = self.decoder_model(target)
        self.set_inputs([source, target])
        self.set_outputs(self.model.output)
