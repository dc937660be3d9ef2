"""Messages that quote what users and files say: safe to print, and never longer than a screen."""

import doctest

import pytest

from baselines import errors
from baselines.errors import InputError, excerpt, nearest


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(errors).failed == 0


@pytest.mark.parametrize("sign", ["\x1b", "\x00", "\r", "\x7f", "\x9b", "\u202e", "\u2028", "\ufeff", "\ud800"])
def test_control_characters_are_escaped(sign):
    message = str(InputError(f"there is no {sign}[31mkey"))
    assert sign not in message and f"\\u{ord(sign):04x}[31mkey" in message
    assert str(InputError(message)) == message


def test_what_is_read_stays_as_it_is():
    text = "语料：没有“这个”键 é 👩‍💻\nsecond line"
    assert str(InputError(text)) == text
    assert excerpt("语料") == "语料" and excerpt("a\nb") == "a\\u000ab"


def test_long_values_are_cut_and_the_advice_stays():
    message = str(InputError(f"There is no {'x' * 70_000} here. Build it again."))
    assert len(message) < 1000 and message.startswith("There is no xxx") and message.endswith("xxx here. Build it again.")
    assert excerpt("x" * 70_000) == "x" * 60 + "…"
    assert len(nearest("x" * 70_000, ["tnews"])) < 100
