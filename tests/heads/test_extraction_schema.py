"""A schema: what is read, what is refused, and that a run's labels are all of it."""

import pytest

from baselines.errors import InputError
from baselines.heads.extraction_schema import Event, Relation, Schema

VALUES = {
    "entities": ["人物", "日期"],
    "relations": [{"predicate": "导演", "subject": "作品", "object": "人物"}],
    "events": [{"type": "财经/交易-出售/收购", "roles": ["时间", "收购方"]}, {"type": "裁员", "roles": ["时间"]}],
}


def test_types_that_only_relations_name_are_entities_too():
    schema = Schema.of(VALUES)
    assert schema.entities == ("人物", "日期", "作品")
    assert schema.relations == (Relation("导演", "作品", "人物"),)
    assert schema.roles == (("财经/交易-出售/收购", "时间"), ("财经/交易-出售/收购", "收购方"), ("裁员", "时间"))
    assert schema.span_names[3:] == ("财经/交易-出售/收购 › 时间", "财经/交易-出售/收购 › 收购方", "裁员 › 时间")


def test_labels_of_a_run_give_the_schema_again(tmp_path):
    schema = Schema.of(VALUES)
    assert Schema.from_labels(schema.label_names) == schema
    (tmp_path / "schema.yaml").write_text("relations:\n  - {predicate: 导演, subject: 作品, object: 人物}\n", encoding="utf-8")
    assert Schema.read(tmp_path / "schema.yaml") == Schema(("作品", "人物"), (Relation("导演", "作品", "人物"),))
    assert Schema.of(schema.to_dict()) == schema


def test_a_schema_is_found_in_gold():
    work, person = ({"type": kind, "start": 0, "end": 1} for kind in ("作品", "人物"))
    gold = {"entities": [work], "relations": [{"predicate": "导演", "subject": work, "object": person}],
            "events": [{"type": "裁员", "arguments": [{"role": "时间"}, {"role": "地点"}]}]}  # fmt: skip
    relations, events = (Relation("导演", "作品", "人物"),), (Event("裁员", ("地点", "时间")),)
    assert Schema.discover([gold], "f") == Schema(("人物", "作品"), relations, events)
    with pytest.raises(InputError, match="^f: no entities, relations or events to learn from"):
        Schema.discover([], "f")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"entity": ["人物"]}, "unknown part 'entity'. Did you mean entities"),
        ({}, "schema: no entities, relations or events"),
        ({"entities": "人物"}, "schema, entities: expected a list. Received: '人物'"),
        ({"entities": [3]}, "schema, entities: expected a name. Received: 3"),
        ({"entities": ["人物", "人物"]}, "schema, entities: 人物 is given twice"),
        ({"relations": [{"predicate": "导演", "subject": "作品"}]}, r"relations\[0\]: object missing"),
        ({"relations": [{"predicate": "a", "subject": "b", "object": "c", "d": 1}]}, "too many fields"),
        ({"events": [{"type": "裁员", "roles": []}]}, r"events\[0\]: no roles"),
        ({"events": ["裁员"]}, r"events\[0\]: '裁员' is not an event"),
        ({"entities": ["a: b"]}, "the name 'a: b' holds ': '"),
    ],
)
def test_faults_are_one_line_with_the_place(values, message):
    with pytest.raises(InputError, match=message) as caught:
        Schema.of(values)
    assert "\n" not in str(caught.value)


def test_gold_outside_the_schema_is_refused_by_name():
    schema = Schema.of(VALUES)
    empty = {"entities": [], "relations": [], "events": []}
    work, person = ({"type": kind, "start": 0, "end": 1} for kind in ("作品", "人物"))
    turned = {"predicate": "导演", "subject": person, "object": work}
    for gold, message in (
        ({"entities": [{"type": "人"}]}, "no entity type '人'"),
        ({"relations": [{"predicate": "主演", "subject": work, "object": person}]}, "no predicate '主演'"),
        ({"relations": [turned]}, "'导演' is between 作品 and 人物. Received: 人物 and 作品"),
        ({"events": [{"type": "裁", "arguments": []}]}, "no event type '裁'"),
        ({"events": [{"type": "裁员", "arguments": [{"role": "收购方"}]}]}, "no role of 裁员 '收购方'"),
    ):
        with pytest.raises(InputError, match=f"^the schema has {message}|^{message}"):
            schema.check({**empty, **gold})
    schema.check({**empty, "relations": [{"predicate": "导演", "subject": work, "object": person}]})
