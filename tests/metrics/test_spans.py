"""Entity F1: worked numbers, edge cases, and seqeval as the oracle for BIO data."""

import random

import pytest

from baselines.metrics.spans import Entity, span_f1

A, B = Entity(0, 2, "name", "小明"), Entity(3, 5, "company", "银行")


def test_worked_example():
    """name: 1 of 1 right, 1 of 2 found; company: nothing found; game: only predicted."""
    golds = [[A, B], [A], []]
    predictions = [[A], [Entity(0, 1, "name", "小")], [Entity(0, 2, "game", "小明")]]
    assert span_f1(golds, predictions) == pytest.approx({
        "macro_f1": (0.5 + 0 + 0) / 3, "micro_f1": 2 * 1 / (3 + 3), "f1/company": 0.0, "f1/game": 0.0, "f1/name": 0.5,
    })


def test_the_leaderboards_figure_selects_the_epoch():
    assert next(iter(span_f1([[A]], [[A]]))) == "macro_f1"


def test_an_entity_counts_once_and_needs_its_category():
    assert span_f1([[A, A]], [[A]])["micro_f1"] == 1
    assert span_f1([[A]], [[A._replace(category="book")]])["micro_f1"] == 0


def test_nothing_to_find():
    assert span_f1([[]], [[]]) == {"macro_f1": 1.0, "micro_f1": 1.0}
    assert span_f1([[]], [[A]])["macro_f1"] == 0


def test_lists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="2 gold and 1 predicted"):
        span_f1([[A], [A]], [[A]])


def test_equals_seqeval_on_bio():
    metrics = pytest.importorskip("seqeval.metrics")
    rng, golds, predictions = random.Random(0), [], []
    for _ in range(50):
        for rows in (golds, predictions):
            rows.append([])
            while len(rows[-1]) < 12:
                category = rng.choice(["PER", "LOC", "ORG", None, None])
                tags = [f"B-{category}", *[f"I-{category}"] * rng.randint(0, 2)] if category else ["O"]
                rows[-1].extend(tags[: 12 - len(rows[-1])])
    found = span_f1([entities(tags) for tags in golds], [entities(tags) for tags in predictions])
    assert found["micro_f1"] == pytest.approx(metrics.f1_score(golds, predictions))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(golds, predictions, average="macro"))
    assert 0 < found["micro_f1"] < 1


def entities(tags):
    found = []
    for position, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append(Entity(position, position + 1, tag[2:], ""))
        elif tag.startswith("I-"):
            found[-1] = found[-1]._replace(end=position + 1)
    return found
