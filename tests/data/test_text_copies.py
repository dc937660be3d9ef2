"""Copies of unlabelled rows: tokens replaced at their share, special ones kept; paraphrases matched with their originals."""

import numpy as np
import pytest

from baselines.data.encoded_dataset import EncodedDataset
from baselines.data.text_copies import GivenCopies, ReplacedTokens, copies_of
from baselines.data.unlabelled_batches import UnlabelledBatches
from baselines.errors import InputError
from baselines.task import Example

SPECIAL = (0, 1, 2)


def dataset(*rows):
    return EncodedDataset.from_encoded([(number, {"token_ids": np.array(row, "int32")}, None) for number, row in enumerate(rows)])


def test_tokens_are_replaced_at_their_share_by_tokens_as_frequent_as_in_the_rows():
    rows = dataset(*([1, 3, 3, 3, 4, 2] for _ in range(10)))
    copies = ReplacedTokens(rows, 0.5, SPECIAL)
    token_ids = np.tile(np.array([1, 9, 9, 9, 9, 2, 0, 0], "int32"), (5000, 1))
    found = copies.of(np.arange(5000), {"token_ids": token_ids, "segment_ids": "kept"}, np.random.default_rng(0))
    assert found["segment_ids"] == "kept" and found["token_ids"].dtype == np.int32
    inside = found["token_ids"][:, 1:5]
    np.testing.assert_array_equal(found["token_ids"][:, [0, 5, 6, 7]], token_ids[:, [0, 5, 6, 7]])
    shares = [(inside == token).mean() for token in (9, 3, 4)]
    np.testing.assert_allclose(shares, [0.5, 0.375, 0.125], atol=0.015)


def test_rows_of_special_tokens_alone_stay():
    features = {"token_ids": np.array([[1, 2]], "int32")}
    assert ReplacedTokens(dataset([1, 2]), 1.0, SPECIAL).of(np.zeros(1, int), features, np.random.default_rng(0)) is features


def texts(*words):
    return [Example(id=number, texts=(word,)) for number, word in enumerate(words)]


def test_copies_belong_to_the_original_that_they_follow():
    found = copies_of(texts("a", "b", "c"), texts("a", "a1", "a2", "b", "c", "c1"), "more.csv")
    assert [(copy.texts[0], copy.extra["copy_of"]) for copy in found] == [("a1", 0), ("a2", 0), ("b", 1), ("c1", 2)]


@pytest.mark.parametrize("words", [("a1", "a", "b", "c"), ("a", "c", "b"), ("a", "b")])
def test_a_file_of_other_texts_is_refused(words):
    with pytest.raises(InputError, match=r"^--augmented more\.csv: '.', row \d of --unlabelled, is not in it.*run\.py augment"):
        copies_of(texts("a", "b", "c"), texts(*words), "more.csv")


def test_each_batch_draws_one_copy_of_each_row():
    batches = UnlabelledBatches(dataset([5, 5], [6, 6], [7], [8, 8, 8]), 2, 16)
    copies, rng = GivenCopies(batches, [2, 1, 1]), np.random.default_rng(0)
    drawn = {tuple(copies.of(np.array([0, 2]), {}, rng)["token_ids"][:, 0]) for _ in range(50)}
    assert drawn == {(5, 8), (6, 8)}
    assert set(copies.of(np.array([1]), {}, rng)["token_ids"][:, 0]) == {7}     # a row of padding repeats it
