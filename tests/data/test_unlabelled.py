"""Unlabelled batches: all rows in turn, one length, and the same ones after a resume."""

import numpy as np

from baselines.data.batching import Batches
from baselines.data.encoded_dataset import EncodedDataset
from baselines.data.text_copies import ReplacedTokens
from baselines.data.unlabelled_batches import UnlabelledBatches


def rows(count, longest, gold=False):
    """Row i holds the token i + 1, 3 to `longest` times at most."""
    encoded = [(i, {"token_ids": np.full(3 + 3 * i % (longest - 2), i + 1, "int32")}, i if gold else None) for i in range(count)]
    return EncodedDataset.from_encoded(encoded)


def joined(epochs, skip=0, start=0, accumulate=2):
    """[(epoch, update of micro-batches)] of 11 labelled rows by 2 with 7 unlabelled ones, from an update of an epoch on."""
    labelled = Batches(rows(11, 6, gold=True), 2, 64, lambda targets, length: np.array(targets))
    copies = ReplacedTokens(rows(7, 20), 0.5, (0,))
    unlabelled = UnlabelledBatches(rows(7, 20), 2, 64, micro_batches=24, copies=copies)
    found = []
    for epoch in range(start, epochs):
        first = skip if epoch == start else 0
        updates = labelled.updates(5, epoch, accumulate, first)
        found += unlabelled.joined(updates, 5, epoch * len(labelled) + first * accumulate)
    return found


def tokens(batch):
    return batch["features"]["token_ids"]


def test_every_micro_batch_has_an_unlabelled_one_of_one_shape():
    updates = joined(epochs=3)
    assert [len(batches) for batches in updates] == [2, 2, 2] * 3
    for batch in (batch for batches in updates for batch in batches):
        assert batch["unlabelled"].keys() == {"features", "weights", "progress", "copies"}
        assert batch["unlabelled"]["features"]["token_ids"].shape == (2, 32)
        assert batch["features"]["token_ids"].shape == (2, 16)


def test_a_pass_holds_every_row_once_and_the_next_another_order():
    batches = [batch["unlabelled"] for batches in joined(epochs=3) for batch in batches]
    passes = [batches[i : i + 4] for i in (0, 4, 8, 12)]
    orders = [[int(token) for each in turn for token in each["features"]["token_ids"][each["weights"] > 0, 0]] for turn in passes]
    assert all(sorted(order) == [1, 2, 3, 4, 5, 6, 7] for order in orders)
    assert len(set(map(tuple, orders))) > 1


def test_progress_is_the_share_of_micro_batches_behind():
    batches = [batch["unlabelled"] for batches in joined(epochs=3) for batch in batches]
    np.testing.assert_allclose([batch["progress"] for batch in batches], [[number / 24] * 2 for number in range(18)])


def test_a_resumed_run_meets_the_same_batches():
    whole = joined(epochs=3)
    for skipped in range(len(whole)):
        epoch, skip = divmod(skipped, 3)
        rest = joined(epochs=3, start=epoch, skip=skip)
        assert len(rest) == len(whole) - skipped
        for first, second in zip(whole[skipped:], rest, strict=True):
            for one, other in zip(first, second, strict=True):
                np.testing.assert_array_equal(tokens(one["unlabelled"]), tokens(other["unlabelled"]))
                copies = [each["unlabelled"]["copies"]["token_ids"] for each in (one, other)]
                np.testing.assert_array_equal(*copies)
                np.testing.assert_array_equal(one["unlabelled"]["progress"], other["unlabelled"]["progress"])
                np.testing.assert_array_equal(tokens(one), tokens(other))
