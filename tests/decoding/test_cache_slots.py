"""Who sees what of a row: against whole copies of every prefix, which is what a beam search without shared slots would keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.decoding.cache_slots import Slots, buckets, round_up

ROWS, WIDTH, CAPACITY = 3, 3, 17


class Copies:
    """The slow obvious way: a list of all tokens for each prefix."""

    def __init__(self):
        self.prefixes = {}                                              # {row: [tokens of each prefix]}

    def prefill(self, row, prompt):
        self.prefixes[row] = [[*prompt] for _ in range(WIDTH)]

    def append(self, row, tokens, parents):
        old = self.prefixes[row]
        self.prefixes[row] = [[*old[parent], token] for token, parent in zip(tokens, parents, strict=True)]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_prefix_sees_its_own_tokens_in_their_order_and_no_others(data):
    slots, copies = Slots(ROWS, WIDTH, CAPACITY), Copies()
    kept, names = np.zeros((ROWS, CAPACITY), int), iter(range(1, 10**6))       # what lies in each slot; every token is another
    for _ in range(data.draw(st.integers(1, 25), label="moves")):
        full = [row for row in copies.prefixes if slots.used[row] + WIDTH > CAPACITY]
        free = [row for row in range(ROWS) if row not in copies.prefixes]
        move = data.draw(st.sampled_from(["step"] * 3 * (not full) + ["admit"] * bool(free) + ["release"] * bool(full or free)))
        if move == "admit":
            rows = data.draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
            lengths = [data.draw(st.integers(1, CAPACITY - 1)) for _ in rows]
            slots.allocate(rows, lengths)
            for row, length in zip(rows, lengths, strict=True):
                kept[row, :length] = [next(names) for _ in range(length)]
                copies.prefill(row, kept[row, :length])
        elif move == "release":
            rows = full or [*copies.prefixes][:1]
            slots.free(rows)
            for row in rows:
                del copies.prefixes[row]
        else:
            count = max([row + 1 for row in copies.prefixes] + [data.draw(st.integers(1, ROWS))])
            parents = np.array([[data.draw(st.integers(0, WIDTH - 1)) for _ in range(WIDTH)] for _ in range(count)])
            some = data.draw(st.booleans())
            positions, places = slots.append(count, parents if some else None)
            for row in copies.prefixes:
                tokens = [next(names) for _ in range(WIDTH)]
                assert positions[row].tolist() == [len(prefix) for prefix in copies.prefixes[row]]
                kept[row, places[row]] = tokens
                copies.append(row, tokens, parents[row] if some else range(WIDTH))
        for row, prefixes in copies.prefixes.items():
            for k, prefix in enumerate(prefixes):
                seen = slots.visible[row, k]
                assert kept[row, seen].tolist() == prefix
                assert slots.positions[row, seen].tolist() == [*range(len(prefix))]
                assert not seen[slots.used[row] :].any()


def test_prefixes_share_the_prompt_and_what_was_written_before_they_parted():
    slots = Slots(1, 2, 9)
    slots.allocate([0], [3])
    assert [each.tolist() for each in slots.append(1)] == [[[3, 3]], [[3, 4]]]
    assert [each.tolist() for each in slots.append(1, np.array([[1, 1]]))] == [[[4, 4]], [[5, 6]]]
    assert np.flatnonzero(slots.visible[0, 0]).tolist() == [0, 1, 2, 4, 5]
    assert np.flatnonzero(slots.visible[0, 1]).tolist() == [0, 1, 2, 4, 6]


@pytest.mark.parametrize("length", [0, 9, 10])
def test_a_prompt_needs_room_behind_it(length):
    with pytest.raises(ValueError, match=f"prompt of 1 to 8 tokens. Received: {length}"):
        Slots(1, 1, 9).allocate([0], [length])


def test_a_full_row_is_an_error_and_a_released_one_is_not():
    slots = Slots(2, 2, 6)
    slots.allocate([0, 1], [3, 4])
    slots.append(2)
    with pytest.raises(ValueError, match="at most 6 slots"):
        slots.append(2)
    slots.free([1])
    with pytest.raises(ValueError, match="at most 6 slots"):
        slots.append(2)
    slots.free([0])
    positions, places = slots.append(2)
    assert not positions.any() and not places.any()
    slots.allocate([1], [1])
    assert np.flatnonzero(slots.visible[1, 0]).tolist() == [0]


@pytest.mark.parametrize("limit, first, factor", [(100, 16, 2), (8, 1, 4), (5, 64, 2), (1, 1, 4), (64, 64, 2)])
def test_buckets_hold_every_size_and_no_more(limit, first, factor):
    sizes = buckets(limit, first, factor)
    assert sizes == sorted(set(sizes)) and sizes[-1] == limit and sizes[0] == min(first, limit)
    for size in range(1, limit + 1):
        assert round_up(size, sizes) in sizes and size <= round_up(size, sizes) <= max(first, factor * size)
    with pytest.raises(StopIteration):
        round_up(limit + 1, sizes)
