"""What objectives make of packed rows: whole-word masks and their rates, next tokens, texts cut in two."""

import numpy as np
import pytest
from conftest import ROOT

from baselines.cli.pretrain import find, objectives
from baselines.errors import InputError
from baselines.tokenizers.tokenizer import Tokenizer
from tasks.pretraining.bert import make as bert
from tasks.pretraining.bert import sentence_pairs
from tasks.pretraining.common import whole_word_masks
from tasks.pretraining.gpt import make as gpt
from tasks.pretraining.roberta import make as roberta
from tasks.pretraining.unilm import cut_in_two
from tasks.pretraining.unilm import make as unilm


@pytest.fixture(scope="module")
def vocabulary():
    return Tokenizer.from_folder(ROOT / "checkpoints" / "mini").vocabulary


@pytest.fixture(scope="module")
def rows(vocabulary):
    """(token_ids, starts): 400 rows of 64, words of one to three tokens, some padding."""
    rng = np.random.default_rng(3)
    token_ids = rng.integers(1000, 5000, (400, 64)).astype(np.int32)
    starts = np.ones((400, 64), bool)
    for row, begins in zip(token_ids, starts, strict=True):
        end = rng.integers(40, 64)
        row[0], row[end], row[end + 1 :] = vocabulary.cls_id, vocabulary.sep_id, vocabulary.pad_id
        begins[1:end] = False
        begins[np.minimum(np.cumsum(rng.integers(1, 4, 64)), end)] = True
        begins[1] = True
    return token_ids, starts


def words_of(row, starts, vocabulary):
    """[[places]] of the words of a row."""
    real = [place for place, token in enumerate(row) if token not in (vocabulary.pad_id, vocabulary.cls_id, vocabulary.sep_id)]
    words = []
    for place in real:
        if starts[place]:
            words.append([])
        words[-1].append(place)
    return words


def chosen_of(positions, targets):
    return [set(where[learnt >= 0].tolist()) for where, learnt in zip(positions, targets, strict=True)]


def test_words_are_chosen_whole_or_not_at_all_and_at_their_rate(rows, vocabulary):
    token_ids, starts = rows
    _, positions, targets = whole_word_masks(token_ids, starts, vocabulary, 64, np.random.default_rng(1))
    count = taken = 0
    for row, begins, chosen in zip(token_ids, starts, chosen_of(positions, targets), strict=True):
        for word in words_of(row, begins, vocabulary):
            assert len(chosen & set(word)) in (0, len(word))
            count, taken = count + 1, taken + (word[0] in chosen)
    assert abs(taken / count - 0.15) < 4 * (0.15 * 0.85 / count) ** 0.5


def test_chosen_tokens_are_masked_kept_or_replaced_at_their_rates(rows, vocabulary):
    token_ids, starts = rows
    corrupted, positions, targets = whole_word_masks(token_ids, starts, vocabulary, 64, np.random.default_rng(2), share=1.0)
    special = np.isin(token_ids, [vocabulary.pad_id, vocabulary.cls_id, vocabulary.sep_id])
    assert np.array_equal(corrupted[special], token_ids[special])
    assert np.count_nonzero(targets >= 0) == np.count_nonzero(~special)
    count = np.count_nonzero(~special)
    for share, found in ((0.8, corrupted == vocabulary.mask_id), (0.1, corrupted == token_ids)):
        assert abs(np.count_nonzero(found & ~special) / count - share) < 4 * (share * (1 - share) / count) ** 0.5 + 1e-3
    assert corrupted.min() >= 0 and corrupted.max() < len(vocabulary)


def test_tokens_that_are_not_chosen_stay_and_targets_are_those_that_stood_there(rows, vocabulary):
    token_ids, starts = rows
    features, targets = roberta(token_ids, starts, vocabulary, np.random.default_rng(3))
    positions = features["mlm_positions"]
    assert positions.shape == targets.shape == (400, 16)
    for row, corrupted, where, learnt in zip(token_ids, features["token_ids"], positions, targets, strict=True):
        chosen = where[learnt >= 0]
        assert np.array_equal(row[chosen], learnt[learnt >= 0])
        others = np.setdiff1d(np.arange(64), chosen)
        assert np.array_equal(row[others], corrupted[others])
    assert not features["segment_ids"].any()


def test_a_row_never_has_more_chosen_tokens_than_are_predicted(rows, vocabulary):
    token_ids, starts = rows
    corrupted, positions, targets = whole_word_masks(token_ids, starts, vocabulary, 5, np.random.default_rng(4), share=0.5)
    counts = np.count_nonzero(targets >= 0, axis=1)
    assert counts.max() == 5 and counts.min() >= 3                      # the word that does not fit has at most three tokens
    assert (np.count_nonzero(corrupted != token_ids, axis=1) <= counts).all()
    for row, begins, chosen in zip(token_ids, starts, chosen_of(positions, targets), strict=True):
        assert all(len(chosen & set(word)) in (0, len(word)) for word in words_of(row, begins, vocabulary))


def test_a_rate_of_nothing_masks_nothing(rows, vocabulary):
    corrupted, _, targets = whole_word_masks(*rows, vocabulary, 16, np.random.default_rng(5), share=0.0)
    assert np.array_equal(corrupted, rows[0]) and (targets == -1).all()


def test_gpt_learns_the_next_token_of_all_but_padding(rows, vocabulary):
    features, targets = gpt(*rows, vocabulary, None)
    for row, learnt in zip(rows[0], targets, strict=True):
        length = np.count_nonzero(row)
        assert np.array_equal(learnt[: length - 1], row[1:length]) and (learnt[length - 1 :] == -1).all()


def test_unilm_by_the_worked_numbers(vocabulary):
    ids = np.array([[101, 11, 12, 13, 14, 15, 102, 0]] * 2, np.int32) + np.array([[1], [1]]) * 0
    ids[ids == 101], ids[ids == 102] = vocabulary.cls_id, vocabulary.sep_id
    features, targets = cut_in_two(ids, np.array([3, 6]), vocabulary)
    sep = vocabulary.sep_id
    assert features["token_ids"].tolist() == [[vocabulary.cls_id, 11, 12, sep, 13, 14, 15, sep],
                                              [vocabulary.cls_id, 11, 12, 13, 14, 15, sep, sep]]  # fmt: skip
    assert features["segment_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0, 1]]
    assert targets.tolist() == [[-1, -1, -1, 13, 14, 15, sep, -1], [-1] * 6 + [sep, -1]]


def test_unilm_cuts_within_the_row(rows, vocabulary):
    features, targets = unilm(*rows, vocabulary, np.random.default_rng(6))
    assert (np.count_nonzero(targets >= 0, axis=1) >= 1).all()
    assert (features["segment_ids"][:, 0] == 0).all() and (features["token_ids"][:, 0] == vocabulary.cls_id).all()
    lengths = np.count_nonzero(rows[0], axis=1)
    assert np.array_equal(np.count_nonzero(features["token_ids"], axis=1), np.minimum(lengths + 1, 64))


def test_pairs_of_bert_are_parts_of_rows(rows, vocabulary):
    token_ids, starts = (array[:200] for array in rows)
    stop = vocabulary.ids["。"]
    token_ids = np.where((token_ids % 9 == 0) & starts & (token_ids > 200), stop, token_ids)
    starts[:, 1:] |= token_ids[:, :-1] == stop
    token_ids[7, 3:], starts[7] = vocabulary.pad_id, True
    token_ids[7, 2] = vocabulary.sep_id                                 # a row of one token has nothing to be cut into
    found, begins, segments, is_next = sentence_pairs(token_ids, starts, vocabulary, np.random.default_rng(8))
    assert 0.35 < is_next.mean() < 0.65
    ends = np.count_nonzero(token_ids, axis=1) - 1
    second_parts = {tuple(row[place:end]) for row, end in zip(token_ids, ends, strict=True) for place in range(2, end + 1)}
    for number, (row, begin, segment, own) in enumerate(zip(found, begins, segments, is_next, strict=True)):
        first, second = np.flatnonzero(row == vocabulary.sep_id)
        assert row[0] == vocabulary.cls_id and (row[second + 1 :] == vocabulary.pad_id).all()
        assert np.array_equal(np.flatnonzero(segment), np.arange(first + 1, second + 1))
        assert np.array_equal(row[:first], token_ids[number, :first]) and np.array_equal(begin[:first], starts[number, :first])
        part = tuple(row[first + 1 : second])
        if own:
            assert np.array_equal(part, token_ids[number, first : first + len(part)])
            within = token_ids[number, 1 : min(ends[number] - 1, 61)]
            assert number == 7 or token_ids[number, first - 1] == stop or stop not in within
        else:
            assert part in second_parts or any(other[: len(part)] == part for other in second_parts)


def test_bert_alone_in_a_batch_has_only_its_own_second_part(rows, vocabulary):
    features, targets = bert(rows[0][:1], rows[1][:1], vocabulary, np.random.default_rng(9))
    assert targets["next"].tolist() == [0] and targets["tokens"].shape == features["mlm_positions"].shape == (1, 16)


def test_objectives_are_found_by_their_files():
    assert set(objectives()) == {"bert", "gpt", "roberta", "unilm"}
    assert find("pretraining/gpt")[0] == find("gpt")[0] == "pretraining/gpt"
    with pytest.raises(InputError, match="Did you mean roberta"):
        find("robert")
