"""Decoding with kept keys and values computes what the whole text would: every family, mask and option of the blocks."""

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.generation.kv_cache_model import CachedModel, Step
from baselines.models.builder import build_transformer_model
from baselines.runtime import functional_graph

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "max_position_embeddings": 16, "initializer_range": 0.3}
MODELS = {
    "bert-causal": {"mask": "causal"},
    "bert-prefix": {"mask": "prefix"},
    "bert-prefix_length": {"mask": "prefix_length"},
    "roberta": {"model": "roberta", "mask": "causal"},
    "nezha-causal": {"model": "nezha", "mask": "causal", "max_relative_position": 3},
    "nezha-prefix": {"model": "nezha", "mask": "prefix"},
    "roformer": {"model": "roformer", "mask": "prefix"},
    "residual scores": {"mask": "prefix", "residual_attention_scores": True},
    "talking heads": {"mask": "causal", "talking_heads": "pre_post", "residual_attention_scores": True, "attention_key_size": 6},
    "log scale": {"model": "nezha", "mask": "prefix", "attention_scale": "log", "max_relative_position": 2},
    "pre-norm": {"mask": "prefix", "norm_placement": "pre", "residual_scale": "rezero"},
    "deepnorm": {"model": "roformer", "mask": "causal", "residual_scale": "deepnorm_adam"},
    "hierarchical": {"mask": "causal", "hierarchical_position": 0.4, "max_position_embeddings": 4},
    "projection": {"model": "roformer", "mask": "prefix", "embedding_size": 12},
    "roformer_v2": {"model": "roformer_v2", "mask": "prefix", "initializer": "normal"},
    "gau_alpha": {"model": "gau_alpha", "mask": "prefix", "initializer": "normal", "attention_key_size": 8},
    "squared_relu": {"model": "gau_alpha", "mask": "causal", "initializer": "normal", "attention_key_size": 8,
                     "attention_normalization": "squared_relu"},
    "albert": {"model": "albert", "mask": "prefix", "embedding_size": 12, "num_hidden_layers": 3},
    "albert, residual scores": {"model": "albert", "mask": "causal", "residual_attention_scores": True, "num_hidden_layers": 3},
    "electra": {"model": "electra", "mask": "prefix", "embedding_size": 12},
    "ernie": {"model": "ernie", "mask": "prefix", "use_task_id": True},
    "xlm_roberta": {"model": "xlm_roberta", "mask": "prefix", "pad_token_id": 0},
    "deberta_v2": {"model": "deberta_v2", "mask": "prefix", "relative_attention": True, "position_buckets": 4,
                   "pos_att_type": "c2p|p2c", "share_att_key": True, "position_biased_input": False},
    "deberta_v2, own": {"model": "deberta_v2", "mask": "causal", "relative_attention": True, "pos_att_type": "p2c|c2p"},
    "modernbert": {"model": "modernbert", "mask": "prefix", "local_attention": 4, "pad_token_id": 0},
    "half": {"model": "nezha", "mask": "prefix", "dtype": "mixed_bfloat16"},
}
LENGTHS, LONGEST, WRITTEN, PREFIXES = (4, 9, 6), 10, 4, 2
"""Tokens of each prompt, their padded length, tokens that are written after it, and texts that are written to each."""


def build(**options):
    """A model whose gates and mixing matrices are not at their start."""
    keras.utils.set_random_seed(0)
    model = build_transformer_model(CONFIG, with_mlm="linear", **options)
    for weight in model.trainable_weights:
        if "mix_" in weight.path or weight.path.endswith("gate"):
            weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    return model


def texts():
    """[[(token ids of prompt and text, segments of the same)]] of each prompt and prefix; speakers take turns in a prompt."""
    generator, found = np.random.default_rng(1), []
    for length in LENGTHS:
        prompt = generator.integers(1, 40, length)
        written = generator.integers(1, 40, (PREFIXES, WRITTEN))
        found.append([np.concatenate([prompt, each]) for each in written])
    return found


def segments(mask, length, total):
    """0 for a prompt and 1 behind it, or, where segments do not say who sees whom, a mixture."""
    return (np.arange(total) >= length) * 1 if mask == "prefix" else np.arange(total) // 2 % 2


def recomputed(model, mask):
    """Logits (prompts, prefixes, 1 + WRITTEN, V) of the token after each prompt and after every token behind it."""
    total = LONGEST + WRITTEN
    batch = {name: np.zeros((len(LENGTHS) * PREFIXES, total), "int32") for name in ("token_ids", "segment_ids")}
    for row, text in enumerate(text for some in texts() for text in some):
        batch["token_ids"][row, : len(text)] = text
        batch["segment_ids"][row, : len(text)] = segments(mask, len(text) - WRITTEN, len(text))
    lengths = np.repeat(LENGTHS, PREFIXES).astype("int32")
    batch["prefix_length"] = lengths
    logits = numbers(model({name: batch[name] for name in model.input})["mlm"])
    chosen = lengths[:, None] - 1 + np.arange(1 + WRITTEN)
    return np.take_along_axis(logits, chosen[:, :, None], axis=1).reshape(len(LENGTHS), PREFIXES, 1 + WRITTEN, -1)


def cached(model, mask):
    """The same from kept keys and values: the prompts padded, two texts to each in slots of their own behind a gap."""
    model, width = CachedModel(model, "mlm"), LONGEST + WRITTEN * PREFIXES
    lengths = np.array(LENGTHS, "int32")
    prompts = {name: np.zeros((len(LENGTHS), LONGEST), "int32") for name in ("token_ids", "segment_ids")}
    slot_positions = np.zeros((len(LENGTHS), width), "int32")
    visible = np.zeros((len(LENGTHS), PREFIXES, width), bool)
    for row, length in enumerate(LENGTHS):
        prompts["token_ids"][row, :length] = texts()[row][0][:length]
        prompts["segment_ids"][row, :length] = segments(mask, length, length)
        slot_positions[row, :length], visible[row, :, :length] = np.arange(length), True
    first, fresh = model.prefill({**prompts, "prefix_length": lengths}, lengths - 1)
    kv_cache = {}
    for name, shapes in model.kv_cache_shapes(len(LENGTHS), width).items():
        kv_cache[name] = tuple(ops.pad(kept, ((0, 0), (0, 0), (0, width - LONGEST), (0, 0))) for kept in fresh[name])
        assert [tuple(kept.shape) for kept in kv_cache[name]] == [*shapes]
    found = [np.repeat(numbers(first)[:, None], PREFIXES, axis=1)]
    for number in range(WRITTEN):
        slots = np.broadcast_to(LONGEST + number * PREFIXES + np.arange(PREFIXES), (len(LENGTHS), PREFIXES)).astype("int32")
        positions = np.repeat(lengths[:, None] + number, PREFIXES, axis=1).astype("int32")
        visible[:, np.arange(PREFIXES), slots[0]] = True
        np.put_along_axis(slot_positions, slots, positions, axis=1)
        tokens = np.array([[text[-WRITTEN + number] for text in some] for some in texts()], "int32")
        marks = [segments(mask, length, length + WRITTEN)[length + number] for length in LENGTHS]
        features = {"token_ids": tokens, "segment_ids": np.repeat(np.array(marks, "int32")[:, None], PREFIXES, axis=1)}
        step = Step(*(ops.convert_to_tensor(each) for each in (positions, slots, visible, slot_positions)))
        logits, kv_cache = model.step({**features, "prefix_length": lengths}, step, kv_cache)
        found.append(numbers(logits))
    return np.stack(found, axis=2)


def numbers(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


@pytest.mark.parametrize("name", MODELS)
def test_cached_decoding_is_full_recomputation(name):
    model, mask = build(**MODELS[name]), MODELS[name]["mask"]
    expected, found = recomputed(model, mask), cached(model, mask)
    assert expected.std() > 0.5 and np.abs(expected[:, 0, 1:] - expected[:, 1, 1:]).max() > 0.5         # the texts differ
    np.testing.assert_allclose(found, expected, atol=0.2 if name == "half" else 2e-5)


def test_what_is_kept_has_the_policys_dtype_and_the_sizes_of_keys_and_values():
    cached = CachedModel(build(mask="causal", attention_key_size=6, dtype="mixed_bfloat16"), "mlm")
    assert cached.dtype() == "bfloat16" and not cached.needs_slot_positions
    shapes = cached.kv_cache_shapes(3, 20)
    assert [*shapes] == [f"Transformer-{index}-MultiHeadSelfAttention" for index in range(2)]
    assert {*shapes.values()} == {((3, 2, 20, 6), (3, 2, 20, 8))}


def test_attention_that_keeps_no_keys_is_refused():
    linear = build(model="roformer", attention_kind="linear")
    with pytest.raises(ValueError, match="Received: Transformer-0-MultiHeadSelfAttention cannot"):
        CachedModel(linear, "mlm")
    with pytest.raises(ValueError, match="no layer does"):
        CachedModel(build(mask="causal", num_hidden_layers=0), "mlm")
    with pytest.raises(ValueError, match="the output 'logits'. Received: hidden_states, mlm"):
        CachedModel(build(mask="causal"))


def test_a_graph_run_node_by_node_is_the_model():
    model = build(model="nezha", mask="prefix", residual_attention_scores=True)
    batch = {"token_ids": np.array([[3, 4, 5, 0]], "int32"), "segment_ids": np.array([[0, 0, 1, 0]], "int32")}
    nodes, called = functional_graph.nodes(model), []

    def call(operation, args, kwargs):
        called.append(operation.name)
        assert "training" not in kwargs
        return operation(*args, **kwargs)

    values = {id(tensor): ops.convert_to_tensor(batch[name]) for name, tensor in model.input.items()}
    functional_graph.run(nodes, values, call)
    expected = model(batch)
    for name, tensor in model.output.items():
        np.testing.assert_allclose(numbers(values[id(tensor)]), numbers(expected[name]), atol=1e-6)
    layers = {layer.name for layer in model.layers} - {*model.input}
    assert {*called} == layers and len(called) == len(nodes)

    needed = functional_graph.needed(nodes, [model.output["hidden_states"]])
    assert {node.operation.name for node in nodes} - {node.operation.name for node in needed} == {
        name for name in layers if name.startswith("MLM")
    }
    modes = {node.operation.name for node in nodes if functional_graph.has_mode(node.operation)}
    assert {name for name in modes if "Dropout" in name} == {name for name in layers if "Dropout" in name} != set()
