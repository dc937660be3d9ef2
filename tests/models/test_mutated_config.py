"""Any mutation of a config.json gives a configuration whose model can be built, or one line."""

import json

import pytest
from hypothesis import given, settings
from mutations import bounded, changed_file, content_or_refusal

from baselines.models.builder import build_transformer_model, configure
from baselines.models.config import Config

pytestmark = pytest.mark.keras
VALUES = {
    "model_type": "bert", "vocab_size": 13, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 12, "max_position_embeddings": 16, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "type_vocab_size": 2,
    "attention_scale": "sqrt", "talking_heads": "none", "hierarchical_position": False, "hidden_dropout_prob": 0.1,
    "fused_attention": "auto", "embedding_size": None,
}  # fmt: skip
SMALL = 10_000


def read(path):
    config = configure(path)
    assert Config.from_dict(json.loads(json.dumps(config.to_hugging_face()))).hidden_size == config.hidden_size
    return config


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("config") / "config.json"


@settings(bounded, max_examples=25)
@given(content=changed_file(json.dumps(VALUES).encode()))
def test_a_mutated_config(path, content):
    path.write_bytes(content)
    config = content_or_refusal(read, path)
    sizes = config and (config.vocab_size, config.intermediate_size, config.max_position_embeddings, config.type_vocab_size)
    if config and max(sizes) < SMALL and config.num_hidden_layers < 3 and config.attention_head_size < SMALL:
        content_or_refusal(build_transformer_model, config)


def test_the_whole_config_is_read(path):
    path.write_text(json.dumps(VALUES))
    assert read(path).hidden_size == 8
