"""GPT and GPT2 go both ways between us and transformers: same weights, same numbers, same texts.

Needs requirements-parity.txt: pip install -r requirements-parity.txt, then pytest -m parity tests/parity.
"""

import json

import keras
import numpy as np
import pytest

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.generation.batch_generator import BatchGenerator
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.weights.save import save_hugging_face

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.parity

V, L, END = 50, 12, 49
SIZES = {"vocab_size": V, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 32, "bos_token_id": None, "eos_token_id": None}
ATOL = 1e-5
MODELS = {
    "gpt2": (transformers.GPT2LMHeadModel, transformers.GPT2Config(**SIZES)),
    "gpt2-options": (
        transformers.GPT2LMHeadModel,
        transformers.GPT2Config(**SIZES, n_inner=40, activation_function="gelu", scale_attn_weights=False, layer_norm_epsilon=1e-6),
    ),
    "openai-gpt": (transformers.OpenAIGPTLMHeadModel, transformers.OpenAIGPTConfig(**SIZES)),
}
every_model = pytest.mark.parametrize("name", MODELS)


def shaken(name):
    """A model with random weights in every place; fresh ones have zero biases, which hide mistakes."""
    kind, config = MODELS[name]
    model, generator = kind(config).eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


def batch():
    token_ids = np.random.default_rng(0).integers(1, V, (3, L)).astype(np.int32)
    for row, length in enumerate((L, L - 1, 5)):
        token_ids[row, length:] = 0
    return token_ids, (np.arange(L) % 3).astype(np.int32)[None].repeat(3, 0) * (token_ids != 0)


def ask_ours(model, token_ids, segment_ids):
    features = {"token_ids": token_ids, "segment_ids": segment_ids}
    return keras.ops.convert_to_numpy(model({name: features[name] for name in model.input})["mlm"])


def ask_theirs(model, token_ids, segment_ids=None):
    types = {} if segment_ids is None else {"token_type_ids": torch.tensor(segment_ids, dtype=torch.long)}
    with torch.no_grad():
        mask = torch.tensor(token_ids != 0, dtype=torch.long)
        return model(input_ids=torch.tensor(token_ids, dtype=torch.long), attention_mask=mask, **types).logits.numpy()


def assert_same(name, ours, theirs):
    token_ids, _ = batch()
    real, none = token_ids != 0, np.zeros_like(token_ids)
    expected = ask_theirs(theirs, token_ids)
    found = ask_ours(ours, token_ids, none)
    print(f"{name}: largest difference {np.abs(found - expected)[real].max():.1e}")
    np.testing.assert_allclose(found[real], expected[real], rtol=0, atol=ATOL)
    if "segment_ids" in ours.input:                                     # CDial-GPT's: ids of tokens
        segment_ids = np.where(real, 7 + token_ids % 2, 0).astype(np.int32)
        expected = ask_theirs(theirs, token_ids, segment_ids)
        np.testing.assert_allclose(ask_ours(ours, token_ids, segment_ids)[real], expected[real], rtol=0, atol=ATOL)


@every_model
def test_their_model_in_ours(name, tmp_path):
    theirs = shaken(name)
    theirs.save_pretrained(tmp_path)
    assert_same(name, build_transformer_model(tmp_path, with_mlm="linear"), theirs)


@every_model
def test_our_model_in_theirs(name, tmp_path):
    kind, their_config = MODELS[name]
    config = Config.from_dict(their_config.to_dict())
    ours, random = build_transformer_model(config, with_mlm="linear"), np.random.default_rng(0)
    for weight in ours.trainable_weights:
        weight.assign_add(random.normal(0, 0.2, weight.shape))
    save_hugging_face(ours, tmp_path, family(config.model_type).weight_names(config))
    (tmp_path / "config.json").write_text(json.dumps(config.to_hugging_face()))
    theirs, info = kind.from_pretrained(tmp_path, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    assert_same(name, ours, theirs.eval())


@pytest.mark.parametrize("name", ["gpt2", "openai-gpt"])
def test_greedy_texts_are_equal(name, tmp_path):
    theirs = shaken(name)
    theirs.save_pretrained(tmp_path)
    generator = BatchGenerator(build_transformer_model(tmp_path, with_mlm="linear"), END, context=32, output="mlm")
    prompts = [np.array(ids, np.int32) for ids in ([5, 9, 31], [1, 2, 3, 4, 5, 6, 7])]
    config = GenerationConfig(top_k=1, max_tokens=12)
    texts = generator.generate([Prompt(ids, np.zeros_like(ids), segment=0) for ids in prompts], config)
    for ids, (text,) in zip(prompts, texts, strict=True):
        expected = theirs.generate(
            torch.tensor(ids, dtype=torch.long)[None], attention_mask=torch.ones(1, len(ids), dtype=torch.long), max_new_tokens=12,
            do_sample=False, eos_token_id=END, pad_token_id=0,
        )[0, len(ids) :].tolist()  # fmt: skip
        assert list(text.token_ids) == [token for token in expected if token != END]
        assert text.finished == (END in expected)
