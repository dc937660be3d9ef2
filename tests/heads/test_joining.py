"""Joint predictions of several models: means of probabilities and votes, worked by hand for every kind of output."""

import numpy as np
import pytest

from baselines.heads.choice import ChoiceHead
from baselines.heads.classification import ClassificationHead
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.half_pointer import HalfPointerHead
from baselines.heads.joining import majority, mean_of_classes
from baselines.heads.linker import LinkerHead
from baselines.heads.multilabel_classification import MultilabelClassificationHead
from baselines.heads.similarity import SimilarityHead
from baselines.heads.span import SpanHead, decode_answer, decode_answer_or_none
from baselines.task import Example

THIRDS = np.full(3, 1 / 3)


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def test_classes_get_the_weighted_mean_of_the_probabilities():
    probabilities = [[0.6, 0.3, 0.1], [0.1, 0.5, 0.4], [0.2, 0.5, 0.3]]
    shifts = (0, 7, -2)                                                 # which change no probability
    outputs = [{"logits": np.log(np.array([row], np.float32)) + shift} for row, shift in zip(probabilities, shifts, strict=True)]
    head, weights = ClassificationHead(3), np.array([0.5, 0.25, 0.25])
    joined = head.join(outputs, weights)
    assert softmax(joined["logits"]) == pytest.approx(np.array([[0.375, 0.4, 0.225]]))
    assert head.confidence(None, joined) == pytest.approx(0.4)
    alone = head.join(outputs, np.array([0.0, 1.0, 0.0]))
    assert softmax(alone["logits"]) == pytest.approx(np.array([probabilities[1]]))


def test_a_masked_choice_stays_impossible():
    outputs = [{"logits": np.array([[1.0, 2.0, -1e9], [0.0, 1.0, 2.0]])}, {"logits": np.array([[3.0, 0.0, -1e9], [0.0, 1.0, 2.0]])}]
    joined = ChoiceHead().join(outputs, np.array([0.5, 0.5]))["logits"]
    first = (softmax(np.array([1.0, 2.0])) + softmax(np.array([3.0, 0.0]))) / 2
    assert softmax(joined) == pytest.approx(np.array([[*first, 0.0], softmax(np.array([0.0, 1.0, 2.0]))]))


def test_labels_are_averaged_one_by_one_and_large_logits_do_not_overflow():
    logits = [np.array([[0.0, np.log(4), 2000.0]]), np.array([[np.log(3), np.log(1 / 9), 2000.0]])]
    joined = MultilabelClassificationHead(3).join([{"logits": each} for each in logits], np.array([0.5, 0.5]))["logits"]
    assert 1 / (1 + np.exp(-joined[0, :2])) == pytest.approx([0.625, 0.45])
    assert joined[0, 2] == pytest.approx(2000.0)


def test_scores_are_averaged():
    outputs = [{"similarity": np.array([0.2])}, {"similarity": np.array([0.6])}]
    assert SimilarityHead().join(outputs, np.array([0.25, 0.75]))["similarity"] == pytest.approx([0.5])


def test_entities_need_more_than_half_of_the_weight():
    cells = [[(0, 2, 4), (1, 5, 6)], [(0, 2, 4), (0, 5, 6)], [(0, 2, 5), (1, 5, 6)]]
    outputs = [{"entities": [np.array(each)]} for each in cells]
    head = EntityPointerHead(2)
    (joined,) = head.join(outputs, THIRDS)["entities"]
    assert joined.tolist() == [[0, 2, 4], [1, 5, 6]]
    (joined,) = head.join(outputs, np.array([0.2, 0.2, 0.6]))["entities"]
    assert joined.tolist() == [[0, 2, 5], [1, 5, 6]]
    (none,) = head.join([{"entities": [np.zeros((0, 3), int)]}] * 2, np.array([0.5, 0.5]))["entities"]
    assert none.shape == (0, 3)


def test_half_of_the_weight_is_no_majority_and_a_model_votes_once():
    assert majority([["a", "a"], ["b"]], np.array([0.5, 0.5])) == []
    assert majority([["a"], ["b", "a"]], np.array([0.5, 0.5])) == ["a"]


def span(start, end, score, margin, probability):
    return {"score": [score, -9.0], "margin": [margin, -9.0], "probability": [probability, 0.0],
            "start": [start, 0], "end": [end, 0]}  # fmt: skip


def test_answers_are_voted_for_and_no_answer_is_a_mean_of_margins():
    head, example = SpanHead(), Example(0, ("?", "北京是首都"))
    outputs = [span(0, 2, 9.0, 3.0, 0.9), span(3, 5, 2.0, -1.0, 0.3), span(3, 5, 1.0, -1.4, 0.4)]
    joined = head.join(outputs, THIRDS)
    assert decode_answer(example, joined) == "首都"
    assert head.confidence(example, joined) == pytest.approx(0.7 / 3)
    assert joined["margin"][0] == pytest.approx(0.2)
    assert decode_answer_or_none(example, joined) == "首都" and decode_answer_or_none(example, joined, 0.3) == ""
    tie = head.join(outputs[:2], np.array([0.5, 0.5]))                  # one vote each: the likelier span
    assert decode_answer(example, tie) == "北京"


def test_relations_bring_their_spans_and_events_count_as_wholes():
    one = {"spans": [[(0, 0, 2, 1.0), (1, 3, 5, 3.0), (2, 6, 7, 1.0)]], "relations": [[(0, 0, 1)]], "events": [[(0, (2,))]]}
    two = {"spans": [[(1, 3, 5, 1.0), (0, 0, 2, 2.0)]], "relations": [[(0, 1, 0)]], "events": [[]]}
    three = {"spans": [[(1, 3, 5, 2.0)]], "relations": [[]], "events": [[]]}
    joined = LinkerHead(3, [(0, 1)], [(2,)]).join([one, two, three], THIRDS)
    assert joined["spans"] == [[(0, 0, 2, 1.5), (1, 3, 5, 2.0)]]
    assert joined["relations"] == [[(0, 0, 1)]] and joined["events"] == [[]]
    alone = LinkerHead(3, [(0, 1)], [(2,)]).join([one, two], np.array([0.9, 0.1]))
    assert alone["events"] == [[(0, (2,))]] and alone["spans"][0][2][:3] == (2, 6, 7)


def test_triples_are_voted_for():
    triple = (0, 0, 2, 3, 5)
    outputs = [{"triples": [[(*triple, 0.8)]]}, {"triples": [[(*triple, 0.6), (1, 0, 2, 3, 5, 0.9)]]}, {"triples": [[]]}]
    (joined,) = HalfPointerHead(2).join(outputs, THIRDS)["triples"]
    assert joined == [(*triple, pytest.approx(0.7))]


def test_means_ignore_what_softmax_ignores():
    logits = np.random.default_rng(0).normal(size=(2, 4, 3))
    assert mean_of_classes(logits + 5, [0.5, 0.5]) == pytest.approx(mean_of_classes(logits, [0.5, 0.5]))
