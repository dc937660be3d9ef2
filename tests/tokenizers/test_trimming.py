"""Trimming against the rule as it is told: while the row is too long, the longest text loses a token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.tokenizers.trimming import trim_lengths


def told(lengths, max_length, order):
    lengths = list(lengths)
    while sum(lengths) + len(lengths) + 1 > max_length:
        longest = max(order, key=lambda index: lengths[index])  # the first of equals
        lengths[longest] -= 1
    return lengths


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.integers(0, 150), st.randoms())
def test_equals_the_rule_token_by_token(lengths, room, random):
    order = list(range(len(lengths)))
    random.shuffle(order)
    max_length = len(lengths) + 1 + room
    assert trim_lengths(lengths, max_length, order) == told(lengths, max_length, order)


def test_worked_numbers():
    assert trim_lengths([5, 9], 12) == [4, 5]
    assert trim_lengths([9, 5], 12) == [4, 5]
    assert trim_lengths([9, 5], 12, trim_order=(1, 0)) == [5, 4]
    assert trim_lengths([2, 30], 12) == [2, 7]
    assert trim_lengths([5, 9], None) == [5, 9]
    assert trim_lengths([400, 20, 8], 104, trim_order=(2, 1, 0)) == [72, 20, 8]


def test_no_room_for_special_tokens():
    assert trim_lengths([5, 9], 3) == [0, 0]
    with pytest.raises(InputError, match="--max_length 2 is below 3, the special tokens of a row with 2 text"):
        trim_lengths([5, 9], 2)


def test_wrong_order():
    with pytest.raises(ValueError, match="each index below 2 once"):
        trim_lengths([50, 90], 10, trim_order=(0, 0))
