"""Batches cut at random: the rows that there would be, other cuts in every epoch, the same ones for the same seed, windows."""

import numpy as np
import pytest
from subword_samples import BYTES, scored, sentencepiece_folder

from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.resampled_batches import ResampledBatches
from baselines.errors import InputError
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

LINES = ["今天天气", "北京今天好", "今天北京的天气", "天气的今天", "北京的今天今天的北京天气天气好天天", "好天气", "今天好"]
EXAMPLES = [Example(id=index, texts=(line,), gold=index) for index, line in enumerate(LINES)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = sentencepiece_folder(tmp_path_factory.mktemp("t5"), "t5", "spiece.model", {"tokenizer_class": "MT5Tokenizer"},
                                  [*scored(), *BYTES])  # fmt: skip
    return Tokenizer.from_folder(folder)


def encode(example, tokenizer, max_length):
    """Two windows of a long text; a draw of more than 18 tokens is refused."""
    features = tokenizer.encode(example.texts[0])
    if len(features["token_ids"]) > 18:
        raise InputError("does not fit")
    for start in (0, 4) if len(features["token_ids"]) > 8 else (0,):
        yield {name: values[start : start + 8] for name, values in features.items()}, example.gold


def resampled(tokenizer, batch_size=3):
    make = lambda rows: Batches(rows, batch_size, 24, lambda targets, length: np.array(targets))  # noqa: E731
    rows, sampled = encode_examples(EXAMPLES, encode, tokenizer, 24), tokenizer.sampled(0.05)
    return ResampledBatches(EXAMPLES, lambda each: encode(each, sampled, 24), sampled.reseed, make(rows), make), make(rows)


def flat(updates):
    return [batch for group in updates for batch in group]


def test_rows_and_their_order_are_those_without_draws(tokenizer):
    drawn, plain = resampled(tokenizer)
    assert len(drawn) == len(plain) and drawn.updates_per_epoch(2) == plain.updates_per_epoch(2)
    for one, other in zip(flat(drawn.updates(1, 0, 2)), flat(plain.updates(1, 0, 2)), strict=True):
        np.testing.assert_array_equal(one["targets"], other["targets"])
        np.testing.assert_array_equal(one["weights"], other["weights"])
    first, again = next(drawn.in_turn()), next(plain.in_turn())         # a pass over the data is of the likeliest cuts
    np.testing.assert_array_equal(first[1]["features"]["token_ids"], again[1]["features"]["token_ids"])


def test_an_epoch_repeats_by_its_seed_and_continues_in_its_middle(tokenizer):
    drawn, plain = resampled(tokenizer)
    ids = lambda updates: [batch["features"]["token_ids"].tolist() for batch in flat(updates)]  # noqa: E731
    whole = ids(drawn.updates(1, 4))
    assert ids(resampled(tokenizer)[0].updates(1, 4)) == whole
    assert ids(resampled(tokenizer)[0].updates(1, 4, skip=2)) == whole[2:]
    assert sorted(map(str, whole)) != sorted(map(str, ids(plain.updates(1, 4))))
    draws = [drawn.collate(np.arange(3), seed, epoch)["features"]["token_ids"].tolist() for seed in (1, 2) for epoch in range(3)]
    assert len(set(map(str, draws))) == 6


def test_windows_are_of_the_same_draw_and_a_draw_that_does_not_fit_is_the_likeliest_cut(tokenizer):
    drawn, plain = resampled(tokenizer, batch_size=2)
    owners = plain.rows.example
    pair = np.flatnonzero(owners == owners[np.flatnonzero(np.diff(owners) == 0)[0]])
    replaced = 0
    for epoch in range(30):
        rows = drawn.collate(pair, 1, epoch)["features"]["token_ids"]
        likeliest = plain.collate(pair)["features"]["token_ids"]
        first, second = (row[row != 0] for row in rows)
        assert second[:4].tolist() == first[4:8].tolist()
        replaced += rows.tolist() == likeliest.tolist()
    assert 0 < replaced < 30
