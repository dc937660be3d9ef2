"""Gold spans that no prediction can equal, and the suspicion that their ends are off by one."""

import random

import pytest
from lint_samples import finding, split, tokenizer

from baselines.linting import span_ends, spans
from baselines.linting.findings import ERROR, OK, WARNING, Share
from baselines.task import Span

PLACES = [first + second + first + "市" for first in "甲乙丙丁戊" for second in "子丑寅卯辰巳"]
AROUND = "的在有是和了不我他她这那说去来上下中大小"


def check(*rows, max_length=128, spans_of=lambda example: example.gold):
    return spans.check_spans([split(*rows, max_length=max_length), split("春", name="test")], spans_of, tokenizer(), max_length)


def test_spans_on_tokens_are_fine():
    section = check(("在 iphone 12 上", [Span(0, 2, 8, "x"), Span(0, 9, 11, "y")]), ("北京的人", [Span(0, 0, 2, "z")]))
    assert finding(section, "gold spans").values == {"train": 3}
    assert {one.verdict for one in section.findings} == {OK}


@pytest.mark.parametrize("span, reason", [
    (Span(0, 1, 4, "x"), "not on the borders of tokens"),               # iph|one
    (Span(0, 3, 20), "outside the text"),
    (Span(0, 3, 3), "outside the text"),
    (Span(0, -1, 2), "outside the text"),
])  # fmt: skip
def test_spans_that_tokens_cannot_give(span, reason):
    found = finding(check(("在iphone上", [span, Span(0, 1, 7)])), reason)
    assert found.values == {"train": Share(1, 2)} and found.verdict == ERROR and found.advice


def test_a_lost_span_is_shown_in_its_text():
    found = finding(check(("人在iphone上", [Span(0, 2, 5, "x")])), "not on")
    assert found.where == ("train:1: 人在[iph]one上 (x, 2-5)",)


def test_spans_behind_max_length():
    text = "春夏秋冬" * 5
    section = check((text, [Span(0, 0, 2), Span(0, 6, 8), Span(0, 7, 9), Span(0, 18, 20)]), max_length=10)  # 8 tokens are left
    assert finding(section, "cut off by max_length").values == {"train": Share(2, 4)}


def test_spans_of_the_longer_of_two_texts():
    rows = ((("春夏", "天地" * 8), [Span(1, 0, 2), Span(1, 14, 16)]),)
    assert finding(check(*rows, max_length=12), "cut off").values == {"train": Share(1, 2)}
    assert finding(check(*rows, max_length=22), "cut off").values == {"train": Share(0, 2)}


def test_spaces_and_overlaps():
    section = check(("春 夏秋冬", [Span(0, 1, 3, "x"), Span(0, 2, 5, "y"), Span(0, 4, 5, "x")]))
    assert finding(section, "with a space").values == {"train": Share(1, 3)}
    found = finding(section, "overlapping")
    assert found.values == {"train": Share(2, 3)} and found.verdict == WARNING
    assert finding(check(("春夏秋", [Span(0, 0, 1, "x"), Span(0, 1, 3, "x")])), "overlapping").verdict == OK


def places(seed=1, start=0, end=0):
    """Rows with two places each in varied surroundings, their offsets shifted by `start` and `end`."""
    draw = random.Random(seed)
    rows = []
    for _ in range(120):
        left, right = draw.choice(AROUND), draw.choice(AROUND)
        one, two = draw.sample(PLACES, 2)
        text = f"{left}{one}{right}{two}{draw.choice(AROUND)}"
        spots = [(1, 1 + len(one)), (2 + len(one), 2 + len(one) + len(two))]
        rows.append((text, [Span(0, a + start, b + end, "place") for a, b in spots]))
    return rows


@pytest.mark.parametrize("start, end, verdict, value", [
    (0, 0, OK, "as expected"), (0, -1, ERROR, "one short"), (0, 1, ERROR, "one too far"), (1, 1, ERROR, "one too far"),
    (-1, -1, ERROR, "one short"),
])  # fmt: skip
def test_ends_that_are_off_by_one_are_suspected(start, end, verdict, value):
    found = finding(check(*places(start=start, end=end)), "ends of spans")
    assert found.verdict == verdict and found.values == {"train": value}
    assert bool(found.advice) == (verdict == ERROR)


def test_texts_from_a_template_are_no_reason_for_suspicion():
    """Every name is followed by the same words: made-up data, such as the embedded one, is like that."""
    rows = [(f"{name}的人在{name}有{i}", [Span(0, 0, 4), Span(0, 7, 11)]) for name in PLACES for i in range(3)]
    rows = [(text.replace("有", "的人在"), found) for text, found in rows]
    assert finding(check(*rows), "ends of spans").verdict == OK


def test_few_spans_say_nothing_about_their_ends():
    assert finding(check(*places()[:5]), "ends of spans").values == {"train": "too few to tell"}


def test_one_answer_to_many_questions_on_a_text_counts_once():
    rows = [("甲子市的" + "春" * i, [Span(0, 0, 3)]) for i in range(3) for _ in range(50)]
    assert finding(check(*rows), "ends of spans").values == {"train": "too few to tell"}


def test_agreement():
    pairs = [(word, last) for word in map(str, range(20)) for last in "xxy"]
    assert span_ends.agreement(pairs) == pytest.approx(1 / 3)           # of the pairs of three, one agrees
    assert span_ends.agreement(pairs[:30]) is None


def test_the_quick_answer_about_borders_is_that_of_the_alignment():
    """Where `between_words` says yes to both ends, there is a token span; it may say no to more than the alignment does."""
    draw, letters = random.Random(3), "春北iP12é\u0301 \u3000，.-☺\u200bㅎ한ﬁ"
    made, quick = tokenizer(), 0
    for _ in range(400):
        text = "".join(draw.choices(letters, k=8))
        aligned = made.align(text)
        for start in range(8):
            for end in range(start + 1, 9):
                if spans.between_words(text, start) and spans.between_words(text, end, -1):
                    quick += 1
                    assert aligned.token_span(start, end) is not None, (text, start, end)
    assert quick > 3000
