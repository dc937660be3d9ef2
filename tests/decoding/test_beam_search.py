"""Beam search on toy chains: against greedy search, against all texts there are, and the numbers of the toy chain."""

import math

import numpy as np
import pytest
import toy_chain
from toy_chain import END, ToyRows, greedy, leaves, prompt, prompts, random_table, toy

from baselines.decoding.beam import BeamSearch, beam_search
from baselines.decoding.constraints import BannedSequences, ForcedPrefix, MinimumLength, NoRepeatedNgram
from baselines.errors import InputError

A, B = toy_chain.A, toy_chain.B


def search(table, some=None, beam=3, num_rows=1, candidates=None, width=None, end_id=END, **settings):
    rows = ToyRows(table, num_rows, width or beam, candidates, end_id)
    return beam_search(rows, some or [prompt()], beam=beam, **settings)


def found(hypotheses):
    return [(hypothesis.token_ids, hypothesis.finished) for hypothesis in hypotheses]


def by_score(texts, alpha):
    return sorted(((total / (len(written) + done) ** alpha, written, done) for written, total, done in texts), reverse=True)


def test_toy_chain_greedy_starts_with_a_and_a_beam_of_two_finds_b():
    ((one,),) = search(toy, beam=1, max_tokens=2)
    assert (one.token_ids, one.finished) == ((A, A), False)
    assert math.exp(one.log_probability) == pytest.approx(0.2)
    ((best,),) = search(toy, beam=2, max_tokens=2)
    assert (best.token_ids, best.finished, best.length) == ((B,), True, 2)
    assert math.exp(best.log_probability) == pytest.approx(0.36)


@pytest.mark.parametrize("settings", [{}, {"length_penalty": 1.0}, {"length_penalty": -0.5}, {"stop_early": True}])
def test_a_beam_of_one_is_greedy(settings):
    table = random_table(3, 5)
    results = search(table, prompts(40), beam=1, num_rows=7, max_tokens=6, **settings)
    assert [found(result) for result in results] == [[greedy(table, (n + 1,), 6)] for n in range(40)]


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.0, -1.0])
def test_the_widest_beam_is_exhaustive(alpha):
    table, given = random_table(5, 3, sharpness=1.0), prompts(6)
    results = search(table, given, beam=3**4, num=20, num_rows=2, max_tokens=4, length_penalty=alpha)
    for number, result in enumerate(results):
        best = by_score(leaves(table, (number + 1,), 4), alpha)[:20]
        assert found(result) == [(written, done) for _, written, done in best]
        np.testing.assert_allclose([one.score for one in result], [score for score, *_ in best], atol=1e-5)


def test_all_texts_of_the_widest_beam_have_probability_one():
    (result,) = search(toy, beam=81, num=81, max_tokens=4)
    assert sum(math.exp(one.log_probability) for one in result) == pytest.approx(1)
    assert max(one.length for one in result) == 4
    assert all(END not in one.token_ids for one in result)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 3.0, -1.0])
def test_stopping_loses_nothing(alpha, monkeypatch):
    """The same texts as a search that never stops before the longest length."""
    table, given = random_table(11, 4), prompts(20)
    settings = {"beam": 3, "num": 3, "num_rows": 4, "max_tokens": 7, "length_penalty": alpha}
    stopped = search(table, given, **settings)
    monkeypatch.setattr("baselines.decoding.beam.reachable", lambda *_: math.inf)
    assert stopped == search(table, given, **settings)


def test_it_stops_when_nothing_can_be_better():
    rows = ToyRows(toy, 1, 2)
    beam_search(rows, [prompt()], beam=2, max_tokens=100)
    assert rows.calls == 1                                              # "b" has .36, the best unfinished one .2
    rows = ToyRows(toy, 1, 2)
    beam_search(rows, [prompt()], beam=2, max_tokens=100, length_penalty=1.0)
    assert rows.calls > 1                                               # a longer text may have a better mean


def test_stop_early_ends_with_as_many_finished_texts_as_the_beam_has():
    rows = ToyRows(toy, 1, 2)
    (result,) = beam_search(rows, [prompt()], beam=2, num=2, max_tokens=100, length_penalty=1.0, stop_early=True)
    assert [one.finished for one in result] == [True, True] and rows.calls < 5


def test_length_penalty_ranks_by_sum_or_by_mean():
    """b end: .36, -1.0217 in sum, -.511 in mean; a token of .9 forever is worse in sum and better in mean."""

    def table(given, written):
        if written == (A,) * 9:
            return 0, 0, 1
        return {(): (0.35, 0.4, 0.25), (B,): (0.1, 0.0, 0.9)}.get(written[:1], (0.9, 0.05, 0.05))

    ((by_sum,),), ((by_mean,),) = (search(table, beam=3, max_tokens=10, length_penalty=alpha) for alpha in (0.0, 1.0))
    assert by_sum.token_ids == (B,) and by_sum.score == by_sum.log_probability
    assert by_mean.token_ids == (A,) * 9 and by_mean.finished
    assert by_mean.score == pytest.approx(by_mean.log_probability / 10)


def test_unfinished_texts_of_the_longest_length_compete_and_say_so():
    (result,) = search(lambda *_: (0.6, 0.3, 0.1), beam=2, num=2, max_tokens=3)
    assert found(result) == [((A, A, A), False), ((A, A, B), False)]


def test_the_minimum_length_takes_the_end_away():
    """Lengths count the end: no text of fewer than three tokens."""
    (result,) = search(toy, beam=3, num=3, max_tokens=5, min_tokens=3)
    assert all(one.length >= 3 for one in result)
    table = random_table(7, 3)
    texts = [leaf for leaf in leaves(table, (1,), 5) if len(leaf[0]) + leaf[2] >= 3]
    (result,) = search(table, beam=3**5, num=10, max_tokens=5, min_tokens=3)
    assert found(result) == [(written, done) for _, written, done in by_score(texts, 0.0)[:10]]


def test_several_ends_part_a_text():
    """With ends=3, S end P end M end: two of them stay in the text."""
    table = random_table(2, 4)
    (result,) = search(table, beam=4, num=4, max_tokens=9, ends=3)
    assert all(one.token_ids.count(END) == 2 for one in result if one.finished) and result[0].finished
    (result,) = search(table, beam=4, num=2, max_tokens=9, ends=2, min_tokens=6)
    assert all(one.length >= 6 for one in result)


def test_a_beam_wider_than_what_is_possible_shrinks():
    (result,) = search(lambda given, written: (1, 0, 0) if len(written) < 2 else (0, 0, 1), beam=3, num=3, max_tokens=9)
    assert found(result) == [((A, A), True)]


def test_wider_rows_than_the_beam_change_nothing():
    table = random_table(8, 6)
    assert search(table, prompts(5), beam=2, num=2) == search(table, prompts(5), beam=2, num=2, width=5)


def test_as_many_candidates_as_the_beam_and_the_end_are_enough():
    table = random_table(8, 9)
    every = search(table, prompts(9), beam=3, num=3, max_tokens=6)
    assert every == search(table, prompts(9), beam=3, num=3, max_tokens=6, candidates=4)
    assert every == search(table, prompts(9), beam=3, num=3, max_tokens=6, candidates=1)


@pytest.mark.parametrize("num_rows", [2, 3, 16])
def test_each_prompt_is_searched_as_if_alone_and_rows_are_used_again(num_rows):
    table, given = random_table(4, 5), prompts(11)
    alone = [search(table, [one], num=2, max_tokens=8)[0] for one in given]
    assert search(table, given, num=2, max_tokens=8, num_rows=num_rows) == alone


def test_a_finished_prompt_makes_room_for_the_next():
    """One prompt of ten writes on; the other nine need one row, not ten steps of the longest each."""

    def table(given, written):
        return (1, 0, 0) if given == (1,) else (0, 0, 1)

    rows = ToyRows(table, 2, 1)
    beam_search(rows, prompts(10), beam=1, max_tokens=9)
    assert rows.calls == 8 and rows.prompts == [None, None]


def test_ties_go_to_the_lower_id():
    third = 1 / 3
    (result,) = search(lambda given, written: (third, third, third) if not written else (0, 0, 1), beam=3, num=3, max_tokens=4)
    assert found(result) == [((), True), ((A,), True), ((B,), True)]
    (result,) = search(lambda *_: (0.5, 0.5, 0), beam=2, num=2, max_tokens=3)
    assert found(result) == [((A, A, A), False), ((A, A, B), False)]


def test_scores_that_are_not_numbers_are_an_error():
    def table(given, written):
        return (0.5, 0.5, 0) if not written else (float("nan"),) * 3

    with pytest.raises(InputError, match="NaN"):
        search(table)


def test_constraints_hold_for_every_text():
    table, given = random_table(6, 6), prompts(8)
    every = (BannedSequences(((3,), (0, 1))), NoRepeatedNgram(2), ForcedPrefix((4, 5)))
    for result in search(table, given, num=3, num_rows=3, max_tokens=8, constraints=every):
        for one in result:
            pairs = list(zip(one.token_ids, one.token_ids[1:], strict=False))
            assert one.token_ids[:2] == (4, 5) and 3 not in one.token_ids
            assert (0, 1) not in pairs and len(set(pairs)) == len(pairs)


def test_constraints_of_each_prompt():
    given = prompts(3)
    each = [(ForcedPrefix((B,)),), (), (BannedSequences(((A,),)), MinimumLength(3, END))]
    results = search(lambda *_: (0.5, 0.2, 0.3), given, beam=2, num_rows=2, max_tokens=3, constraints=each)
    assert [result[0].token_ids for result in results] == [(B,), (), (B, B)]


def test_a_constraint_shared_by_prompts_is_asked_once_a_step():
    calls = []

    class Asked:
        def allowed(self, prefixes):
            calls.append(len(prefixes))
            return [None] * len(prefixes)

    search(lambda *_: (0.6, 0.4, 0), prompts(4), beam=2, num_rows=4, max_tokens=3, constraints=(Asked(),))
    assert calls == [4, 8, 8]


def test_constraints_that_allow_nothing_return_what_there_is():
    (result,) = search(toy, max_tokens=5, constraints=(ForcedPrefix((A, B)), BannedSequences(((B,),))))
    assert found(result) == [((A,), False)]
    (result,) = search(toy, max_tokens=5, constraints=(BannedSequences(((A,), (B,), (END,))),))
    assert found(result) == [((), False)]


class Reweighted:
    """p ** power, and again a distribution."""

    def __init__(self, power):
        self.power = power

    def allowed(self, prefixes):
        return [None] * len(prefixes)

    def rescore(self, prefixes, log_probabilities):
        weighted = self.power * log_probabilities
        return weighted - np.log(np.exp(weighted).sum(axis=-1, keepdims=True))


def test_rescore_sees_and_returns_the_weights_of_every_token():
    table = random_table(9, 5)

    def squared(given, written):
        p = table(given, written) ** 2
        return p / p.sum()

    ours = search(table, prompts(5), num=3, num_rows=2, max_tokens=5, candidates=2, constraints=(Reweighted(2.0),))
    expected = search(squared, prompts(5), num=3, num_rows=2, max_tokens=5)
    assert [found(one) for one in ours] == [found(one) for one in expected]
    np.testing.assert_allclose([one[0].score for one in ours], [one[0].score for one in expected], atol=1e-5)


def test_repetition_penalty_reaches_the_model_as_seen_tokens():
    """Logits are the log-probabilities here: all below 0, so a token that was written has its own doubled."""
    ((one,),) = search(lambda *_: (0.5, 0.4, 0.1), beam=1, max_tokens=2, penalty=2.0)
    assert one.token_ids == (A, B)
    p = 0.4 / (0.25 + 0.4 + 0.1)
    assert math.exp(one.log_probability) == pytest.approx(0.5 * p)


@pytest.mark.parametrize(
    "settings",
    [{"beam": 0}, {"max_tokens": 0}, {"max_tokens": 3, "min_tokens": 4}, {"num": 4}, {"num": 0}, {"penalty": 0.0}, {"ends": 0},
     {"length_penalty": math.nan}, {"min_tokens": -1}],
)  # fmt: skip
def test_settings_out_of_range_are_a_users_mistake(settings):
    with pytest.raises(InputError, match=f"{[*settings][-1]}: .* is out of range"):
        BeamSearch(**settings)


def test_rows_that_are_too_narrow_or_too_short_are_refused():
    with pytest.raises(ValueError, match="width"):
        beam_search(ToyRows(toy, 1, 2), [prompt()], beam=3)
    with pytest.raises(InputError, match="exceed 10 tokens"):
        beam_search(ToyRows(toy, 1, 3, capacity=10), [prompt(1, 1, 1)], max_tokens=8)


def test_no_prompts_no_texts():
    assert beam_search(ToyRows(toy, 2, 3), []) == []
