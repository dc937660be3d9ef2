"""Folders go both ways between us and Hugging Face's transformers: same weights, same numbers.

Needs requirements-parity.txt: pip install -r requirements-parity.txt, then pytest -m parity tests/parity.
"""

import json

import keras
import numpy as np
import pytest
from conftest import ROOT

from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary
from baselines.weights.checkpoint import describe
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
OUTPUTS = {"hidden_states": "last_hidden_state", "pooled": "pooler_output"}
PRETRAINING = {"mlm": "prediction_logits", "nsp": "seq_relationship_logits"}
ATOL = 1e-5


def features():
    random = np.random.default_rng(0)
    token_ids = random.integers(1, V, (B, L)).astype(np.int32)
    segment_ids = (np.arange(L) >= 9).astype(np.int32)[None].repeat(B, 0)
    for row, length in enumerate((L, L - 1, 5)):
        token_ids[row, length:] = 0
        segment_ids[row, length:] = 0
    return {"token_ids": token_ids, "segment_ids": segment_ids}


def ask_torch(model):
    inputs = features()
    with torch.no_grad():
        return model.eval()(
            input_ids=torch.tensor(inputs["token_ids"], dtype=torch.long),
            token_type_ids=torch.tensor(inputs["segment_ids"], dtype=torch.long),
            attention_mask=torch.tensor(inputs["token_ids"] != 0, dtype=torch.long),
        )


def assert_same(ours, theirs, outputs):
    """On real tokens; what is computed on padding has no meaning."""
    real = features()["token_ids"] != 0
    received = ours(features())
    for output, name in outputs.items():
        ours_array = keras.ops.convert_to_numpy(received[output])
        theirs_array = theirs[name].numpy()
        if ours_array.ndim == 3:
            ours_array, theirs_array = ours_array[real], theirs_array[real]
        print(f"{output}: largest difference {np.abs(ours_array - theirs_array).max():.1e}")
        np.testing.assert_allclose(ours_array, theirs_array, rtol=0, atol=ATOL, err_msg=output)


def shake_torch(model):
    """Random weights in every place; fresh models have zero biases, which hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def shake_keras(model):
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0, 0.1, weight.shape))
    return model


def bert_config():
    return transformers.BertConfig(**SIZES)


def roformer_config(**sizes):
    return transformers.RoFormerConfig(**SIZES, **sizes)


def save_ours(model, config, folder):
    """As a run does it: config.json beside model.safetensors."""
    config.save_pretrained(folder)
    names = family(config.model_type).weight_names(Config.from_folder(folder))
    save_hugging_face(model, folder, names)


def from_pretrained(kind, folder):
    """The model, after a look at what transformers says about missing and unexpected names."""
    model, info = kind.from_pretrained(folder, output_loading_info=True)
    buffers = {"encoder.embed_positions.weight", "roformer.encoder.embed_positions.weight"}
    assert set(info["missing_keys"]) <= buffers
    assert not info["mismatched_keys"]
    return model, set(info["unexpected_keys"])


def test_their_bert_model_in_ours(tmp_path):
    theirs = shake_torch(transformers.BertModel(bert_config()))
    theirs.save_pretrained(tmp_path)
    assert_same(build_transformer_model(tmp_path, with_pool=True), ask_torch(theirs), OUTPUTS)


def test_their_pretraining_bert_in_ours(tmp_path):
    theirs = shake_torch(transformers.BertForPreTraining(bert_config()))
    theirs.save_pretrained(tmp_path)
    ours = build_transformer_model(tmp_path, with_nsp="linear", with_mlm="linear")
    assert_same(ours, ask_torch(theirs), PRETRAINING)


def test_their_shards_in_ours(tmp_path):
    theirs = shake_torch(transformers.BertModel(bert_config()))
    theirs.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert_same(build_transformer_model(tmp_path, with_pool=True), ask_torch(theirs), OUTPUTS)


def test_their_half_precision_in_ours(tmp_path):
    theirs = shake_torch(transformers.BertModel(bert_config())).to(torch.bfloat16)
    theirs.save_pretrained(tmp_path)
    assert {row.dtype for row in describe(tmp_path).rows} == {"bfloat16"}
    assert_same(build_transformer_model(tmp_path, with_pool=True), ask_torch(theirs.float()), OUTPUTS)


@pytest.mark.parametrize("model_type", ["bert", "roberta"])
def test_our_bert_in_theirs(tmp_path, model_type):
    ours = shake_keras(build_transformer_model(SIZES, model=model_type, with_nsp="linear", with_mlm="linear"))
    save_ours(ours, bert_config(), tmp_path)
    theirs, unexpected = from_pretrained(transformers.AutoModel, tmp_path)
    assert all(name.startswith("cls.") for name in unexpected)
    assert_same(ours, ask_torch(theirs), OUTPUTS)
    theirs, unexpected = from_pretrained(transformers.AutoModelForPreTraining, tmp_path)
    assert not unexpected
    assert_same(ours, ask_torch(theirs), PRETRAINING)


def test_our_bert_with_a_task_head_in_theirs(tmp_path):
    encoder = build_transformer_model(SIZES, model="bert", with_pool=True)
    logits = keras.layers.Dense(3, name="head")(encoder.output["pooled"])
    ours = shake_keras(keras.Model(encoder.input, encoder.output | {"logits": logits}))
    save_ours(ours, bert_config(), tmp_path)
    theirs, unexpected = from_pretrained(transformers.AutoModel, tmp_path)
    assert unexpected == {"baselines.head/kernel", "baselines.head/bias"}
    assert_same(ours, ask_torch(theirs), OUTPUTS)


@pytest.mark.parametrize("sizes", [{}, {"embedding_size": 16}], ids=["", "embedding_size"])
def test_their_roformer_in_ours(tmp_path, sizes):
    theirs = shake_torch(transformers.RoFormerForMaskedLM(roformer_config(**sizes)))
    theirs.save_pretrained(tmp_path)
    ours = build_transformer_model(tmp_path, with_mlm="linear")
    assert_same(ours, ask_torch(theirs), {"mlm": "logits"})
    assert_same(ours, ask_torch(theirs.roformer), {"hidden_states": "last_hidden_state"})


@pytest.mark.parametrize("sizes", [{}, {"embedding_size": 16}], ids=["", "embedding_size"])
def test_our_roformer_in_theirs(tmp_path, sizes):
    config = roformer_config(**sizes)
    ours = shake_keras(build_transformer_model(config.to_dict(), with_mlm="linear"))
    save_ours(ours, config, tmp_path)
    theirs, _ = from_pretrained(transformers.AutoModel, tmp_path)
    assert_same(ours, ask_torch(theirs), {"hidden_states": "last_hidden_state"})
    theirs, unexpected = from_pretrained(transformers.AutoModelForMaskedLM, tmp_path)
    assert not unexpected
    assert_same(ours, ask_torch(theirs), {"mlm": "logits"})


def as_run(folder, dtype):
    """A folder as a run writes it, its weights stored in `dtype`."""
    config = Config.from_dict(SIZES)
    model = shake_keras(build_transformer_model(config, with_mlm="linear"))
    save_hugging_face(model, folder, family("bert").weight_names(config), dtype)
    (folder / "config.json").write_text(json.dumps(config.to_hugging_face()))
    return folder


@pytest.mark.parametrize("source", ["float16", "float32", "mini", "mini_unilm"])
def test_weights_stored_in_half_are_loaded_to_be_trained(tmp_path, source):
    """transformers 5 takes the dtype of config.json, else that of the file: in float16 a fine-tune on a CPU learns nothing."""
    folder = ROOT / "checkpoints" / source if source.startswith("mini") else as_run(tmp_path, source)
    model = transformers.AutoModel.from_pretrained(folder)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    stored = {str(row.dtype) for row in describe(folder).rows}
    assert stored == {"float32" if source == "float32" else "float16"}


def test_word_level_tokenizers_go_to_transformers_as_such(tmp_path):
    """Without rjieba transformers refuses the folder; a BertTokenizer would cut characters in silence."""
    Tokenizer.from_vocabulary(Vocabulary([*SPECIAL_TOKENS, *"今天很好", "今天"]), pre_tokenizer="jieba").save(tmp_path)
    try:
        theirs = transformers.AutoTokenizer.from_pretrained(tmp_path)
    except (ImportError, ModuleNotFoundError) as error:
        assert "rjieba" in str(error)
    else:
        assert theirs.tokenize("今天很好") == ["今天", "很", "好"]
