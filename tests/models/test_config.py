"""Configurations: what is read, what is refused, what is written."""

import json

import pytest

from baselines.errors import InputError
from baselines.models.config import Config, find

GOOGLE = {
    "attention_probs_dropout_prob": 0.1,
    "directionality": "bidi",
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pooler_type": "first_token_transform",
    "type_vocab_size": 2,
    "vocab_size": 21128,
}


def test_google_config_is_read_and_sizes_follow():
    config = Config.from_dict(GOOGLE)
    assert (config.model_type, config.attention_head_size, config.attention_key_size, config.embedding_size) == (
        "bert", 64, 64, 768,
    )
    assert config.layer_norm_eps is None and config.pad_token_id == 0


def test_null_is_absent_and_bert4keras_names_win():
    values = {**GOOGLE, "embedding_size": None, "max_position": 1024, "segment_vocab_size": 4, "dropout_rate": 0.2}
    config = Config.from_dict(values)
    assert (config.embedding_size, config.max_position_embeddings) == (768, 1024)
    assert (config.type_vocab_size, config.hidden_dropout_prob) == (4, 0.2)


def test_folders_are_read_by_either_name(tmp_path):
    with pytest.raises(InputError, match=r"config.json or bert_config.json"):
        Config.from_folder(tmp_path)
    (tmp_path / "bert_config.json").write_text(json.dumps(GOOGLE))
    assert Config.from_folder(tmp_path) == Config.from_dict(GOOGLE)
    (tmp_path / "config.json").write_text(json.dumps({**GOOGLE, "model_type": "nezha"}))
    assert Config.from_folder(tmp_path).model_type == "nezha"
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="config.json: not JSON"):
        Config.from_folder(tmp_path)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"hidden_size": 100}, "hidden_size must be a multiple of num_attention_heads=12"),
        ({"hidden_size": None}, "hidden_size missing"),
        ({"num_attention_heads": 0}, "num_attention_heads must be an integer from 1 to 2147483647. Received: 0"),
        ({"vocab_size": "21128"}, "vocab_size must be an integer"),
        ({"hidden_dropout_prob": 1.0}, "hidden_dropout_prob must be a number in"),
        ({"pad_token_id": 30000}, "pad_token_id must be below vocab_size=21128"),
        ({"hierarchical_position": 0.5}, "not 0.5"),
        ({"hidden_act": 3}, "hidden_act must be a str"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type='relative_key' is not implemented, only 'absolute'"),
        ({"layer_norm_eps": [1e-12]}, r"layer_norm_eps must be a number in \[0, 1\). Received: \[1e-12\]"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps must be a number"),
        ({"hidden_size": [[768]]}, "hidden_size must be an integer"),
        ({"hidden_size": True}, "hidden_size must be an integer"),
        ({"hidden_size": 10**30, "num_attention_heads": 10}, "hidden_size must be an integer from 1 to 2147483647"),
        ({"num_hidden_layers": 1001}, "num_hidden_layers must be an integer from 0 to 1000"),
        ({"intermediate_size": 2**31 - 1}, "a model of these sizes has about 4e\\+13 weights"),
        ({"hidden_act": "g" * 1000 + "elu", "model_type": 3}, "model_type must be a str"),
        ({"rotary_value": True}, "rotary_value=True is not implemented"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(InputError, match=message) as caught:
        Config.from_dict({**GOOGLE, **change}, where="some/config.json")
    assert str(caught.value).startswith("some/config.json: ")


def test_head_size_frees_hidden_size():
    assert Config.from_dict({**GOOGLE, "hidden_size": 100, "attention_head_size": 8}).attention_key_size == 8


@pytest.mark.keras
@pytest.mark.parametrize("model_type", ["bert", "nezha", "roformer"])
def test_what_is_written_is_read_again(model_type):
    config = Config.from_dict({**GOOGLE, "model_type": model_type, "hidden_act": "gelu_tanh", "attention_key_size": 32})
    written = json.loads(json.dumps(config.to_hugging_face()))
    assert written["model_type"] == model_type and written["architectures"][0].lower() == f"{model_type}model"
    assert written["hidden_act"] == "gelu_new" and written["attention_key_size"] == 32
    assert "attention_head_size" not in written and "embedding_size" not in written
    assert written["dtype"] == "float32", "transformers 5 would load weights stored as float16 in float16"
    again = Config.from_dict(written)
    assert again.to_hugging_face() == written
    assert written["layer_norm_eps"] == (1e-12 if model_type == "bert" else 1e-7)


@pytest.mark.keras
def test_chinese_roberta_is_written_as_bert():
    assert Config.from_dict({**GOOGLE, "model_type": "roberta"}).to_hugging_face()["model_type"] == "bert"


@pytest.mark.parametrize("name", ["bert_config_large.json", "albert_config.json", "config_zh.json"])
def test_the_only_configuration_may_have_another_name(tmp_path, name):
    for other in ("tokenizer_config.json", "generation_config.json", "my_config.json"):
        (tmp_path / other).write_text('{"num_beams": 3}')
    (tmp_path / name).write_text(json.dumps(GOOGLE))
    assert find(tmp_path).name == name and Config.from_folder(tmp_path) == Config.from_dict(GOOGLE)
    (tmp_path / "other_config.json").write_text(json.dumps(GOOGLE))
    with pytest.raises(InputError, match=r"several configurations \(.*other_config.json.*\). Rename the one"):
        Config.from_folder(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(GOOGLE))
    assert find(tmp_path).name == "config.json"


def test_a_byte_order_mark_is_no_part_of_a_configuration(tmp_path):
    (tmp_path / "config.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOGLE).encode())
    assert Config.from_folder(tmp_path) == Config.from_dict(GOOGLE)


def test_a_configuration_that_is_nested_too_deeply(tmp_path):
    (tmp_path / "config.json").write_text('{"a":' + "[" * 100_000)
    with pytest.raises(InputError, match="config.json: nested too deeply"):
        Config.from_folder(tmp_path)
