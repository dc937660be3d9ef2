"""Batches: every row once per epoch, seeded, few shapes, padding that says so."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.data.batching import Batches, bucket, bucket_lengths, prefetched, training_order
from baselines.data.encoded_dataset import EncodedDataset


def make_rows(lengths, targets=True):
    encoded = []
    for index, length in enumerate(lengths):
        features = {"token_ids": np.full(length, index + 1, np.int32), "segment_ids": np.zeros(length, np.int32)}
        encoded.append((index, features, index % 3 if targets else None))
    return EncodedDataset.from_encoded(encoded)


def batches_of(rows, batch_size=4, max_length=64, multiple=0):
    return Batches(rows, batch_size, max_length, lambda targets, length: np.array(targets), pad_id=0, multiple=multiple)


def test_bucket_lengths_end_with_the_limit_and_grow_by_half_at_most():
    assert bucket_lengths(128) == [16, 32, 48, 64, 96, 128]
    assert bucket_lengths(100) == [16, 32, 48, 64, 96, 100]
    assert bucket_lengths(10) == [10]
    lengths = bucket_lengths(512)
    assert lengths[-1] == 512 and all(b <= 1.5 * a for a, b in zip(lengths[1:], lengths[2:], strict=False))
    assert [bucket(n, lengths) for n in (1, 16, 17, 512)] == [16, 16, 32, 512]


def test_multiples_pad_less_and_leave_rows_and_their_order_as_they_are():
    assert bucket_lengths(30, 8) == [8, 16, 24, 30] and bucket_lengths(16, 8) == [8, 16] and bucket_lengths(5, 8) == [5]
    rows = make_rows([3, 9, 16, 17, 33, 40, 62, 63] * 9)
    few, many = batches_of(rows), batches_of(rows, multiple=8)
    for [one], [other] in zip(few.updates(seed=1, epoch=0), many.updates(seed=1, epoch=0), strict=True):
        longest = int((one["features"]["token_ids"] != 0).sum(1).max())
        length = other["features"]["token_ids"].shape[1]
        assert length == -(-longest // 8) * 8 <= one["features"]["token_ids"].shape[1]
        np.testing.assert_array_equal(one["features"]["token_ids"][:, :length], other["features"]["token_ids"])
        np.testing.assert_array_equal(one["targets"], other["targets"])
    assert many.padding(1, 0) < few.padding(1, 0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=300), st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_visits_every_row_once(lengths, batch_size, epoch):
    order = training_order(np.array(lengths), batch_size, seed=3, epoch=epoch)
    assert sorted(np.concatenate(order)) == list(range(len(lengths)))
    assert all(len(numbers) <= batch_size for numbers in order)


def test_order_depends_on_seed_and_epoch_alone():
    lengths = np.arange(1, 200)
    same = [np.concatenate(training_order(lengths, 8, seed=1, epoch=2)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    for seed, epoch in ((1, 3), (2, 2)):
        assert not np.array_equal(same[0], np.concatenate(training_order(lengths, 8, seed, epoch)))


def test_rows_of_like_length_share_a_batch():
    lengths = np.random.default_rng(0).integers(1, 129, 4096)
    padded = sum(lengths[numbers].max() * len(numbers) for numbers in training_order(lengths, 32, seed=0, epoch=0))
    assert padded < 1.1 * lengths.sum()


def test_padding_and_weights():
    rows = make_rows([3, 5, 2, 7, 6])
    batch = batches_of(rows).collate(np.array([4, 1, 0]))
    token_ids = batch["features"]["token_ids"]
    assert token_ids.shape == (4, 16) and token_ids.dtype == np.int32
    np.testing.assert_array_equal(batch["weights"], np.array([1, 1, 1, 0], np.float32))
    np.testing.assert_array_equal((token_ids != 0).sum(1), [6, 5, 3, 6])
    np.testing.assert_array_equal(token_ids.max(1), [5, 2, 1, 5])
    np.testing.assert_array_equal(batch["targets"], [1, 1, 0, 1])


def test_a_decoder_and_its_targets_have_a_length_of_their_own():
    encoded = [
        (index, {"token_ids": np.full(50, 7), "decoder_token_ids": np.full(length, 8)}, np.full(length, 9))
        for index, length in enumerate((3, 20))
    ]
    lengths = []
    batches = Batches(EncodedDataset.from_encoded(encoded), 2, 128, lambda targets, length: lengths.append(length), pad_id=1)
    features = batches.collate(np.arange(2))["features"]
    assert features["token_ids"].shape == (2, 64) and features["decoder_token_ids"].shape == (2, 32) and lengths == [32]
    assert features["token_ids"][0, 50:].tolist() == [1] * 14 and features["decoder_token_ids"][0, 3:].tolist() == [1] * 29
    assert batches.decoder_lengths == [32, 64, 128] and batches_of(make_rows([4]), multiple=8).decoder_lengths[:2] == [8, 16]


def test_a_batch_divides_into_equal_parts():
    batches = Batches(make_rows([5] * 7), 6, 16, lambda targets, length: np.array(targets), parts=4)
    assert len(batches) == 2                                            # 6 rows each, whatever the devices
    first, last = batches.collate(np.arange(6)), batches.collate(np.array([6]))
    assert [len(batch["weights"]) for batch in (first, last)] == [8, 8]
    assert [batch["weights"].sum() for batch in (first, last)] == [6, 1]


def test_test_rows_have_no_targets():
    batch = batches_of(make_rows([3, 4], targets=False)).collate(np.array([0, 1]))
    assert batch.keys() == {"features", "weights"}


def test_in_turn_gives_every_row_once_longest_first():
    rows = make_rows([3, 40, 2, 7, 6, 60, 1])
    found = list(batches_of(rows, batch_size=3).in_turn())
    numbers = np.concatenate([n for n, _ in found])
    np.testing.assert_array_equal(rows.lengths[numbers], sorted(rows.lengths, reverse=True))
    assert [batch["features"]["token_ids"].shape for _, batch in found] == [(3, 64), (3, 16), (3, 16)]


def test_skipping_updates_goes_on_where_it_stopped():
    batches = batches_of(make_rows(range(1, 40)))
    whole, rest = list(batches.updates(5, 1, accumulate=2)), list(batches.updates(5, 1, accumulate=2, skip=3))
    assert len(whole) == batches.updates_per_epoch(accumulate=2) == 5
    assert len(rest) == 2
    for first, second in zip(whole[3:], rest, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a["features"]["token_ids"], b["features"]["token_ids"])


def test_prefetching_keeps_order_raises_here_and_ends_its_thread():
    assert list(prefetched(range(100), size=2)) == list(range(100))

    def broken():
        yield 1
        raise OSError("gone")

    items = prefetched(broken())
    assert next(items) == 1
    with pytest.raises(OSError, match="gone"):
        next(items)

    before = threading.active_count()
    items = prefetched(iter(int, 1))                                    # without end
    next(items)
    items.close()
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_rows_of_several_texts_are_padded_along_the_last_axis():
    encoded = [(i, {"token_ids": np.full((2, length), i + 1, np.int32)}, i) for i, length in enumerate((3, 20))]
    batch = batches_of(EncodedDataset.from_encoded(encoded), batch_size=2).collate(np.array([0, 1]))
    token_ids = batch["features"]["token_ids"]
    assert token_ids.shape == (2, 2, 32)
    np.testing.assert_array_equal((token_ids != 0).sum(-1), [[3, 3], [20, 20]])


@pytest.mark.parametrize("batch_size", [4, 3])
def test_the_share_of_padding_is_that_of_the_batches(batch_size):
    rows = make_rows(range(3, 40))
    batches = batches_of(rows, batch_size)
    token_ids = [batch["features"]["token_ids"] for [batch] in batches.updates(seed=1, epoch=2)]
    expected = 1 - sum(rows.lengths) / sum(array.size for array in token_ids)
    assert batches.padding(seed=1, epoch=2) == pytest.approx(expected) and 0.1 < expected < 0.6
