"""Every family, saved in either format and loaded again, is the same model."""

import keras
import numpy as np
import pytest

from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import families, family, is_encoder_decoder, literals
from baselines.weights.load import load_weights, weights_by_path
from baselines.weights.save import save_google, save_hugging_face

CONFIG = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 12,
}


def config_of(model_type):
    """With embeddings of another width, where the family has a projection for them."""
    tied = literals(model_type)["MASK"] == "causal" or model_type == "bart"
    return {**CONFIG, "model_type": model_type} | ({} if tied else {"embedding_size": 8})


def build(model_type, seed):
    """With all heads and random weights in every place."""
    writes = is_encoder_decoder(model_type) or literals(model_type)["MASK"] == "causal"
    heads = {} if writes else {"with_pool": True, "with_nsp": True}
    model = build_transformer_model(config_of(model_type), with_mlm="linear", **heads)
    random = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    return model


@pytest.mark.parametrize("format", ["safetensors", "tensorflow"])
@pytest.mark.parametrize("model_type", families())
def test_round_trip(tmp_path, model_type, format):
    names = family(model_type).weight_names(Config.from_dict(config_of(model_type)))
    model, other = build(model_type, 1), build(model_type, 2)
    assert weights_by_path(model).keys() <= names.keys()
    if format == "safetensors":
        save_hugging_face(model, tmp_path, names)
    else:
        save_google(model, tmp_path / "bert_model.ckpt", names)
    verdict = load_weights(other, tmp_path, names)
    assert (len(verdict.used), verdict.unused, verdict.fresh) == (len(model.weights), (), ())
    expected, received = weights_by_path(model), weights_by_path(other)
    for path in expected:
        arrays = map(keras.ops.convert_to_numpy, (expected[path], received[path]))
        np.testing.assert_array_equal(*arrays, err_msg=path)


def test_every_weight_has_a_name_of_its_own():
    for model_type in families():
        names = family(model_type).weight_names(Config.from_dict(config_of(model_type))).values()
        assert len({name.google for name in names}) == len({(name.hugging_face, name.part) for name in names}) == len(names)
