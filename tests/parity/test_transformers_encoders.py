"""Families of transformers beside BERT and RoFormer, both ways: same weights, same numbers.

Needs requirements-parity.txt: pip install -r requirements-parity.txt, then pytest -m parity tests/parity.
"""

import json

import keras
import numpy as np
import pytest

from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.weights.save import save_hugging_face

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.parity

B, L, V = 3, 20, 60
SIZES = {
    "vocab_size": V,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 24,
}
RELATIVE = {"relative_attention": True, "position_biased_input": False, "norm_rel_ebd": "layer_norm"}
BOTH = {**RELATIVE, "pos_att_type": ["p2c", "c2p"], "position_buckets": 8}
CASES = {
    "electra": ("Electra", {"embedding_size": 16, "hidden_act": "relu"}),
    "ernie-1": ("Ernie", {"hidden_act": "relu", "layer_norm_eps": 1e-5}),
    "ernie-3": ("Ernie", {"use_task_id": True, "type_vocab_size": 4}),
    "albert": ("Albert", {"embedding_size": 16, "hidden_act": "gelu_new"}),
    "albert-groups": ("Albert", {"embedding_size": 16, "num_hidden_groups": 3}),
    "xlm-roberta": ("XLMRoberta", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, "pad_token_id": 1}),
    "roberta": ("Roberta", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, "pad_token_id": 1}),
    "deberta-v2": ("DebertaV2", {**BOTH, "share_att_key": True}),
    "deberta-v2-own": ("DebertaV2", {**BOTH, "pos_att_type": "c2p|p2c", "type_vocab_size": 2, "legacy": False}),
    "deberta-v2-c2p": ("DebertaV2", {**RELATIVE, "pos_att_type": ["c2p"], "position_biased_input": True}),
    "deberta-v2-conv": ("DebertaV2", {**BOTH, "share_att_key": True, "conv_kernel_size": 3, "conv_act": "gelu"}),
    "deberta-v2-plain": ("DebertaV2", {}),
    "modernbert": ("ModernBert", {"local_attention": 8, "pad_token_id": 0}),
    "modernbert-biases": ("ModernBert", {"local_attention": 6, "pad_token_id": 0, "attention_bias": True, "mlp_bias": True,
                                         "norm_bias": True, "classifier_bias": True, "decoder_bias": False}),
}  # fmt: skip
"""{case: (prefix of transformers' classes, arguments of its configuration)}."""


def config_of(case):
    prefix, options = CASES[case]
    special = {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3} if prefix == "ModernBert" else {}
    return getattr(transformers, f"{prefix}Config")(**{**SIZES, **special, **options})


def features(config):
    """Rows of full, nearly full and short length."""
    random = np.random.default_rng(0)
    token_ids = random.integers(2, V, (B, L)).astype(np.int32)
    segment_ids = (np.arange(L) >= 9).astype(np.int32)[None].repeat(B, 0)
    for row, length in enumerate((L, L - 1, 5)):
        token_ids[row, length:] = config.pad_token_id
        segment_ids[row, length:] = 0
    return {"token_ids": token_ids, "segment_ids": segment_ids}


def ask_torch(model):
    """(hidden states, output)."""
    inputs = features(model.config)
    given = {"input_ids": inputs["token_ids"], "attention_mask": inputs["token_ids"] != model.config.pad_token_id}
    if getattr(model.config, "type_vocab_size", 0) > 1:
        given["token_type_ids"] = inputs["segment_ids"]
    with torch.no_grad():
        given = {name: torch.tensor(value, dtype=torch.long) for name, value in given.items()}
        return model.eval().base_model(**given)[0].numpy(), model(**given)


def assert_same(ours, theirs, config):
    """On real tokens; what is computed on padding has no meaning."""
    inputs = features(config)
    real = inputs["token_ids"] != config.pad_token_id
    received = ours({name: inputs[name] for name in ours.input})
    hidden_states, output = theirs
    for name, expected in (("hidden_states", hidden_states), ("mlm", output.logits.numpy())):
        found = keras.ops.convert_to_numpy(received[name])[real]
        print(f"{name}: largest difference {np.abs(found - expected[real]).max():.1e}")
        np.testing.assert_allclose(found, expected[real], rtol=0, atol=1e-5, err_msg=name)


def shake_torch(model):
    """Random weights in every place; fresh models have zero biases, which hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def shake_keras(model):
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0, 0.1, weight.shape))
    return model


@pytest.mark.parametrize("case", CASES)
def test_theirs_in_ours(tmp_path, case):
    config = config_of(case)
    theirs = shake_torch(getattr(transformers, f"{CASES[case][0]}ForMaskedLM")(config))
    theirs.save_pretrained(tmp_path)
    assert_same(build_transformer_model(tmp_path, with_mlm="linear"), ask_torch(theirs), config)


@pytest.mark.parametrize("case", CASES)
def test_ours_in_theirs(tmp_path, case):
    config = Config.from_dict(config_of(case).to_dict())
    ours = shake_keras(build_transformer_model(config, with_mlm="linear"))
    (tmp_path / "config.json").write_text(json.dumps(config.to_hugging_face()))
    save_hugging_face(ours, tmp_path, family(config.model_type).weight_names(config))
    kind = getattr(transformers, f"{CASES[case][0]}ForMaskedLM")
    theirs, info = kind.from_pretrained(tmp_path, output_loading_info=True)
    assert not (info["missing_keys"] or info["unexpected_keys"] or info["mismatched_keys"])
    assert transformers.AutoConfig.from_pretrained(tmp_path).model_type == config_of(case).model_type
    assert_same(ours, ask_torch(theirs), theirs.config)


def test_their_electra_discriminator_in_ours(tmp_path):
    config = config_of("electra")
    theirs = shake_torch(transformers.ElectraForPreTraining(config))
    theirs.save_pretrained(tmp_path)
    ours = build_transformer_model(tmp_path, with_discriminator="linear")
    _, output = ask_torch(theirs)
    real = features(config)["token_ids"] != 0
    found = keras.ops.convert_to_numpy(ours(features(config))["discriminator"])
    np.testing.assert_allclose(found[real], output.logits.numpy()[real], rtol=0, atol=1e-5)


def test_their_albert_pooler_and_order_head_in_ours(tmp_path):
    config = config_of("albert")
    theirs = shake_torch(transformers.AlbertForPreTraining(config))
    theirs.save_pretrained(tmp_path)
    ours = build_transformer_model(tmp_path, with_nsp="linear", with_mlm="linear")
    _, output = ask_torch(theirs)
    found = keras.ops.convert_to_numpy(ours(features(config))["nsp"])
    np.testing.assert_allclose(found, output.sop_logits.numpy(), rtol=0, atol=1e-5)
