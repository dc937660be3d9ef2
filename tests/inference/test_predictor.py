"""Predictions of one example: the place of an answer in its passage, and none where the run gives none."""

import pytest

from baselines.heads.span import decode_answer, decode_answer_or_none
from baselines.inference.predictor import answer_with_span
from baselines.task import Example

EXAMPLE = Example(id=0, texts=("哪年", "建于1923年，修于1950年"), origin="")
WINDOWS = {"score": [1.0, 3.0, 2.0], "margin": [0.1, 0.2, 0.9], "start": [2, 2, 10], "end": [7, 7, 15]}


@pytest.mark.parametrize(
    ("decode", "found"),
    [
        (decode_answer, ("1923年", [2, 7])),
        (decode_answer_or_none, ("1950年", [10, 15])),                 # the one furthest above no answer
        (lambda example, outputs: decode_answer_or_none(example, outputs, 1.0), ("", None)),
    ],
)
def test_an_answer_is_the_one_of_the_tasks_stage(decode, found):
    assert tuple(answer_with_span(EXAMPLE, WINDOWS, decode).values()) == found
