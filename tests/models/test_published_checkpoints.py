"""The table of published checkpoints: names that --init takes, numbers in range, and the command that prints it."""

import pytest

from baselines.cli.main import main
from baselines.models.config import Config
from baselines.models.families import families, family
from baselines.models.published_checkpoints import published_checkpoints
from baselines.storage.hubs.names import HUGGING_FACE, HubName


def test_every_row_is_complete():
    rows = published_checkpoints()
    assert len(rows) > 40 and len({row.init for row in rows}) == len(rows)
    for row in rows:
        name = HubName.parse(row.init)
        assert name.hub == HUGGING_FACE and "/" in name.repository
        assert 1 <= row.parameters < 3000 and 10_000 <= row.vocabulary < 300_000
        assert row.license in ("Apache-2.0", "MIT", "AFL-3.0", "not stated")
        assert row.use and not row.use.endswith(".")
    assert {row.family for row in rows} <= set(families())


BASE = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12, "vocab_size": 12000}
T5 = {"d_ff": 2048, "d_kv": 64, "d_model": 512, "num_heads": 8, "num_layers": 6, "vocab_size": 21228}
CONFIGS = {
    "roformer_v2": BASE | {"model_type": "roformer", "norm_type": "rms_norm", "use_bias": False, "rotary_value": False},
    "roformer": BASE | {"model_type": "roformer", "norm_type": "layer_norm", "use_bias": True, "pooler_activation": "linear"},
    "gau_alpha": {"model_type": "gau_alpha", "attention_key_size": 128, "attention_scale": True, "normalization": "softmax_plus",
                  "hidden_act": "swish", "hidden_size": 768, "intermediate_size": 1536, "num_hidden_layers": 24,
                  "use_bias": False, "vocab_size": 12000},
    "electra": BASE | {"model_type": "electra", "embedding_size": 128, "summary_type": "first"},
    "ernie": BASE | {"model_type": "ernie", "task_type_vocab_size": 3, "type_vocab_size": 4, "use_task_id": True},
    "albert": BASE | {"model_type": "albert", "embedding_size": 128, "num_hidden_groups": 1, "inner_group_num": 1},
    "nezha": BASE | {"model_type": "nezha", "max_relative_position": 64},
    "deberta_v2": BASE | {"model_type": "deberta-v2", "pos_att_type": ["c2p", "p2c"], "position_biased_input": False,
                          "position_buckets": 256, "relative_attention": True, "share_att_key": True, "type_vocab_size": 0,
                          "norm_rel_ebd": "layer_norm", "conv_kernel_size": 3, "conv_act": "gelu", "max_relative_positions": -1},
    "xlm_roberta": BASE | {"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1, "type_vocab_size": 1},
    "gpt": {"afn": "gelu", "n_ctx": 512, "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 513, "vocab_size": 13088},
    "gpt2": {"model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024,
             "vocab_size": 21128},
    "bart": {"model_type": "bart", "d_model": 768, "encoder_layers": 6, "encoder_attention_heads": 12, "encoder_ffn_dim": 3072,
             "decoder_layers": 6, "decoder_attention_heads": 12, "decoder_ffn_dim": 3072, "decoder_start_token_id": 101,
             "max_position_embeddings": 1024, "num_hidden_layers": 6, "pad_token_id": 0, "vocab_size": 21128},
    "t5": T5 | {"model_type": "mt5", "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 6},
}  # fmt: skip
"""{family: what its published files say}."""


@pytest.mark.parametrize("family", CONFIGS)
def test_the_published_configurations_name_their_family(family):
    assert Config.from_dict(CONFIGS[family]).model_type == family


def test_the_published_names_of_gau_alpha():
    """github.com/JunnYu/GAU-alpha-pytorch calls the module gau_alpha and the scales weights."""
    config = Config.from_dict(CONFIGS["gau_alpha"])
    published = {name.hugging_face for name in family("gau_alpha").weight_names(config).values()}
    assert config.attention_scale == "log"
    assert published >= {
        "gau_alpha.embeddings.word_embeddings.weight", "gau_alpha.embeddings.token_type_embeddings.weight",
        "gau_alpha.encoder.layer.23.gau.i_dense.weight", "gau_alpha.encoder.layer.23.gau.o_dense.weight",
        "gau_alpha.encoder.layer.23.gau.q_scaleoffset.weight", "gau_alpha.encoder.layer.23.gau.k_scaleoffset.weight",
    }  # fmt: skip


def test_the_table(capsys):
    assert main(["list", "checkpoints"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(published_checkpoints()) and lines[0].split()[:2] == ["--init", "family"]
    assert any(line.startswith("hf:hfl/chinese-roberta-wwm-ext  ") and "102M" in line and "Apache-2.0" in line for line in lines)


@pytest.mark.parametrize("argv", [["list", "checkpoints", "--family", "roformer"], ["list", "--family=roformer"]])
def test_one_family(capsys, argv):
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert {line.split()[1] for line in lines} == {"roformer"} and len(lines) == len(published_checkpoints("roformer"))


@pytest.mark.parametrize("argv, problem", [
    (["list", "checkpoints", "--family", "roformr"], "no published checkpoint of 'roformr' is listed. Did you mean roformer"),
    (["list", "checkpoints", "tasks"], "list: checkpoints is a table of its own. Leave out tasks."),
    (["list", "checkpoint"], "list: there is no list of 'checkpoint'. Did you mean checkpoints?"),
    (["list", "checkpoints", "--family"], "--family: a value is missing"),
])  # fmt: skip
def test_mistakes(capsys, argv, problem):
    assert main(argv) == 2
    assert problem in capsys.readouterr().err


def test_the_overview_counts_them(capsys):
    assert main(["list"]) == 0
    last = f"  {len(published_checkpoints())} published ones: `run.py list checkpoints` prints what --init downloads\n"
    assert capsys.readouterr().out.endswith(f"checkpoints:\n{last}")
