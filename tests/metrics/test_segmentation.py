"""Word F1 against a worked text and the sets of borders."""

import random

import pytest

from baselines.metrics.segmentation import segmentation_scores


def test_a_worked_text():
    gold, found = [["吴某", "是", "北京大学", "教授"]], [["吴某", "是", "北京", "大学", "教授"]]
    scores = segmentation_scores(gold, found, known={"是", "教授", "吴某"})
    assert scores == {
        "f1": pytest.approx(2 * 3 / 9), "precision": 0.6, "recall": 0.75, "oov_recall": 0.0, "oov_rate": 0.25,
    }  # fmt: skip


def test_parts_of_speech_and_spaces():
    gold, found = [[["你", "r"], ["好", "a"], ["ok", "x"]]], [[["你", "r"], ["好", "v"], [" ok", "x"]]]
    scores = segmentation_scores(gold, found)
    assert scores["f1"] == 1 and scores["pos_f1"] == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="0 gold"):
        segmentation_scores([], [])


def test_borders_of_random_cuts_as_sets():
    dice = random.Random(2)

    def cut(text):
        words, start = [], 0
        while start < len(text):
            end = min(len(text), start + dice.randint(1, 3))
            words.append(text[start:end])
            start = end
        return words

    def borders(words):
        ends = [sum(map(len, words[: index + 1])) for index in range(len(words))]
        return set(zip([0, *ends], ends, strict=False))

    for _ in range(40):
        text = "".join(dice.choices("甲乙丙", k=12))
        gold, found = cut(text), cut(text)
        right = len(borders(gold) & borders(found))
        assert segmentation_scores([gold], [found])["f1"] == pytest.approx(2 * right / (len(gold) + len(found)))
