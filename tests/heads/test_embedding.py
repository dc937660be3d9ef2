"""Vectors of texts: those of bert4keras, the text's alone whatever is written after it; SimBERT's losses and truncation."""

import json
import pathlib

import keras
import numpy as np
import pytest
from keras import ops

from baselines.errors import InputError
from baselines.heads.embedding import EmbeddingHead, decode_cosine
from baselines.losses.contrastive import ContrastiveLoss
from baselines.losses.in_batch_similarity import InBatchSimilarity
from baselines.losses.next_tokens import next_tokens
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import build_transformer_model
from baselines.task import Example
from tasks.simbert.pair_sampling import first_clause

pytestmark = pytest.mark.keras

GOLDENS = pathlib.Path(__file__).parents[1] / "goldens"
MODELS, SIMBERT = np.load(GOLDENS / "models" / "weights.npz"), np.load(GOLDENS / "simbert" / "goldens.npz")
CONFIG = {
    "vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48,
    "hidden_act": "gelu", "max_position_embeddings": 16, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
}  # fmt: skip
ORDERS = (
    [f"{part}/{kind}" for part in ("query", "key", "value", "output") for kind in ("kernel", "bias")],
    [f"{part}/{kind}" for part in ("inner", "outer") for kind in ("kernel", "bias")],
    ["beta", "gamma"], ["kernel", "bias"], ["embeddings"],
)  # fmt: skip


def loaded(model):
    """The model with bert4keras' weights, which has each layer's in the order of its own list."""
    for variable in model.trainable_weights:
        layer, _, rest = variable.path.partition("/")
        order = next((order for order in ORDERS if rest in order), None)
        index = 0 if layer == "MLM-Bias" else order.index(rest)
        name = f"{layer}/{index}/{'x'.join(map(str, variable.shape))}"
        variable.assign(MODELS[name] if name in MODELS else SIMBERT[f"weights/{name}"])
    return model


@pytest.fixture(scope="module")
def model():
    head = EmbeddingHead()
    return loaded(head(build_transformer_model(CONFIG, **head.encoder_options)))


def features():
    return {name: SIMBERT[name] for name in ("token_ids", "segment_ids")}


def test_vectors_equal_bert4keras_with_and_without_a_text_after_them(model):
    found = ops.convert_to_numpy(model(features())["embedding"])
    np.testing.assert_allclose(found, SIMBERT["vectors"], rtol=0, atol=1e-5)
    first = np.where(SIMBERT["segment_ids"] == 0, SIMBERT["token_ids"], 0)
    alone = ops.convert_to_numpy(model({"token_ids": first, "segment_ids": np.zeros_like(first)})["embedding"])
    np.testing.assert_allclose(alone, SIMBERT["alone"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(alone, found, rtol=0, atol=1e-5)
    assert found.dtype == np.float32 and np.abs(found[0] - found[1]).max() > 0.1


def test_losses_equal_those_of_the_reference(model):
    rows = zip(SIMBERT["token_ids"], SIMBERT["segment_ids"] == 1, strict=True)
    targets = {
        "partner": np.array([1, -1] * 3, "int32"), "text": np.arange(6, dtype="int32"),
        "next": np.stack([next_tokens(ids, learnt) for ids, learnt in rows]),
    }  # fmt: skip
    terms = ContrastiveLoss(InBatchSimilarity(), TokenMean()).terms(targets, model(features()), np.ones(6, "float32"))
    means = [float(ops.sum(totals) / ops.sum(counts)) for _, totals, counts in terms]
    assert means == pytest.approx([float(SIMBERT["similarity"]), float(SIMBERT["generation"])], rel=1e-4, abs=1e-5)


def test_a_mean_of_the_text_does_not_see_what_is_written():
    head = EmbeddingHead("mean", writes=False)
    encoder = build_transformer_model(CONFIG, **head.encoder_options)
    built = head(encoder)
    assert set(built.output) == {"embedding"} and not any("Pooler" in weight.path for weight in built.weights)
    found = ops.convert_to_numpy(built(features())["embedding"])
    first = np.where(SIMBERT["segment_ids"] == 0, SIMBERT["token_ids"], 0)
    batch = {"token_ids": first, "segment_ids": np.zeros_like(first)}
    np.testing.assert_allclose(found, ops.convert_to_numpy(built(batch)["embedding"]), atol=1e-5)
    hidden = ops.convert_to_numpy(encoder(batch)["hidden_states"])
    real = first[2] != 0
    np.testing.assert_allclose(found[2], hidden[2][real].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("text, clause", json.loads(str(SIMBERT["clauses"])))
def test_truncation_is_that_of_the_reference(text, clause):
    assert first_clause(text, 30) == clause


def test_divergence_of_vectors_and_of_texts():
    rng, head = np.random.default_rng(0), EmbeddingHead(writes=False)
    one, other = rng.normal(size=(2, 3, 4)).astype("float32")
    found = ops.convert_to_numpy(head.divergence({"embedding": one}, {"embedding": 5 * one + 0 * other}, {}))
    np.testing.assert_allclose(found, 0, atol=1e-6)
    cosine = np.sum(one * other, 1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    apart = ops.convert_to_numpy(head.divergence({"embedding": one}, {"embedding": other}, {}))
    np.testing.assert_allclose(apart, 2 - 2 * cosine, rtol=1e-4)


def test_cosines():
    outputs = {"embedding": np.array([[2, 0], [0.8, 0.6]], "float32")}
    assert decode_cosine(Example(0, ("一", "二")), outputs) == 0.8
    assert decode_cosine(Example(0, ("一", "二"), gold=("二",)), outputs) == [0.8]
    assert decode_cosine(Example(0, ("一",), gold=()), {"embedding": np.zeros((1, 2))}) == []


def test_what_cannot_be():
    with pytest.raises(ValueError, match="pooling='max'"):
        EmbeddingHead("max")
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    head = EmbeddingHead(writes=False, needs_dropout=True)
    with pytest.raises(InputError, match="the model has no dropout"):
        head(build_transformer_model({**CONFIG, **rates}, **head.encoder_options))
    assert isinstance(head(build_transformer_model({**CONFIG, "hidden_dropout_prob": 0.0}, **head.encoder_options)), keras.Model)
