"""The door to the models: sources, bert4keras' arguments, vocabulary surgery, messages."""

import json

import keras
import numpy as np
import pytest
import small

from baselines.errors import InputError
from baselines.models.builder import build_transformer_model, configure
from baselines.models.config import Config
from baselines.models.families import family
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.weights.save import save_google, save_hugging_face

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "num_hidden_layers": 1, "max_position_embeddings": 8}


def names(model):
    return [layer.name for layer in model.layers]


def test_layers_have_bert4keras_names():
    model = build_transformer_model({**CONFIG, "embedding_size": 12}, with_pool=True, with_nsp=True, with_mlm=True)
    block = [
        f"Transformer-0-{part}{step}"
        for part in ("MultiHeadSelfAttention", "FeedForward")
        for step in ("", "-Dropout", "-Add", "-Norm")
    ]
    steps = ("Token", "Segment", "Token-Segment", "Position", "Norm", "Dropout", "Mapping")
    embedding = [f"Embedding-{step}" for step in steps]
    heads = ["Pooler", "Pooler-Dense", "NSP-Proba", "MLM-Dense", "MLM-Norm", "MLM-Bias", "MLM-Activation"]
    assert set(names(model)) == {"token_ids", "segment_ids", "Attention-Mask", *embedding, *block, *heads}
    assert model.get_layer("Transformer-0-FeedForward").inner.kernel.shape == (16, 24)


@pytest.mark.parametrize(
    "application, mask, layer", [("encoder", "bidirectional", "Attention-Mask"), ("lm", "causal", "Attention-LM-Mask"),
                                 ("unilm", "prefix", "Attention-UniLM-Mask")]
)
def test_application_sets_mask_and_mlm_head(application, mask, layer):
    model = build_transformer_model(CONFIG, application=application)
    assert model.get_layer(layer).mask == mask
    assert set(model.output) == {"hidden_states"} | ({"mlm"} if application != "encoder" else set())
    assert build_transformer_model(CONFIG, application=application, with_mlm="linear").get_layer(
        "MLM-Activation"
    ).activation is keras.activations.linear


def test_a_bare_mask_adds_no_head():
    assert set(build_transformer_model(CONFIG, mask="causal").output) == {"hidden_states"}


def test_heads_stand_side_by_side():
    assert set(build_transformer_model(CONFIG, with_nsp=True).output) == {"hidden_states", "pooled", "nsp"}
    pooler = build_transformer_model(CONFIG, with_pool="linear").get_layer("Pooler-Dense")
    assert pooler.activation is keras.activations.linear


def test_inputs_follow_mask_and_config():
    inputs = build_transformer_model(CONFIG, mask="prefix_length").input
    assert set(inputs) == {"token_ids", "segment_ids", "prefix_length"}
    assert set(build_transformer_model({**CONFIG, "type_vocab_size": 0}).input) == {"token_ids"}


def test_sources_are_dict_config_file_or_config(tmp_path):
    path = tmp_path / "bert_config.json"
    path.write_text(json.dumps(CONFIG))
    for source in (CONFIG, str(path), path, Config.from_dict(CONFIG)):
        assert build_transformer_model(source).name == "bert"


@pytest.mark.parametrize(
    "values, model, family",
    [({}, "auto", "bert"), ({"model_type": "roformer"}, "auto", "roformer"), ({"model_type": "bert"}, "nezha", "nezha"),
     ({"use_relative_position": True}, "auto", "nezha"), ({}, "roberta", "bert")],
)
def test_families_come_from_argument_or_config(values, model, family):
    assert build_transformer_model({**CONFIG, **values}, model=model).name == family


def test_options_replace_fields():
    config = configure(CONFIG, attention_key_size=6, dropout_rate=0.3, hierarchical_position=True)
    assert (config.attention_key_size, config.attention_head_size) == (6, 8)
    assert (config.hidden_dropout_prob, config.hierarchical_position) == (0.3, 0.4)
    model = build_transformer_model(CONFIG, dropout_rate=0.3, attention_dropout_rate=0)
    assert model.get_layer("Embedding-Dropout").rate == 0.3
    assert model.get_layer("Transformer-0-MultiHeadSelfAttention").dropout.rate == 0


def test_vocabulary_shrinks_and_grows():
    model = build_transformer_model(CONFIG, keep_tokens=[0, 5, 7], compound_tokens=[[1, 2]], with_mlm=True)
    assert model.output["mlm"].shape[-1] == 4
    assert configure(CONFIG, keep_tokens=[0, 5, 7], compound_tokens=[[1, 2]]).vocab_size == 4


@pytest.fixture(params=["google", "hugging_face"])
def checkpoint(request, tmp_path):
    """(model, its folder)."""
    model = build_transformer_model(CONFIG, with_mlm="linear")
    names = family("bert").weight_names(Config.from_dict(CONFIG))
    if request.param == "google":
        (tmp_path / "bert_config.json").write_text(json.dumps(CONFIG))
        save_google(model, tmp_path / "bert_model.ckpt", names)
    else:
        (tmp_path / "config.json").write_text(json.dumps(Config.from_dict(CONFIG).to_hugging_face()))
        save_hugging_face(model, tmp_path, names)
    return model, tmp_path


def test_a_folder_gives_the_model_with_its_weights(checkpoint):
    model, folder = checkpoint
    batch = {"token_ids": np.array([[1, 5, 7]], "int32"), "segment_ids": np.array([[0, 0, 1]], "int32")}
    again = build_transformer_model(folder, with_mlm="linear")
    np.testing.assert_allclose(again(batch)["mlm"], model(batch)["mlm"], atol=1e-6)
    config_alone = build_transformer_model(CONFIG, checkpoint=folder)
    np.testing.assert_allclose(config_alone(batch)["hidden_states"], model(batch)["hidden_states"], atol=1e-6)


def test_kept_tokens_keep_their_vectors(checkpoint):
    model, folder = checkpoint
    small = build_transformer_model(folder, with_mlm="linear", keep_tokens=[0, 5, 7], compound_tokens=[[1, 2]])
    batch = {"token_ids": np.array([[1, 2]], "int32"), "segment_ids": np.array([[0, 0]], "int32")}
    expected = model({**batch, "token_ids": np.array([[5, 7]], "int32")})["mlm"]
    found = keras.ops.convert_to_numpy(small(batch)["mlm"])
    np.testing.assert_allclose(found[..., :3], keras.ops.convert_to_numpy(expected)[..., [0, 5, 7]], atol=1e-5)
    np.testing.assert_allclose(found[..., 3], found[..., 1:3].mean(-1), atol=1e-5)


def test_a_checkpoint_without_the_head_is_refused(tmp_path):
    model = build_transformer_model(CONFIG)
    save_google(model, tmp_path / "bert_model.ckpt", family("bert").weight_names(Config.from_dict(CONFIG)))
    with pytest.raises(InputError, match="MLM-Dense"):
        build_transformer_model(CONFIG, tmp_path / "bert_model.ckpt", with_mlm=True)
    build_transformer_model(CONFIG, tmp_path / "bert_model.ckpt", with_mlm=True, ignore_mismatched=True)


@pytest.mark.parametrize(
    "error, message, options",
    [
        (InputError, "Did you mean nezha?", {"model": "nehza"}),
        (InputError, "Set both to the same even number", {"model": "nezha", "attention_key_size": 6}),
        (InputError, "attention_key_size is 5, but columns are rotated in pairs", {"model": "roformer", "attention_key_size": 5}),
        (InputError, "config: unknown hidden_act 'gelo'", {"hidden_act": "gelo"}),
        (ValueError, "Did you mean causal?", {"mask": "causl"}),
        (ValueError, "Choose one of encoder, lm, unilm", {"application": "seq2seq"}),
        (ValueError, "Give one", {"application": "lm", "mask": "prefix"}),
        (ValueError, "Did you mean attention_key_size", {"attention_keysize": 6}),
    ],
)
def test_mistakes_are_told(error, message, options):
    with pytest.raises(error, match=message.replace("?", r"\?")):
        build_transformer_model(CONFIG, **options)


def test_reduced_and_extended_vocabularies_bring_their_rows(tmp_path):
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"天地人"]
    config = configure({**CONFIG, "vocab_size": len(words)})
    whole = build_transformer_model(config)
    save_hugging_face(whole, tmp_path, family("bert").weight_names(config))
    (tmp_path / "config.json").write_text(json.dumps(config.to_hugging_face()))
    vocabulary = Vocabulary(words).subset([0, 1, 2, 3, 4, 7]).with_added(["<说话人>"])
    found = build_transformer_model(tmp_path, keep_tokens=vocabulary.keep_ids)
    old, new = (np.asarray(keras.ops.convert_to_numpy(m.get_layer("Embedding-Token").embeddings)) for m in (whole, found))
    np.testing.assert_array_equal(new[:6], old[[0, 1, 2, 3, 4, 7]])
    np.testing.assert_allclose(new[6], old[[0, 1, 2, 3, 4, 7]].mean(0), rtol=1e-6)
