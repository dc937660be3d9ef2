"""`self.last_token(model).predict` within a search: the KV cache changes nothing but the time."""

import json
import pathlib

import numpy as np
import pytest

from baselines.compat.bert4keras.backend import keras
from baselines.compat.bert4keras.decoders import AutoRegressiveDecoder
from baselines.compat.bert4keras.models import build_transformer_model

pytestmark = pytest.mark.keras
TINY = pathlib.Path(__file__).parents[1] / "goldens" / "compat" / "tiny"
PROMPT = [2, 5, 6, 3]
END = 3


class Writer(AutoRegressiveDecoder):
    """Writes behind a prompt; `segment` of what it writes."""

    segment = 1

    def __init__(self, model):
        super().__init__(None, END, maxlen=6, minlen=6)
        self.model = model

    @AutoRegressiveDecoder.wraps(default_rtype="probas")
    def predict(self, inputs, output_ids, states):
        token_ids, segment_ids = inputs
        token_ids = np.concatenate([token_ids, output_ids], axis=1)
        segment_ids = np.concatenate([segment_ids, np.full_like(output_ids, self.segment)], axis=1)
        scores = self.last_token(self.model).predict([token_ids, segment_ids])
        scores[:, 0] = 0                                                # a padding token ends the use of the cache
        return scores


@pytest.fixture(scope="module")
def model():
    return build_transformer_model(str(TINY / "bert_config.json"), str(TINY / "bert_model.ckpt"), application="unilm")


@pytest.fixture(scope="module")
def computed(model):
    """A Writer without a cache."""
    writer = Writer(model)
    writer.last_token(model)
    writer.predictions[0].graph = None
    return writer


@pytest.fixture(scope="module")
def cached(model):
    return Writer(model)


def steps(writer):
    return writer.predictions[0].steps


def test_a_beam_search_finds_the_same(cached, computed):
    inputs = [PROMPT, [0] * 4]
    assert cached.beam_search(inputs, topk=3).tolist() == computed.beam_search(inputs, topk=3).tolist()
    assert (steps(cached), steps(computed)) == (6, 0)


def test_sampling_draws_the_same(cached, computed):
    drawn = []
    for writer in (cached, computed):
        np.random.seed(3)
        drawn.append([ids.tolist() for ids in writer.random_sample([PROMPT, [0] * 4], 3, topp=0.9)])
    assert drawn[0] == drawn[1]
    assert steps(cached) == 6


def test_new_weights_count_from_the_next_search_on(model, cached, computed):
    table = model.get_layer("Embedding-Token")
    before = table.get_weights()
    table.set_weights([weight[::-1] for weight in before])
    inputs = [PROMPT, [0] * 4]
    found = cached.beam_search(inputs, topk=3).tolist()
    same = found == computed.beam_search(inputs, topk=3).tolist()
    table.set_weights(before)
    assert same and found != cached.beam_search(inputs, topk=3).tolist()


def test_tokens_that_earlier_ones_see_are_not_cached(model):
    writer = Writer(model)
    writer.segment = 0
    writer.maxlen = 2
    writer.beam_search([PROMPT, [0] * 4], topk=1)
    assert steps(writer) == 1                                           # the prompt alone


def test_a_call_outside_of_a_search_is_computed(model, cached):
    last = cached.last_token(model)
    arrays = [np.array([[2, 5, 0, 0], [2, 5, 6, 3]]), np.zeros((2, 4))]
    np.testing.assert_allclose(last.predict(arrays), model.predict(arrays)[:, -1], atol=1e-6)


def test_other_graphs_are_not_cached(model):
    mixed = keras.layers.Lambda(lambda x: x[:, ::-1])(model.output)
    config = json.loads((TINY / "bert_config.json").read_text())
    encoder = build_transformer_model(**{**config, "num_hidden_layers": 1})
    for other in (keras.Model(model.inputs, mixed), encoder):
        writer = Writer(other)
        writer.last_token(other)
        assert writer.predictions[0].graph is None
