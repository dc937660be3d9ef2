"""Which weights get which rate, and the mistakes of --rate_factors; no backend."""

import types

import pytest

from baselines.cli.argument_parser import parse_train
from baselines.cli.train import check_parts
from baselines.errors import InputError
from baselines.task import Demo, Recipe
from baselines.training import lazy_embeddings, rate_factors

PATHS = [
    "Embedding-Token/embeddings", "Embedding-Norm/gamma", "Transformer-0-FeedForward/inner/kernel",
    "Transformer-1-FeedForward/inner/bias", "Transformer-2-FeedForward-Norm/beta", "Pooler-Dense/kernel", "Classifier/kernel",
]  # fmt: skip


def test_each_layer_learns_slower_than_the_one_above():
    [stage] = rate_factors.build_rate_factors(Recipe(layer_decay=0.5), PATHS)
    assert stage.factors == {PATHS[0]: 0.125, PATHS[1]: 0.125, PATHS[2]: 0.25, PATHS[3]: 0.5}


def test_encoder_and_decoder_are_counted_each_by_itself():
    paths = [
        "Embedding-Token/embeddings", "Encoder-Embedding-Norm/gamma", "Encoder-Transformer-0-FeedForward/inner/kernel",
        "Encoder-Transformer-2-FeedForward/inner/kernel", "Decoder-Transformer-0-MultiHeadCrossAttention/query/kernel",
        "Decoder-Transformer-1-FeedForward-Norm/gamma", "Decoder-Output-LM/kernel",
    ]  # fmt: skip
    [stage] = rate_factors.build_rate_factors(Recipe(layer_decay=0.5), paths)
    assert stage.factors == {paths[0]: 0.125, paths[1]: 0.125, paths[2]: 0.25, paths[4]: 0.5}


def test_words_and_layers_multiply():
    words = ("Embedding=2", "embeddings=4", "Classifier=100")
    [stage] = rate_factors.build_rate_factors(Recipe(layer_decay=0.5, rate_factors=words), PATHS)
    assert stage.factors == {PATHS[1]: 0.25, PATHS[2]: 0.25, PATHS[3]: 0.5, PATHS[6]: 100}


def test_nothing_to_do_is_no_stage():
    assert rate_factors.build_rate_factors(Recipe(), PATHS) == lazy_embeddings.build_lazy_embeddings(Recipe(), PATHS) == []
    assert lazy_embeddings.build_lazy_embeddings(Recipe(lazy_embeddings=True), PATHS)[0].tables == ("Embedding-Token/embeddings",)


@pytest.mark.parametrize("text", ["Classifier", "Classifier=", "=3", "Classifier=0", "Classifier=-1", "Classifier=inf", "a=b"])
def test_what_is_no_factor_is_refused(text):
    with pytest.raises(InputError, match="--rate_factors: cannot read"):
        rate_factors.parse([text])


def test_a_word_of_no_weight_is_refused_with_those_near_it():
    with pytest.raises(InputError, match="no weight of this model has 'Clasifier' in its path. Did you mean Classifier?"):
        rate_factors.build_rate_factors(Recipe(rate_factors=("Clasifier=100",)), PATHS)


def refusal(*flags):
    task = types.SimpleNamespace(recipe=Recipe(), options=None, demo=Demo(), head=None)
    with pytest.raises(InputError) as raised:
        check_parts(task, parse_train(task, flags, "run.py train x"))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_mistakes_are_told_before_any_work():
    assert "STEP:FACTOR" in refusal("--schedule", "0:0,1000")
    assert "WORD=FACTOR" in refusal("--rate_factors", "Classifier=100", "kernel")
    assert "--adafactor.beta_1: expected a number, from 0 to 1" in refusal("--optimizer", "adafactor", "--adafactor.beta_1", "2")
    assert "with --accumulate 2 and" in refusal("--optimizer", "tiger", "--accumulate", "2", "--lazy_embeddings")
    assert "this run does not use lion, but tiger" in refusal("--optimizer", "tiger", "--lion.beta_1", "0.9")
