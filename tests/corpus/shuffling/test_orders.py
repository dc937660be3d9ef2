"""Orders of the output, by making every draw that can happen once, and by statistics over many seeds."""

import collections
import contextlib
import fractions
import itertools
import math

import numpy as np
import pytest

from baselines.corpus.shuffling.orders import different, fast, uniform


class Draws:
    """A source of random numbers whose choices are given; a choice beyond them is the first one. `sizes`: among how many."""

    def __init__(self, choices, deepest):
        self.choices, self.deepest, self.sizes = choices, deepest, []

    def choose(self, size):
        place = len(self.sizes)
        if place == self.deepest:
            raise TooDeep
        self.sizes.append(size)
        return self.choices[place] if place < len(self.choices) else 0

    def permutation(self, size):
        left = list(range(size))
        return np.array([left.pop(self.choose(len(left))) for _ in range(size)], int)

    def integers(self, low, high, size):
        return np.array([self.choose(high - low) + low for _ in range(size)], int)


class TooDeep(Exception):
    """More choices than are followed."""


def law(run, deepest=20):
    """{what run(draws) returns: its exact probability}; runs that ask for more than `deepest` choices are left out."""
    found, pending = collections.Counter(), [()]
    while pending:
        choices = pending.pop()
        draws = Draws(choices, deepest)
        with contextlib.suppress(TooDeep):
            result = run(draws)
            found[result] += fractions.Fraction(1, math.prod(draws.sizes))
        for place in range(len(choices), len(draws.sizes)):
            zeros = (0,) * (place - len(choices))
            pending += [(*choices, *zeros, other) for other in range(1, draws.sizes[place])]
    return found


def merged(shards, order, **options):
    """A run: shards permuted as the first pass does, then merged by the labels of `order`."""

    def run(draws):
        queues = [[shard[i] for i in draws.permutation(len(shard))] for shard in shards]
        labels = [label for part in order([len(shard) for shard in shards], draws, **options) for label in part]
        return tuple(queues[label].pop(0) for label in labels)

    return run


@pytest.mark.parametrize("shards", [["ab", "c"], ["ab", "cd"]])
def test_uniform_gives_every_order_the_same_probability(shards):
    lines = "".join(shards)
    orders = list(itertools.permutations(lines))
    assert law(merged(shards, uniform)) == {order: fractions.Fraction(1, len(orders)) for order in orders}


def test_uniform_with_three_shards_gives_all_120_orders():
    labels = law(lambda draws: tuple(np.concatenate(list(uniform([2, 2, 1], draws)))))
    assert labels == dict.fromkeys(labels, fractions.Fraction(1, 30)) and len(labels) == 30         # x 2! 2! 1! orders within


def test_drawn_part_by_part_the_law_is_the_same():
    """With parts of one label nothing is drawn twice, so that the law is exact, of 3 + 1 lines: 4 places for the one."""
    labels = law(lambda draws: tuple(np.concatenate(list(uniform([3, 1], draws, chunk=1)))))
    assert labels == dict.fromkeys([(0, 0, 0, 1), (0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)], fractions.Fraction(1, 4))


def test_different_numbers_are_any_pair_with_the_same_probability():
    """Repeated draws are drawn anew without end: what ends in four draws is the same for all pairs."""
    pairs = law(lambda draws: tuple(different(5, 2, draws)), deepest=4)
    assert len(pairs) == 20 and len(set(pairs.values())) == 1
    assert sum(pairs.values()) == 1 - fractions.Fraction(1, 5) ** 3


def test_fast_gives_16_of_the_24_orders_of_two_shards_of_two():
    orders = law(merged(["ab", "cd"], fast))
    assert orders == dict.fromkeys(orders, fractions.Fraction(1, 16)) and len(orders) == 16
    assert not any(set(order[:2]) in ({"a", "b"}, {"c", "d"}) for order in orders)
    for line, place in itertools.product("abcd", range(4)):
        assert sum(share for order, share in orders.items() if order[place] == line) == fractions.Fraction(1, 4)


def test_fast_leaves_a_short_shard_out_of_any_rows_not_the_last():
    rows = law(lambda draws: tuple(different(4, 4, draws) < 2))
    assert rows == dict.fromkeys(rows, fractions.Fraction(1, 6)) and len(rows) == 6
    places = law(lambda draws: int(np.argmax(np.concatenate(list(fast([3, 1], draws))))))
    assert places == {place: fractions.Fraction(sixths, 6) for place, sixths in enumerate((1, 2, 2, 1))}


@pytest.mark.parametrize("order", [uniform, fast])
@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_every_line_comes_out_once_whatever_the_parts(order, chunk):
    counts = [30, 1, 12, 30, 0]
    labels = np.concatenate(list(order(counts, np.random.default_rng(1), chunk)))
    assert np.bincount(labels, minlength=5).tolist() == counts


def test_no_shards_no_labels():
    assert list(uniform([], np.random.default_rng(0))) == list(fast([], np.random.default_rng(0))) == []
