"""Make causal.npz: what bert4keras 0.11.5's GPT, GPT2 and GPT2_ML answer, for test_bert4keras_causal.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/models/make_bert4keras_causal.py

"cases", JSON: what was built; "token_ids", "segment_ids" int32 (B, L); float32 "<case>/weights/<layer>/<index>", in the order of
bert4keras' trainable_weights, "<case>/probabilities", "<case>/logits", "<case>/hidden_states", "<case>/gradients/<layer>/<index>"
of the mean cross-entropy of the next tokens that are no padding.
"""

import json
import pathlib

import numpy as np
import tensorflow as tf
from bert4keras.models import build_transformer_model
from keras.models import Model

HERE = pathlib.Path(__file__).parent
CONFIG = {
    "vocab_size": 30,
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "hidden_act": "gelu",
    "max_position_embeddings": 10,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
CASES = {
    "gpt": {"model": "gpt", "options": {}},
    "gpt-shared": {"model": "gpt", "options": {"shared_segment_embeddings": True, "hidden_act": "gelu_tanh"}},
    "gpt-no_segments": {"model": "gpt", "options": {"type_vocab_size": 0}},
    "gpt2": {"model": "gpt2", "options": {}},
    "gpt2-sizes": {"model": "gpt2", "options": {"attention_head_size": 5, "attention_key_size": 3}},
    "gpt2_ml": {"model": "gpt2_ml", "options": {"hidden_act": "gelu_tanh"}},
}
LAST = {"gpt": "Transformer-1-FeedForward-Norm", "gpt2": "Output-Norm", "gpt2_ml": "Transformer-1-FeedForward-Norm-1"}
GRADIENTS = ("Embedding-Token", "Transformer-0-MultiHeadSelfAttention", "Transformer-1-FeedForward", "Output-Norm")
generator = np.random.default_rng(20201122)


def draw(layer, index, shape):
    """A weight that matters: no bias is 0, no gamma 1."""
    if layer.startswith("Embedding") and len(shape) == 2:
        return 0.5 * generator.standard_normal(shape)
    if len(shape) == 2:
        return 1.5 / np.sqrt(shape[0]) * generator.standard_normal(shape)
    return 0.2 * generator.standard_normal(shape) + (1 if "Norm" in layer and index == 1 else 0)


def inputs(length=8):
    token_ids = generator.integers(1, CONFIG["vocab_size"], (2, length))
    segment_ids = np.zeros((2, length), "int64")
    segment_ids[:, length // 2 :] = 1
    token_ids[1, length - 3 :] = 0
    segment_ids[1, length - 3 :] = 0
    return token_ids.astype("int32"), segment_ids.astype("int32")


def layers_of(model):
    return [layer for layer in model.layers if layer.trainable_weights]


def main():
    token_ids, segment_ids = inputs()
    arrays = {"cases": np.array(json.dumps({"config": CONFIG, "cases": CASES})), "token_ids": token_ids, "segment_ids": segment_ids}
    for name, case in CASES.items():
        options = {**CONFIG, **case["options"]}
        model = build_transformer_model(model=case["model"], **options)
        linear = build_transformer_model(model=case["model"], final_activation="linear", **options)
        for layer, other in zip(layers_of(model), layers_of(linear), strict=True):
            values = [draw(layer.name, i, tuple(w.shape)).astype("float32") for i, w in enumerate(layer.trainable_weights)]
            layer.set_weights(values)
            other.set_weights(values)
            arrays |= {f"{name}/weights/{layer.name}/{i}": value for i, value in enumerate(values)}
        batch = [token_ids, segment_ids][: len(model.inputs)]
        states = Model(model.inputs, model.get_layer(LAST[case["model"]]).output)
        arrays[f"{name}/probabilities"] = model.predict(batch, verbose=0)
        arrays[f"{name}/hidden_states"] = states.predict(batch, verbose=0)
        targets = token_ids[:, 1:]
        real = (targets != 0).astype("float32")
        learned = [(layer.name, i, w) for layer in layers_of(linear) if layer.name in GRADIENTS
                   for i, w in enumerate(layer.trainable_weights)]  # fmt: skip
        with tf.GradientTape() as tape:
            logits = linear(batch)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits[:, :-1])
            loss = tf.reduce_sum(losses * real) / tf.reduce_sum(real)
        arrays[f"{name}/logits"] = logits.numpy()
        gradients = tape.gradient(loss, [w for _, _, w in learned])
        for (layer, i, _), gradient in zip(learned, gradients, strict=True):
            arrays[f"{name}/gradients/{layer}/{i}"] = tf.convert_to_tensor(gradient).numpy()
        print(name, [layer.name for layer in layers_of(model)], logits.shape, flush=True)
    np.savez_compressed(HERE / "causal.npz", **arrays)


if __name__ == "__main__":
    main()
