"""Families are found by their files, and name every weight of their models."""

import dataclasses

import pytest
import small

from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import families, family, is_encoder_decoder, literals

pytestmark = pytest.mark.keras
CONFIG = small.CONFIG


def test_families_are_the_files_that_build():
    found = families()
    assert {"bert", "nezha", "roberta", "roformer"} <= set(found)
    assert not {"builder", "config", "encoder", "masks", "names", "families"} & set(found)
    assert all(found.values())


ENCODERS = sorted(name for name in families() if literals(name)["MASK"] == "bidirectional" and not is_encoder_decoder(name))


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("options", [{}, {"embedding_size": 12, "type_vocab_size": 0}], ids=["plain", "sizes"])
def test_every_weight_has_a_name(name, options):
    model = build_transformer_model({**CONFIG, **options}, model=name, with_pool=True, with_nsp=True, with_mlm=True)
    names = family(name).weight_names(Config.from_dict({**CONFIG, **options, "model_type": name}))
    assert {weight.path for weight in model.trainable_weights} == {path for path in names if not path.startswith("Discriminator-")}
    assert len({name.google for name in names.values()}) == len(names)
    assert len({(name.hugging_face, name.part) for name in names.values()}) == len(names)
    for path, weight_name in names.items():
        assert weight_name.transposed == path.endswith("kernel")


@pytest.mark.parametrize("name", ENCODERS)
def test_a_config_json_of_ours_means_the_same_configuration(name):
    config = Config.from_dict({**CONFIG, "model_type": name, "pad_token_id": 1})
    expected = dataclasses.replace(config, layer_norm_eps=family(config.model_type).EPSILON)
    assert Config.from_dict(config.to_hugging_face()) == expected


def test_names_are_the_published_ones():
    names = family("bert").weight_names(Config.from_dict(CONFIG))
    query = names["Transformer-1-MultiHeadSelfAttention/query/kernel"]
    assert query.google == "bert/encoder/layer_1/attention/self/query/kernel"
    assert query.hugging_face == "bert.encoder.layer.1.attention.self.query.weight"
    assert names["MLM-Bias/bias"].google == "cls/predictions/output_bias"
    assert names["NSP-Proba/kernel"].google_transposed
    nezha = family("nezha").weight_names(Config.from_dict(CONFIG))["Embedding-Norm/gamma"]
    assert nezha.google == "bert/embeddings/LayerNorm/gamma"
    assert nezha.hugging_face == "nezha.embeddings.LayerNorm.weight"
