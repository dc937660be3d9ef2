"""Transformer: the object behind a model, which subclasses change step by step. Every step runs this library's own layers.

    inputs -> apply_embeddings -> apply_main_layers(…, index), once per block -> apply_final_layers -> outputs
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras import graph, substitutes
from baselines.compat.bert4keras.backend import hidden_act
from baselines.compat.keras2.notices import refused
from baselines.errors import InputError
from baselines.models import surgery, vocabulary
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.weights.load import load_weights

INPUTS = {"token_ids": "Input-Token", "segment_ids": "Input-Segment", "position_ids": "Input-Position"}
"""{our name of an input: bert4keras'}"""
OURS = {"max_position": "max_position_embeddings", "segment_vocab_size": "type_vocab_size", "dropout_rate": "hidden_dropout_prob",
        "attention_dropout_rate": "attention_probs_dropout_prob"}  # fmt: skip


class Transformer:
    """See the module's first lines. The arguments are those of build_transformer_model and the fields of a config.json."""

    family = "bert"
    """The file of baselines/models."""
    application = "encoder"
    with_discriminator: Any = False
    """ELECTRA's head."""

    def __init__(
        self, vocab_size: int, hidden_size: int, num_hidden_layers: int, num_attention_heads: int, intermediate_size: int,
        hidden_act: str = "gelu", keep_tokens: Sequence[int] | None = None, compound_tokens: Sequence | None = None,
        sequence_length: int | None = None, layers: dict | None = None, prefix: str | None = None, name: str | None = None,
        ignore_invalid_weights: bool = False, autoresize_weights: bool = False, with_pool: Any = False, with_nsp: Any = False,
        with_mlm: Any = False, custom_position_ids: bool = False, shared_segment_embeddings: bool = False, **configs: Any,
    ):  # fmt: skip
        self.configs = {
            "vocab_size": vocab_size, "hidden_size": hidden_size, "num_hidden_layers": num_hidden_layers,
            "num_attention_heads": num_attention_heads, "intermediate_size": intermediate_size, "hidden_act": hidden_act, **configs,
        }  # fmt: skip
        self.hidden_size, self.num_hidden_layers, self.num_attention_heads = hidden_size, num_hidden_layers, num_attention_heads
        self.intermediate_size, self.hidden_act = intermediate_size, hidden_act
        self.vocab_size = vocabulary.size(vocab_size, keep_tokens, compound_tokens)
        self.attention_head_size = configs.get("attention_head_size") or hidden_size // num_attention_heads
        self.attention_key_size = configs.get("attention_key_size") or self.attention_head_size
        self.embedding_size = configs.get("embedding_size") or hidden_size
        self.max_position = configs.get("max_position", 512)
        self.segment_vocab_size = configs.get("segment_vocab_size", 2)
        self.dropout_rate = configs.get("dropout_rate") or 0
        self.attention_dropout_rate = configs.get("attention_dropout_rate") or 0
        self.keep_tokens, self.compound_tokens, self.sequence_length = keep_tokens, compound_tokens, sequence_length
        self.layers = {} if layers is None else layers
        self.prefix, self.name = prefix or "", name
        self.ignore_invalid_weights, self.autoresize_weights = ignore_invalid_weights, autoresize_weights
        self.with_pool, self.with_nsp, self.with_mlm = with_pool, with_nsp, with_mlm
        self.custom_position_ids, self.shared_segment_embeddings = custom_position_ids, shared_segment_embeddings
        self.attention_bias = self.position_bias = None
        self.built = False

    def build(
        self, attention_caches: Any = None, layer_norm_cond: Any = None, layer_norm_cond_hidden_size: int | None = None,
        layer_norm_cond_hidden_act: str | None = None, additional_input_layers: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Builds `self.model`.

        Args:
            attention_caches: Refused: this library generates with a KV cache itself.
            layer_norm_cond: A symbolic vector (B, D) that every layer normalization depends on.
            layer_norm_cond_hidden_size: Units of a dense layer in between.
            layer_norm_cond_hidden_act: Its activation.
            additional_input_layers: Further inputs of the model.
            **kwargs: Fields of a configuration, not needed here.
        """
        if self.built:
            return
        if attention_caches:
            raise refused("attention_caches", "Generate with a KV cache by `run.py generate` or baselines.TextGenerator.")
        self.layer_norm_conds = [layer_norm_cond, layer_norm_cond_hidden_size, layer_norm_cond_hidden_act or "linear"]
        self.ours = self.our_model()
        self.graph = graph.ModelGraph(self.ours, self.num_hidden_layers, substitutes.Hook(self))
        self.values = {}
        for operation in self.graph.operations():
            operation.name = self.prefixed(operation.name)
        inputs = self.get_inputs()
        self.set_inputs(inputs, additional_input_layers)
        self.set_outputs(self.call(inputs))
        self.model = keras.Model(self.inputs, self.outputs if len(self.outputs) > 1 else self.outputs[0], name=self.name)
        self.built = True

    def our_model(self) -> keras.Model:
        """This library's model of the configuration, with random weights."""
        mask = {"encoder": "bidirectional", "lm": "causal", "unilm": "prefix"}[self.application]
        return build_transformer_model(
            self.our_config(), model=self.family, mask=mask, with_pool=self.with_pool, with_nsp=self.with_nsp,
            with_mlm=self.with_mlm, with_discriminator=self.with_discriminator, keep_tokens=self.keep_tokens,
            compound_tokens=_pairs(self.compound_tokens),
        )  # fmt: skip

    def our_config(self) -> dict[str, Any]:
        """The configuration as a dict of our Config, which ignores what it does not know."""
        configs = dict(self.configs, hidden_act=hidden_act(self.configs["hidden_act"]))
        configs["shared_segment_embeddings"] = self.shared_segment_embeddings            # a field of GPT's Config alone
        return {OURS.get(name, name): value for name, value in configs.items() if OURS.get(name, name) == name or value is not None}

    def call(self, inputs: Any) -> Any:
        """All steps, one after the other."""
        outputs = self.apply_embeddings(inputs)
        for index in range(self.num_hidden_layers):
            outputs = self.apply_main_layers(outputs, index)
        return self.apply_final_layers(outputs)

    def get_inputs(self) -> list:
        """The model's inputs: token ids, segment ids where there are segments, position ids on request."""
        names = [INPUTS[name] for name in self.our_inputs()] + [INPUTS["position_ids"]] * self.custom_position_ids
        return [self.apply(layer=keras.layers.Input, shape=(self.sequence_length,), name=name) for name in names]

    def our_inputs(self) -> list[str]:
        """The names of our model's inputs, in bert4keras' order."""
        given = {tensor.name for tensor in self.ours.inputs}
        return [name for name in INPUTS if name in given]

    def apply_embeddings(self, inputs: Any) -> Any:
        """The embeddings of inputs: (B, L, D)."""
        inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        names = self.our_inputs()
        given = {name: ops.cast(tensor, "int32") for name, tensor in zip(names, inputs, strict=False)}
        self.position_ids = ops.cast(inputs[len(names)], "int32") if self.custom_position_ids else None
        self.token_ids = given["token_ids"]
        self.values = self.graph.start(given)
        return self.graph.run("embeddings", self.values)

    def apply_main_layers(self, inputs: Any, index: int) -> Any:
        """One block: (B, L, D) -> (B, L, D)."""
        self.index = index
        self.values[self.graph.stream(index)] = inputs
        return self.graph.run(index, self.values)

    def apply_final_layers(self, inputs: Any) -> Any:
        """The heads that were asked for, or the last block's output."""
        if self.graph.parts["heads"]:
            self.values[self.graph.stream("heads")] = inputs
            self.graph.run("heads", self.values)
        found = self.graph.outputs(self.values)
        outputs = [found[name] for name in self.head_names() if name in found]
        return inputs if not self.graph.parts["heads"] else outputs if len(outputs) > 1 else outputs[0]

    def head_names(self) -> list[str]:
        """Our names of the outputs, in bert4keras' order."""
        pooled = ["nsp" if self.with_nsp else "pooled"] if self.with_pool or self.with_nsp else []
        heads = pooled + ["mlm"] * bool(self.with_mlm)
        return heads or ["hidden_states"]

    def compute_attention_bias(self, inputs: Any = None) -> Any:
        """A subclass's own attention mask or bias, (L, L) or (B, L, L); None for the application's."""
        return self.attention_bias

    def compute_position_bias(self, inputs: Any = None) -> Any:
        """A subclass's own positions; None for the family's."""
        return self.position_bias

    def prefixed(self, name: str | None) -> str | None:
        """A layer's name with the model's prefix."""
        return None if name is None else self.prefix + name

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Mapping | None = None, **kwargs: Any) -> Any:
        """Calls a layer, which is created if the name is new; without inputs, returns it.

        Args:
            inputs: What it is called on.
            layer: Its class.
            arguments: Arguments of the call.
            **kwargs: Arguments of the class.
        """
        if layer is keras.layers.Dropout and self.dropout_rate == 0:
            return inputs
        arguments = dict(arguments or {})
        if layer is keras.layers.Lambda:
            kwargs["arguments"], arguments = arguments, {}
        name = self.prefixed(kwargs.get("name"))
        if name not in self.layers:
            made = layer(**{**kwargs, "name": name})
            name = name or made.name
            self.layers[name] = made
        found = self.layers[name]
        if inputs is None:
            return found
        if isinstance(found, keras.layers.ReversibleEmbedding) and "mode" in arguments:
            arguments["reverse"] = arguments.pop("mode") == "dense"
        return found(inputs, **arguments)

    def set_inputs(self, inputs: Any, additional_input_layers: Any = None) -> None:
        """Sets `inputs` and `input`."""
        self.inputs = _listed(inputs) + _listed(additional_input_layers)
        self.input = self.inputs if len(self.inputs) > 1 else self.inputs[0]

    def set_outputs(self, outputs: Any) -> None:
        """Sets `outputs` and `output`."""
        self.outputs = _listed(outputs)
        self.output = self.outputs if len(self.outputs) > 1 else self.outputs[0]

    @property
    def initializer(self) -> keras.initializers.Initializer:
        """BERT's initializer, a new one each time."""
        return keras.initializers.TruncatedNormal(stddev=0.02)

    def simplify(self, inputs: Sequence) -> Any:
        """A list without None; its only entry where there is one."""
        present = [each for each in inputs if each is not None]
        return present[0] if len(present) == 1 else present

    def variable_mapping(self) -> dict[str, str]:
        """{path of a weight: its name in Google's checkpoints}."""
        config = configure(self.our_config(), self.family)
        return {path: name.google for path, name in family(config.model_type).weight_names(config).items()}

    def load_weights_from_checkpoint(self, checkpoint: Any, mapping: Any = None) -> None:
        """Reads a TensorFlow checkpoint, or a folder with safetensors."""
        if mapping:
            raise refused("load_weights_from_checkpoint(mapping=…)", "Rename the tensors in the checkpoint, or assign to layers.")
        if type(self).variable_mapping.__module__ != __name__:
            raise refused(f"variable_mapping of {type(self).__name__}", "Rename the checkpoint's tensors, or assign to layers.")
        config = configure(self.our_config(), self.family)
        rows = functools.partial(vocabulary.rows, keep_tokens=self.keep_tokens, compound_tokens=_pairs(self.compound_tokens))
        chosen = self.keep_tokens is not None or self.compound_tokens
        adapt = vocabulary.adapters(rows) if chosen else {}
        if self.autoresize_weights:
            adapt = surgery.chained(adapt, surgery.resizers(self.ours, config))
        names = family(config.model_type).weight_names(config)
        # As in bert4keras, what a checkpoint has beyond the model (further layers) does no harm.
        verdict = load_weights(self.ours, checkpoint, names, adapt=adapt, ignore_mismatched=True)
        if (verdict.missing or verdict.misshaped) and not self.ignore_invalid_weights:
            raise InputError(verdict.summary())
        self.graph.hook.copy_norms()

    def save_weights_as_checkpoint(self, filename: Any, mapping: Any = None, dtype: Any = None) -> None:
        """Writes a TensorFlow checkpoint under Google's names. It needs TensorFlow."""
        import tensorflow as tf

        config = configure(self.our_config(), self.family)
        names = family(config.model_type).weight_names(config)
        arrays = {}
        for variable in self.ours.weights:
            if variable.path in names:
                array, name = np.asarray(ops.convert_to_numpy(variable), dtype), names[variable.path]
                arrays[name.google] = array.T if name.google_transposed else array
        tf.raw_ops.SaveV2(
            prefix=str(filename), tensor_names=list(arrays), shape_and_slices=[""] * len(arrays), tensors=list(arrays.values())
        )


def _listed(values):
    return [] if values is None else list(values) if isinstance(values, (list, tuple)) else [values]


def _pairs(compound_tokens):
    return compound_tokens and [tuple(item) if isinstance(item, tuple) else list(item) for item in compound_tokens]
