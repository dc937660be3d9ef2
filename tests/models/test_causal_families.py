"""GPT, GPT2 and GPT2-ML: names, padding, cached decoding, files both ways, configurations of transformers."""

import json

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.decoding.decoder_protocol import Prompt
from baselines.errors import InputError
from baselines.generation.cached_decoder import CachedDecoder
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.weights import safetensors_file
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.load import load_weights
from baselines.weights.save import save_google, save_hugging_face

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "max_position_embeddings": 24, "initializer_range": 0.3}
SHARED = {"model_type": "openai-gpt"}
CASES = {
    "gpt": {"model_type": "gpt"},
    "openai-gpt": SHARED,
    "gpt2": {"model_type": "gpt2"},
    "gpt2-options": {"model_type": "gpt2", "attention_key_size": 3, "talking_heads": "pre", "residual_scale": "rezero"},
    "gpt2_ml": {"model_type": "gpt2_ml"},
}
every_case = pytest.mark.parametrize("name", CASES)


def build(name, **options):
    config = Config.from_dict({**CONFIG, **CASES[name]})
    return build_transformer_model(config, **options), config


def rows(model, length=8, real=None):
    token_ids = np.random.default_rng(length).integers(1, 40, (2, length)).astype("int32")
    segment_ids = np.tile(np.arange(length) % 4 // 2, (2, 1)).astype("int32") * 7 % 2
    features = {"token_ids": token_ids, "segment_ids": segment_ids}
    for values in features.values():
        values[:, real or length :] = 0
    return {feature: features[feature] for feature in model.input}


def run(model, batch):
    return {name: ops.convert_to_numpy(ops.cast(value, "float32")) for name, value in model(batch).items()}


@every_case
def test_every_weight_has_one_name_in_each_format(name):
    model, config = build(name)
    names = family(config.model_type).weight_names(config)
    assert {weight.path for weight in model.trainable_weights} == set(names)
    assert len({each.google for each in names.values()}) == len(names)
    assert len({(each.hugging_face, each.part) for each in names.values()}) == len(names)


@every_case
def test_padding_and_later_tokens_change_nothing(name):
    model, _ = build(name)
    batch = rows(model, 6)
    padded = {feature: np.pad(value, ((0, 0), (0, 4))) for feature, value in batch.items()}
    changed = {feature: value.copy() for feature, value in batch.items()}
    changed["token_ids"][:, 3:] = 39 - changed["token_ids"][:, 3:] % 39
    plain, longer, other = run(model, batch), run(model, padded), run(model, changed)
    for output, values in plain.items():
        np.testing.assert_allclose(longer[output][:, :6], values, atol=1e-5)
        np.testing.assert_allclose(other[output][:, :3], values[:, :3], atol=1e-6)
        assert np.abs(other[output] - values)[:, 3:].max() > 1e-3


@pytest.mark.parametrize("name", ["openai-gpt", "gpt2", "gpt2_ml"])
def test_cached_decoding_equals_the_plain_model(name):
    model, _ = build(name, with_mlm="linear")
    batch = rows(model, 9)
    token_ids, segment_ids = batch["token_ids"], np.zeros_like(batch["token_ids"])
    segment_ids[:, 5:] = 1
    expected = ops.log_softmax(model({"token_ids": token_ids, "segment_ids": segment_ids} if len(batch) > 1 else batch)["mlm"])
    decoder = CachedDecoder(model, end_id=39, num_rows=2, capacity=16, candidates=40, output="mlm")
    scores = [decoder.prefill([0, 1], [Prompt(row[:5], np.zeros(5, np.int32), segment=1) for row in token_ids])]
    scores += [decoder.step(token_ids[:, place : place + 1]) for place in range(5, 9)]
    found = np.concatenate([each.whole() for each in scores], axis=1)
    np.testing.assert_allclose(found, ops.convert_to_numpy(expected)[:, 4:9], atol=1e-5)


@every_case
def test_weights_come_back_from_both_formats(name, tmp_path):
    model, config = build(name)
    batch, names = rows(model), family(config.model_type).weight_names(config)
    save_hugging_face(model, tmp_path / "folder", names)
    save_google(model, tmp_path / "model.ckpt", names)
    (tmp_path / "folder" / "config.json").write_text(json.dumps(config.to_hugging_face()))
    found = run(build_transformer_model(tmp_path / "folder"), batch)
    for output, values in run(model, batch).items():
        np.testing.assert_array_equal(found[output], values)
    other, _ = build(name)
    assert load_weights(other, tmp_path / "model.ckpt", names).complete
    np.testing.assert_array_equal(run(other, batch)["mlm"], run(model, batch)["mlm"])


@pytest.mark.parametrize("name", ["openai-gpt", "gpt2_ml"])
def test_a_keras_file_gives_the_same_model(name, tmp_path):
    model, _ = build(name)
    model.save(tmp_path / "model.keras")
    batch = rows(model)
    np.testing.assert_array_equal(run(keras.models.load_model(tmp_path / "model.keras"), batch)["mlm"], run(model, batch)["mlm"])


def test_half_precision_has_float32_probabilities():
    model, _ = build("gpt2", dtype="mixed_bfloat16")
    outputs = run(model, rows(model))
    assert keras.backend.standardize_dtype(model.output["mlm"].dtype) == "float32"
    np.testing.assert_allclose(outputs["mlm"].sum(-1), 1, atol=1e-5)


@every_case
def test_a_config_comes_back_from_the_published_form(name):
    values = {**CONFIG, **CASES[name], "layer_norm_eps": 1e-5, "hidden_act": "gelu", "embedding_dropout_prob": 0.2}
    config = Config.from_dict(values)
    assert Config.from_dict(config.to_hugging_face()) == config


GPT2 = {"model_type": "gpt2", "vocab_size": 40, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 24}
OPENAI = {"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 24, "vocab_size": 40}


def test_fields_of_transformers_are_read():
    config = Config.from_dict({**GPT2, "n_inner": None, "resid_pdrop": 0.2, "embd_pdrop": 0.3, "scale_attn_weights": False})
    assert (config.hidden_size, config.intermediate_size, config.hidden_act) == (16, 64, "gelu_new")
    assert (config.hidden_dropout_prob, config.option("embedding_dropout_prob")) == (0.2, 0.3)
    assert config.attention_scale == "none"
    assert Config.from_dict({**GPT2, "n_inner": 20, "activation_function": "relu"}).intermediate_size == 20


@pytest.mark.parametrize("model_type", [{}, {"model_type": "openai-gpt"}])
def test_the_gelu_of_openai_is_the_approximate_one(model_type):
    config = Config.from_dict({**OPENAI, **model_type, "afn": "gelu", "layer_norm_epsilon": 1e-5})
    assert (config.model_type, config.hidden_act, config.intermediate_size) == ("gpt", "gelu_tanh", 64)
    assert config.option("shared_segment_embeddings") is True


def test_the_family_that_the_config_names_may_be_given_too():
    assert build_transformer_model({**OPENAI, "model_type": "openai-gpt"}, model="gpt").get_layer("Embedding-Segment-Choice")


@pytest.mark.parametrize(
    "name, values, message",
    [
        ("gpt2", {"embedding_size": 8}, "embedding_size is 8, hidden_size 16"),
        ("gpt2", {"tie_word_embeddings": False}, "tie_word_embeddings=False is not implemented"),
        ("gpt2_ml", {"norm_placement": "pre"}, "its weights have norms in other places"),
        ("gpt", {"norm_placement": "feed_forward"}, "it is GPT2-ML's"),
    ],
)
def test_what_cannot_be_built_is_refused(name, values, message):
    with pytest.raises(InputError, match=message):
        build_transformer_model({**CONFIG, **values}, model=name)


@pytest.mark.parametrize("head", ["with_pool", "with_nsp"])
def test_heads_of_bert_are_refused(head):
    with pytest.raises(InputError, match=f"Leave {head} out"):
        build_transformer_model(CONFIG, model="gpt2", **{head: True})


def test_masks_that_are_asked_for():
    assert build_transformer_model(CONFIG, model="gpt2", application="encoder").get_layer("Attention-LM-Mask")
    assert build_transformer_model(CONFIG, model="gpt2", mask="bidirectional").get_layer("Attention-Mask")
    assert build_transformer_model(CONFIG, model="gpt", application="unilm").get_layer("Attention-UniLM-Mask")


@pytest.mark.parametrize("name, table", [("gpt2", "transformer.wte.weight"), ("openai-gpt", "transformer.tokens_embed.weight")])
def test_a_stored_head_must_repeat_the_table(name, table, tmp_path):
    model, config = build(name)
    names = family(config.model_type).weight_names(config)
    save_hugging_face(model, tmp_path, names)
    tensors = {key: value.copy() for key, value in open_checkpoint(tmp_path).items()}
    block = "transformer.h.0.attn"
    buffers = {f"{block}.bias": np.ones((1, 1, 24, 24), np.float32), f"{block}.masked_bias": np.float32(-1e4)}
    safetensors_file.write(tmp_path / "model.safetensors", tensors | buffers | {"lm_head.weight": tensors[table]})
    assert load_weights(build(name)[0], tmp_path, names).complete
    safetensors_file.write(tmp_path / "model.safetensors", tensors | {"lm_head.weight": tensors[table] + 1})
    with pytest.raises(InputError, match=f"lm_head.weight.* differs from {table}"):
        load_weights(build(name)[0], tmp_path, names)
