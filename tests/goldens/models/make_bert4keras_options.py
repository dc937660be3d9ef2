"""Make options.npz: what bert4keras 0.11.5 answers with options of its builder, for test_graph_options.py.

Run it as make_bert4keras_models.py.

    "<case>/<layer>/<index in trainable_weights>", "<case>/inputs/<name>", "<case>/hidden_states"
    "resized/<number>/before", "resized/<number>/after"    tensors before and after orthogonally_resize

Shared segments are 1 or 2 on real tokens: bert4keras hides a token whose segment has the id of padding.
"""

import pathlib

import numpy as np
from bert4keras.models import build_transformer_model
from bert4keras.snippets import orthogonally_resize
from keras.layers import Input
from make_bert4keras_models import CONFIG

generator = np.random.default_rng(20201120)
CONFIG = {**CONFIG, "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_hidden_layers": 1}
CASES = {
    "condition": ("bert", {}),
    "condition-hidden": ("nezha", {"layer_norm_cond_hidden_size": 5, "layer_norm_cond_hidden_act": "tanh"}),
    "positions": ("bert", {"custom_position_ids": True}),
    "positions-rotary": ("roformer", {"custom_position_ids": True}),
    "segments": ("bert", {"shared_segment_embeddings": True}),
}
SHAPES = [((4, 6), (7, 9)), ((6,), (17,)), ((4, 6), (2, 10))]


def inputs(model, shared):
    """Arrays by the names of our inputs."""
    token_ids = generator.integers(1, 20, (2, 7))
    token_ids[1, 5:] = 0
    arrays = {
        "Input-Token": ("token_ids", token_ids.astype("int32")),
        "Input-Segment": ("segment_ids", ((generator.integers(0, 2, (2, 7)) + shared) * (token_ids != 0)).astype("int32")),
        "Input-Position": ("position_ids", generator.integers(0, 16, (2, 7)).astype("int32")),
        "Input-Condition": ("condition", generator.standard_normal((2, 6)).astype("float32")),
    }
    return [arrays[each.name.partition(":")[0]] for each in model.inputs]


def main():
    arrays = {}
    for name, (family, options) in CASES.items():
        if name.startswith("condition"):
            condition = Input((6,), name="Input-Condition")
            options = {**options, "layer_norm_cond": condition, "additional_input_layers": condition}
        model = build_transformer_model(model=family, **CONFIG, **options)
        for layer in model.layers:
            for index, weight in enumerate(layer.trainable_weights):
                value = 0.4 * generator.standard_normal(weight.shape) + (layer.name.endswith("Norm") and index == 1)
                arrays[f"{name}/{layer.name}/{index}"] = value.astype("float32")
            if layer.trainable_weights:
                layer.set_weights([arrays[f"{name}/{layer.name}/{i}"] for i in range(len(layer.trainable_weights))])
        given = inputs(model, name == "segments")
        arrays |= {f"{name}/inputs/{each}": array for each, array in given}
        arrays[f"{name}/hidden_states"] = model.predict([array for _, array in given], verbose=0)
    for number, (before, after) in enumerate(SHAPES):
        array = generator.standard_normal(before)
        arrays |= {f"resized/{number}/before": array, f"resized/{number}/after": orthogonally_resize(array, after)}
    np.savez_compressed(pathlib.Path(__file__).parent / "options.npz", **arrays)


if __name__ == "__main__":
    main()
