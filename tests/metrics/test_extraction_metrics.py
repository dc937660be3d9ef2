"""F1 of extractions, of sets and of shared characters, against worked numbers and the slow obvious way."""

import itertools
import random

import pytest

from baselines.metrics.extraction import extraction_f1, ordered
from baselines.metrics.overlap import assigned, by_role, overlap_f1, set_f1, shared


def part(kind, start, end, **more):
    return {"type": kind, "start": start, "end": end, "text": "x" * (end - start), **more}


def extraction(entities=(), relations=(), events=()):
    return {"entities": list(entities), "relations": list(relations), "events": list(events)}


def relation(predicate, subject, thing):
    return {"predicate": predicate, "subject": subject, "object": thing}


def event(kind, *arguments):
    return {"type": kind, "arguments": [{"role": role, "start": start, "end": end, "text": ""} for role, start, end in arguments]}


def test_each_kind_is_counted_by_itself_and_all_typed_facts_together():
    work, person = part("作品", 0, 2), part("人物", 3, 5)
    gold = extraction([work, person], [relation("导演", work, person)], [event("裁员", ("裁员方", 0, 2), ("时间", 3, 5))])
    found = extraction(
        [work], [relation("导演", part("人物", 0, 2), person)], [event("裁员", ("裁员方", 0, 2)), event("辞职", ("时间", 3, 5))]
    )
    scores = extraction_f1([gold], [found])
    assert scores["entity_f1"] == pytest.approx(2 / 3)
    assert scores["relation_f1"] == 1 and scores["relation_f1_typed"] == 0
    assert scores["argument_f1"] == 0.5 and scores["argument_f1_untyped"] == 1 and scores["event_f1"] == 0
    assert scores["micro_f1"] == pytest.approx(2 * (1 + 0 + 1) / (5 + 4))


def test_kinds_that_do_not_occur_have_no_score_and_nothing_found_in_nothing_is_right():
    assert extraction_f1([extraction()], [extraction()]) == {"micro_f1": 1.0}
    assert extraction_f1([extraction([part("a", 0, 1)])], [extraction()]) == {"micro_f1": 0.0, "entity_f1": 0.0}
    with pytest.raises(ValueError, match="1 gold and 2 predicted"):
        extraction_f1([extraction()], [extraction(), extraction()])


def test_the_order_of_lists_and_confidences_do_not_count():
    one, other = part("a", 4, 5), part("b", 0, 2)
    gold = extraction([one, other], [relation("r", one, other), relation("q", one, other)], [event("e", ("x", 4, 5), ("y", 0, 2))])
    found = ordered(gold)
    assert [entity["start"] for entity in found["entities"]] == [0, 4]
    assert [argument["start"] for argument in found["events"][0]["arguments"]] == [0, 4]
    assert [each["predicate"] for each in found["relations"]] == ["q", "r"]
    found["entities"] = [{**entity, "confidence": 0.5} for entity in found["entities"]]
    assert set(extraction_f1([gold], [found]).values()) == {1.0}


def test_a_set_is_right_in_whole_facts():
    scores = set_f1([{("a", frozenset({1, 2}))}, {1, 2}], [{("a", frozenset({1}))}, {2, 3, 4}])
    assert scores == {"f1": pytest.approx(2 / 7), "precision": 0.25, "recall": pytest.approx(1 / 3)}
    assert set_f1([set()], [set()]) == {"f1": 1.0, "precision": 1.0, "recall": 1.0}


def test_an_argument_counts_by_its_shared_characters():
    assert shared("青禾科技", "青禾科技集团") == pytest.approx(0.8)
    gold = {("裁员", "裁员方"): ["青禾科技"], ("裁员", "时间"): ["昨天"]}
    found = {("裁员", "裁员方"): ["青禾"], ("辞职", "时间"): ["昨天"]}
    assert overlap_f1([gold], [found])["f1"] == pytest.approx(2 * (2 * 2 / 6) / 4)
    assert by_role([("a", "x"), ("b", "y"), ("a", "x"), ("a", "z")]) == {"a": ["x", "z"], "b": ["y"]}


def subsequences(text):
    return {"".join(chosen) for size in range(len(text) + 1) for chosen in itertools.combinations(text, size)}


def test_the_best_assignment_is_that_of_all_permutations():
    dice = random.Random(4)
    for _ in range(60):
        golds, found = (["".join(dice.choices("abc", k=dice.randint(3, 4))) for _ in range(dice.randint(1, 3))] for _ in "xy")

        def slow(one, other):
            return 2 * max(map(len, subsequences(one) & subsequences(other))) / (len(one) + len(other))

        short, long = sorted((golds, found), key=len)
        best = max(sum(map(slow, short, order)) for order in itertools.permutations(long, len(short)))
        assert assigned(golds, found) == pytest.approx(best)
