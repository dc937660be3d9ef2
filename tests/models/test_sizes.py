"""Every family says how many weights its model has, and is right."""

import math

import pytest
import small

from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import families, is_encoder_decoder, literals

pytestmark = pytest.mark.keras
RELATIVE = {"relative_attention": True, "pos_att_type": "c2p|p2c", "norm_rel_ebd": "layer_norm", "position_biased_input": False}
CASES = {name: {"model_type": name} for name in families()} | {
    "deberta_v2, own": {"model_type": "deberta_v2", **RELATIVE, "position_buckets": 4, "embedding_size": 12, "type_vocab_size": 2},
    "deberta_v2, shared": {"model_type": "deberta_v2", **RELATIVE, "share_att_key": True, "conv_kernel_size": 3},
    "albert, groups": {"model_type": "albert", "num_hidden_groups": 2, "num_hidden_layers": 4, "embedding_size": 12},
    "ernie, tasks": {"model_type": "ernie", "use_task_id": True},
    "modernbert, biases": {"model_type": "modernbert", "norm_bias": True, "mlp_bias": True, "attention_bias": True},
    "t5, gated": {"model_type": "t5", "gate_act": "linear", "num_decoder_layers": 3},
    "gpt, segments": {"model_type": "gpt", "type_vocab_size": 3},
    "bert, sizes": {"model_type": "bert", "attention_key_size": 6, "attention_head_size": 5, "embedding_size": 12,
                    "norm_placement": "pre"},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_count_is_that_of_the_model(name):
    config = Config.from_dict({**small.CONFIG, **CASES[name]})
    writes = is_encoder_decoder(config.model_type) or literals(config.model_type)["MASK"] == "causal"
    model = build_transformer_model(config, mask="causal" if writes else None)
    weights = {weight.path: math.prod(weight.shape) for weight in model.trainable_weights}
    assert config.sizes().parameters == sum(weights.values())
    assert config.sizes().multiplied >= config.sizes().inside


def test_a_shared_block_is_counted_once_and_multiplied_often():
    config = {**small.CONFIG, "num_hidden_layers": 6}
    albert, bert = (Config.from_dict({**config, "model_type": name}).sizes() for name in ("albert", "bert"))
    assert albert.multiplied == bert.multiplied == bert.inside == 6 * albert.inside
