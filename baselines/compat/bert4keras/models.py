"""bert4keras.models: build_transformer_model, its families as classes, and data_parallel."""

import json
from typing import Any

from baselines.compat.bert4keras.layers import *  # noqa: F403 - as there: scripts take layers from here too
from baselines.compat.bert4keras.layers import keras
from baselines.compat.bert4keras.parallel_model import data_parallel
from baselines.compat.bert4keras.snippets import delete_arguments, insert_arguments, is_string, orthogonally_resize, string_matching
from baselines.compat.bert4keras.t5_models import T5, T5_Base, T5_Decoder, T5_Encoder
from baselines.compat.bert4keras.transformer import Transformer
from baselines.errors import InputError, nearest

Model = keras.models.Model
REEXPORTED = (T5_Base, data_parallel, delete_arguments, insert_arguments, is_string, orthogonally_resize, string_matching)
"""What other files of this folder define."""


class LM_Mask:  # noqa: N801
    """A model that reads from left to right."""

    application = "lm"


class UniLM_Mask:  # noqa: N801
    """A model that reads segment 0 as a whole, and segment 1 from left to right."""

    application = "unilm"


class BERT(Transformer):
    """BERT, and RoBERTa."""


class ALBERT(BERT):
    """ALBERT: one block, several times."""

    family = "albert"


class ALBERT_Unshared(BERT):  # noqa: N801
    """ALBERT whose blocks go separate ways."""

    family = "albert_unshared"


class NEZHA(BERT):
    """NEZHA: relative positions."""

    family = "nezha"


class RoFormer(NEZHA):
    """RoFormer: rotary positions."""

    family = "roformer"


class RoFormerV2(RoFormer):
    """RoFormer without biases."""

    family = "roformer_v2"


class ELECTRA(BERT):
    """ELECTRA's encoder. with_discriminator   adds the head: True for probabilities (B, L, 1), "linear" for logits"""

    family = "electra"

    def __init__(self, with_discriminator: Any = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.with_discriminator = with_discriminator

    def apply_final_layers(self, inputs: Any) -> Any:
        outputs = super().apply_final_layers(inputs)
        return self.layers[self.prefixed("Discriminator-Prediction")].output if self.with_discriminator else outputs


class GPT(LM_Mask, BERT):
    """GPT; its head is the token table itself. final_activation   of the scores: softmax, or linear for logits"""

    family = "gpt"

    def __init__(self, final_activation: str = "softmax", **kwargs: Any):
        super().__init__(**{**kwargs, "with_mlm": True if final_activation == "softmax" else final_activation})


class GPT2(GPT):
    """GPT-2."""

    family = "gpt2"


class GPT2_ML(GPT):  # noqa: N801
    """The Chinese GPT-2 of imcaspar/gpt2-ml."""

    family = "gpt2_ml"


FAMILIES = {
    "bert": BERT, "roberta": BERT, "albert": ALBERT, "albert_unshared": ALBERT_Unshared, "nezha": NEZHA, "roformer": RoFormer,
    "roformer_v2": RoFormerV2, "electra": ELECTRA, "gpt": GPT, "gpt2": GPT2, "gpt2_ml": GPT2_ML,
    **{f"{name}{part}": kind for name in ("t5", "t5.1.0", "t5.1.1", "mt5.1.1")
       for part, kind in {"": T5, "_encoder": T5_Encoder, "_decoder": T5_Decoder}.items()},
}  # fmt: skip
"""{`model` of build_transformer_model: its class}"""


def extend_with_language_model(base: type[Transformer]) -> type[Transformer]:
    """A class of language models, with the MLM head, from one of encoders."""

    class LanguageModel(LM_Mask, base):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            self.with_mlm = self.with_mlm or True

    return LanguageModel


def extend_with_unified_language_model(base: type[Transformer]) -> type[Transformer]:
    """A class of UniLM models, with the MLM head, from one of encoders."""

    class UnifiedLanguageModel(UniLM_Mask, base):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            self.with_mlm = self.with_mlm or True

    return UnifiedLanguageModel


def build_transformer_model(
    config_path: Any = None, checkpoint_path: Any = None, model: Any = "bert", application: str = "encoder",
    return_keras_model: bool = True, **kwargs: Any,
) -> Any:  # fmt: skip
    """A model of a config.json, with the inputs and outputs that bert4keras gives it.

    Args:
        config_path: The config.json; None where all its fields are keyword arguments.
        checkpoint_path: A TensorFlow checkpoint, or a folder with safetensors; None for random weights.
        model: The name of a family, or a subclass of Transformer.
        application: "encoder", "lm" or "unilm".
        return_keras_model: False for the Transformer, whose `model` is the Keras model.
        **kwargs: Fields that replace the config's, and arguments of Transformer.
    """
    configs = {}
    if config_path is not None:
        with open(config_path, encoding="utf-8") as file:
            configs.update(json.load(file))
    configs.update(kwargs)
    for name, theirs, default in (
        ("max_position", "max_position_embeddings", 512), ("dropout_rate", "hidden_dropout_prob", None),
        ("attention_dropout_rate", "attention_probs_dropout_prob", None), ("segment_vocab_size", "type_vocab_size", 2),
    ):  # fmt: skip
        configs.setdefault(name, configs.get(theirs, default))
    if isinstance(model, str):
        name = model.lower()
        if name not in FAMILIES:
            raise InputError(f"build_transformer_model: unknown model {model!r}. {nearest(name, FAMILIES)}")
        chosen = FAMILIES[name]
        if "t5.1.1" in name:
            configs["version"] = name.partition("_")[0]
    else:
        chosen = model
    extended = {"lm": extend_with_language_model, "unilm": extend_with_unified_language_model}
    if application.lower() in extended:
        if model in ("electra", "t5"):
            raise ValueError(f"{model!r} model can not be used as {application!r} application.")
        chosen = extended[application.lower()](chosen)
    transformer = chosen(**configs)
    transformer.build(**configs)
    if checkpoint_path is not None:
        transformer.load_weights_from_checkpoint(checkpoint_path)
    return transformer.model if return_keras_model else transformer

