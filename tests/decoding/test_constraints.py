"""What constraints allow, one at a time and together."""

import numpy as np
import pytest

from baselines.decoding.constraints import BannedSequences, Except, ForcedPrefix, MinimumLength, NoRepeatedNgram
from baselines.decoding.logits_processing import allowed_tokens, logits_adjustment, rescore, seen_tokens
from baselines.decoding.top_tokens import from_whole, likeliest
from baselines.errors import InputError

END = 9


def allowed(constraint, *prefixes):
    """Sets of the tokens, of ten, that may follow each prefix."""
    mask = allowed_tokens([[list(prefix)] for prefix in prefixes], [(constraint,)] * len(prefixes), 10)
    return [{*range(10)} for _ in prefixes] if mask is None else [set(np.flatnonzero(row[0]).tolist()) for row in mask]


def without(*ids):
    return {*range(10)} - {*ids}


def test_banned_sequences():
    banned = BannedSequences(((7,), (1, 2), (5, 1, 3), (1, 2, 4)))
    assert allowed(banned, [], [1], [5, 1], [2, 1, 2]) == [without(7), without(7, 2), without(7, 2, 3), without(7, 4)]
    assert allowed(BannedSequences(()), [1]) == [without()]
    with pytest.raises(InputError):
        BannedSequences(((1,), ()))


def test_a_forced_prefix():
    assert allowed(ForcedPrefix((4, 2)), [], [4], [4, 2]) == [{4}, {2}, without()]


def test_the_minimum_length_counts_the_end():
    assert allowed(MinimumLength(3, END), [], [1], [1, 2]) == [without(END), without(END), without()]
    two = MinimumLength(4, END, ends=2)
    assert allowed(two, [], [END], [END, 1], [END, 1, 2]) == [without(), without(END), without(END), without()]


def test_no_ngram_occurs_twice():
    assert allowed(NoRepeatedNgram(2), [], [1], [1, 2, 1], [1, 2, 1, 3, 1]) == [without(), without(), without(2), without(2, 3)]
    assert allowed(NoRepeatedNgram(1), [1, 4]) == [without(1, 4)]
    assert allowed(NoRepeatedNgram(3), [1, 2, 3, 1, 2], [1, 1, 1]) == [without(3), without(1)]
    with pytest.raises(InputError):
        NoRepeatedNgram(0)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_ngram_occurs_twice_against_the_slow_loop(size):
    generator = np.random.default_rng(size)
    for _ in range(100):
        text = generator.integers(0, 3, generator.integers(0, 12)).tolist()
        ngrams = {tuple(text[i : i + size]) for i in range(len(text) - size + 1)}
        expected = {token for token in range(10) if len(text) + 1 < size or (*text[len(text) - size + 1 :], token) not in ngrams}
        assert allowed(NoRepeatedNgram(size), text) == [expected]


class Answers:
    """Answers with what it was given, in turn."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, []

    def allowed(self, prefixes):
        self.asked.append(prefixes)
        return self.answers


def test_masks_ids_and_exceptions_are_met_together():
    mask = np.zeros(10, bool)
    mask[[1, 2, 3]] = True
    some = (Answers(mask), Answers([2, 3, 4]), Answers(Except([3])))
    assert np.flatnonzero(allowed_tokens([[[]]], [some], 10)[0, 0]).tolist() == [2]


def test_shared_constraints_are_asked_once_for_all_their_prefixes():
    shared, own = Answers([1], None, [2]), Answers(Except([5]))
    mask = allowed_tokens([[[0], [1]], [None, [2]], [[3], None]], [(shared,), (shared,), (own,)], 10)
    assert shared.asked == [[[0], [1], [2]]] and own.asked == [[[3]]]
    assert mask.sum(axis=-1).tolist() == [[1, 10], [10, 1], [9, 10]]


def test_nothing_is_adjusted_where_nothing_is_asked():
    assert logits_adjustment([[[1]]], [()], [1], [1], 10, END) is None
    assert logits_adjustment([[[1]]], [(ForcedPrefix((3,)),)], [1], [1], 10, END) is None
    only = logits_adjustment([[[1]], [[2]]], [(), ()], [1, 1], [1, 0.5], 10, END)
    assert only.allowed is only.seen is only.penalty is None and only.temperature.tolist() == [1, 0.5]


def test_seen_tokens_are_those_written_but_for_the_end():
    seen = seen_tokens([[[1, 4, END], None], [[], [2, 2]]], 10, END)
    assert [np.flatnonzero(row).tolist() for row in seen.reshape(4, 10)] == [[1, 4], [], [], [2]]


def test_rescoring_asks_for_all_tokens_only_if_a_constraint_wants_them():
    scores = from_whole(np.log([[[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]]), 2, 2)
    assert rescore(scores, [[[], []]], [(ForcedPrefix((1,)),)], 2) is scores

    class Swapped(ForcedPrefix):
        def rescore(self, prefixes, log_probabilities):
            assert prefixes == [[7]] and log_probabilities.shape == (1, 3)
            return log_probabilities[:, ::-1]

    changed = rescore(scores, [[[7], None]], [(Swapped((1,)),)], 2)
    assert changed.ids.tolist() == [[[2, 1], [2, 0]]]
    np.testing.assert_allclose(np.exp(changed.end), [[0.5, 0.6]])
    np.testing.assert_allclose(np.exp(scores.end), [[0.2, 0.6]])        # the model's own are left alone


@pytest.mark.parametrize("count", [1, 3, 8, 50])
def test_the_likeliest_are_those_of_a_stable_sort(count):
    values = np.random.default_rng(count).integers(0, 4, (5, 2, 8)).astype(np.float32)
    values[0, 0, 2:] = -np.inf
    ids, found = likeliest(values, count)
    expected = np.argsort(-values, axis=-1, kind="stable")[..., :count]
    assert ids.tolist() == expected.tolist()
    assert found.tolist() == np.take_along_axis(values, expected, axis=-1).tolist()
