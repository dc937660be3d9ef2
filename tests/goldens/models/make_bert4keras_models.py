"""Make weights.npz and outputs.npz: what bert4keras 0.11.5 answers, for the models of test_bert4keras_parity.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/models/make_bert4keras_models.py

weights.npz   "<layer>/<index in bert4keras' trainable_weights>/<shape>" float32; cases share equal names and shapes
outputs.npz   "cases", JSON: what was built; "<case>/token_ids", "<case>/segment_ids"; float32
              "<case>/<application>/<output>"
              "<case>/gradient_of" (B, L, D): the loss is the sum of hidden_states times it, 0 on padding;
              "<case>/gradient/<layer>/<index>": its gradients
"""

import json
import pathlib

import bert4keras.layers
import numpy as np
import tensorflow as tf
from bert4keras.models import RoFormerV2, build_transformer_model
from keras.models import Model

HERE = pathlib.Path(__file__).parent
CONFIG = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "hidden_act": "gelu",
    "max_position_embeddings": 16,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}
ALL = ["encoder", "lm", "unilm"]
SIZES = {"attention_head_size": 5, "attention_key_size": 6}
CASES = {
    "bert": {"model": "bert", "applications": ALL, "heads": True},
    "nezha": {"model": "nezha", "applications": ALL, "heads": True},
    "roformer": {"model": "roformer", "applications": ALL, "heads": True},
    "bert-gelu_tanh": {"model": "bert", "options": {"hidden_act": "gelu_tanh"}, "heads": True},
    "bert-sizes": {"model": "bert", "options": SIZES, "applications": ALL},
    "roformer-sizes": {"model": "roformer", "options": SIZES},
    "nezha-sizes": {"model": "nezha", "options": {"attention_head_size": 6}},
    "bert-embedding_size": {"model": "bert", "options": {"embedding_size": 16}, "heads": True},
    "bert-hierarchical": {"model": "bert", "options": {"hierarchical_position": True}, "length": 20},
    "bert-hierarchical_0.2": {"model": "bert", "options": {"hierarchical_position": 0.2}, "length": 20},
    "bert-residual": {"model": "bert", "options": {"residual_attention_scores": True, "num_hidden_layers": 3}},
    "nezha-residual": {"model": "nezha", "options": {"residual_attention_scores": True, "num_hidden_layers": 3}},
    "roformer-residual": {"model": "roformer", "options": {"residual_attention_scores": True, "num_hidden_layers": 3}},
    "nezha-long": {"model": "nezha", "length": 80},
    "roformer-long": {"model": "roformer", "length": 80},
    "roformer_v2": {"model": "roformer_v2", "applications": ALL, "heads": {"mlm": {"with_mlm": True}}},
    "roformer_v2-sizes": {"model": "roformer_v2", "options": {**SIZES, "embedding_size": 16}, "heads": {"mlm": {"with_mlm": True}}},
    "gau_alpha": {"model": "gau_alpha", "options": {"attention_key_size": 8, "hidden_act": "swish", "num_attention_heads": 1},
                  "applications": ALL, "heads": {"mlm": {"with_mlm": True}}},
    "gau_alpha-long": {"model": "gau_alpha", "options": {"attention_key_size": 8, "hidden_act": "swish", "num_attention_heads": 1},
                       "length": 40},
    "electra": {"model": "electra", "heads": {"discriminator": {"with_discriminator": True},
                                              "discriminator_logits": {"with_discriminator": "linear"}}},
    "electra-embedding_size": {"model": "electra", "options": {"embedding_size": 16}},
    "albert": {"model": "albert", "options": {"embedding_size": 16}, "applications": ALL, "heads": True},
    "albert-residual": {"model": "albert", "options": {"residual_attention_scores": True, "num_hidden_layers": 3}},
    "albert_unshared": {"model": "albert_unshared", "applications": ALL, "heads": True},
}
"""`heads`: all of BERT's, or {output: arguments that make it the only one}.
Residual scores only with the encoder's mask: bert4keras fails to add a boolean mask to scores."""
generator = np.random.default_rng(20201120)
weights = {}


def draw(layer, index, shape):
    """The weight of that name and shape; every one of them matters: no bias is 0, no gamma 1."""
    key = f"{layer}/{index}/{'x'.join(map(str, shape))}"
    if key not in weights:
        if layer.startswith("Embedding") and len(shape) == 2 and "Mapping" not in layer:
            value = 0.3 * generator.standard_normal(shape)
        elif len(shape) == 2:
            value = 1.5 / np.sqrt(shape[0]) * generator.standard_normal(shape)
        else:
            value = 0.2 * generator.standard_normal(shape)
            if layer.endswith("Norm") and index == 1:
                value = 1 + value
        weights[key] = value.astype("float32")
    return weights[key]


def inputs(length):
    """Rows of full, middle and short length; one begins with the padding id, which is a real token there."""
    token_ids = generator.integers(1, CONFIG["vocab_size"], (3, length))
    segment_ids = np.zeros((3, length), "int64")
    lengths = [(length, length // 2), (length * 2 // 3, length // 4), (length // 2, length)]
    for row, (real, target) in enumerate(lengths):
        token_ids[row, real:] = 0
        segment_ids[row, target:real] = 1
    token_ids[1, 0] = 0
    return token_ids.astype("int32"), segment_ids.astype("int32")


class GatedAttentionUnits(RoFormerV2):
    """RoFormerV2 with a gated attention unit per block, as GAU-alpha is made of bert4keras' layers (kexue.fm/archives/9052)."""

    def apply_main_layers(self, inputs, index):
        name = f"Transformer-{index}-GatedAttentionUnit"
        mask, rotary = self.compute_attention_bias(index), self.compute_position_bias(inputs)
        unit = bert4keras.layers.GatedAttentionUnit(
            self.intermediate_size, self.attention_key_size, activation=self.hidden_act, use_bias=False,
            normalization="softmax_plus", kernel_initializer=self.initializer, name=name,
        )  # fmt: skip
        arguments = {"p_bias": "rotary"} | ({} if mask is None else {"a_bias": True})
        y = unit([tensor for tensor in (inputs, mask, rotary) if tensor is not None], **arguments)
        norm = bert4keras.layers.LayerNormalization(zero_mean=False, scale=False, offset=False, name=f"{name}-Norm")
        return norm(bert4keras.layers.Add(name=f"{name}-Add")([inputs, y]))


def build(case, output=None, **heads):
    """A model with the weights of `draw`; `output` names a layer whose last output is meant instead."""
    options = {**CONFIG, **case.get("options", {})}
    family = GatedAttentionUnits if case["model"] == "gau_alpha" else case["model"]
    model = build_transformer_model(model=family, **options, **heads)
    for layer in model.layers:
        if layer.trainable_weights:
            layer.set_weights([draw(layer.name, i, tuple(w.shape)) for i, w in enumerate(layer.trainable_weights)])
    if output:
        layer = next(layer for layer in reversed(model.layers) if layer.name.endswith(output))
        uses = case.get("options", {}).get("num_hidden_layers", CONFIG["num_hidden_layers"]) if case["model"] == "albert" else 1
        return Model(model.inputs, layer.get_output_at(uses - 1))
    return model


def predict(case, batch, output=None, **heads):
    """The outputs of one model as a list."""
    found = build(case, output, **heads).predict(list(batch), verbose=0)
    return found if isinstance(found, list) else [found]


def gradients(case, batch):
    """{"gradient_of": …, "gradient/<layer>/<index>": …} of the encoder without heads."""
    model = build(case)
    token_ids, _ = batch
    weights = generator.standard_normal((*token_ids.shape, CONFIG["hidden_size"])).astype("float32")
    real = (token_ids != 0) | (np.arange(token_ids.shape[1]) == 0)
    weights *= real[:, :, None]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(list(batch)) * weights)
    variables = {f"{layer.name}/{i}": w for layer in model.layers for i, w in enumerate(layer.trainable_weights)}
    found = tape.gradient(loss, variables)
    dense = {f"gradient/{name}": tf.convert_to_tensor(value).numpy() for name, value in found.items()}
    return {"gradient_of": weights, **dense}


def main():
    arrays = {"cases": np.array(json.dumps({"config": CONFIG, "cases": CASES}))}
    for name, case in CASES.items():
        batch = inputs(case.get("length", 12))
        arrays[f"{name}/token_ids"], arrays[f"{name}/segment_ids"] = batch
        for application in case.get("applications", ["encoder"]):
            found, heads = {}, case.get("heads", {})
            last = "GatedAttentionUnit-Norm" if case["model"] == "gau_alpha" else "FeedForward-Norm"
            (found["hidden_states"],) = predict(case, batch, last, application=application)
            if heads is True:
                found["pooled"], found["mlm"] = predict(
                    case, batch, application=application, with_pool=True, with_mlm=True
                )
                found["nsp"], found["mlm_logits"] = predict(
                    case, batch, application=application, with_nsp=True, with_mlm="linear"
                )
            elif heads:
                for output, arguments in heads.items():
                    (found[output],) = predict(case, batch, application=application, **arguments)
            for output, value in found.items():
                arrays[f"{name}/{application}/{output}"] = value.astype("float32")
            print(name, application, {output: value.shape for output, value in found.items()}, flush=True)
    for name in (name for name, case in CASES.items() if "-" not in name):
        batch = arrays[f"{name}/token_ids"], arrays[f"{name}/segment_ids"]
        arrays |= {f"{name}/{key}": value for key, value in gradients(CASES[name], batch).items()}
    np.savez_compressed(HERE / "weights.npz", **weights)
    np.savez_compressed(HERE / "outputs.npz", **arrays)


if __name__ == "__main__":
    main()
