"""Make t5.npz: what bert4keras 0.11.5 answers with its T5 models, for test_bert4keras_t5.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/models/make_bert4keras_t5.py

"setup"                                    JSON: configuration and cases
"token_ids", "decoder_token_ids"           int32
"weights/<layer>/<index>/<shape>"          float32, index in bert4keras' trainable_weights; cases share equal names and shapes
"<case>/<encoder, decoder, logits>"        float32; decoder: that of a given "context", which hides nothing
"<case>/gradient/<layer>"                  of the mean cross-entropy of the next tokens
"""

import json
import pathlib

import numpy as np
import tensorflow as tf
from bert4keras.models import build_transformer_model

HERE = pathlib.Path(__file__).parent
CONFIG = {
    "vocab_size": 50,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 32,
    "hidden_dropout_prob": 0.1,
}
CASES = {
    "t5.1.0": {"hidden_act": "relu"},
    "t5.1.1": {"hidden_act": ["gelu", "linear"]},
    "mt5.1.1": {"hidden_act": ["gelu", "linear"], "attention_head_size": 5},
}
GRADIENTS = ("Embedding-Token", "Encoder-Embedding-Relative-Position", "Decoder-Embedding-Relative-Position")
generator = np.random.default_rng(20201201)
weights = {}


def draw(layer, index, shape):
    """The weight of that name and shape; no gamma is 1, and scores differ by position."""
    key = f"{layer}/{index}/{'x'.join(map(str, shape))}"
    if key not in weights:
        if len(shape) == 1:
            value = 1 + 0.2 * generator.standard_normal(shape)
        elif "Position" in layer:
            value = generator.standard_normal(shape)
        elif layer.startswith("Embedding"):
            value = 0.5 * generator.standard_normal(shape)
        else:
            value = 1.2 / np.sqrt(shape[0]) * generator.standard_normal(shape)
        weights[key] = value.astype("float32")
    return weights[key]


def build(model, **options):
    transformer = build_transformer_model(model=model, return_keras_model=False, **CONFIG, **options)
    for layer in transformer.model.layers:
        if layer.trainable_weights:
            layer.set_weights([draw(layer.name, i, tuple(w.shape)) for i, w in enumerate(layer.trainable_weights)])
    return transformer


def main():
    token_ids = generator.integers(1, CONFIG["vocab_size"], (3, 40)).astype("int32")
    decoder_token_ids = generator.integers(1, CONFIG["vocab_size"], (3, 24)).astype("int32")
    decoder_token_ids[:, 0] = 0
    token_ids[1, 30:], token_ids[2, 11:] = 0, 0
    decoder_token_ids[1, 9:] = 0
    context = generator.standard_normal((3, 40, CONFIG["hidden_size"])).astype("float32")
    arrays = {
        "setup": np.array(json.dumps({"config": CONFIG, "cases": CASES})),
        "token_ids": token_ids,
        "decoder_token_ids": decoder_token_ids,
        "context": context,
    }
    for name, options in CASES.items():
        whole = build(name, with_lm="linear", **options)
        encoder, decoder = whole.encoder, whole.decoder
        arrays[f"{name}/encoder"] = encoder.predict(token_ids, verbose=0)
        arrays[f"{name}/decoder"] = decoder.predict([context, decoder_token_ids], verbose=0)
        variables = [whole.model.get_layer(layer).trainable_weights[0] for layer in GRADIENTS]
        with tf.GradientTape() as tape:
            logits = whole.model([token_ids, decoder_token_ids], training=False)
            real = tf.cast(decoder_token_ids[:, 1:] != 0, tf.float32)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(decoder_token_ids[:, 1:], logits[:, :-1])
            loss = tf.reduce_sum(losses * real) / tf.reduce_sum(real)
        arrays[f"{name}/logits"] = logits.numpy()
        for layer, gradient in zip(GRADIENTS, tape.gradient(loss, variables), strict=True):
            arrays[f"{name}/gradient/{layer}"] = tf.convert_to_tensor(gradient).numpy()
        print(name, {key: value.shape for key, value in arrays.items() if key.startswith(name)}, float(loss), flush=True)
    arrays |= {f"weights/{key}": value for key, value in weights.items()}
    np.savez_compressed(HERE / "t5.npz", **arrays)


if __name__ == "__main__":
    main()
