"""Entities in JSON: every layout gives the same ones, is told in one line, and its faults name their place."""

import json

import pytest

from baselines.data.readers import entities
from baselines.errors import InputError

TEXT = "许知秋在南屏大学教书"
GOLD = [(0, 3, "NAME", "许知秋"), (4, 8, "ORG", "南屏大学")]


def studio(results, **more):
    return {"data": {"text": TEXT}, "annotations": [{"result": results, **more}]}


def result(start, end, label, **value):
    return {"type": "labels", "value": {"start": start, "end": end, "text": TEXT[start:end], "labels": [label], **value}}


SPANS = [(0, 3, "NAME"), (4, 8, "ORG")]
STUDIO = studio([result(*span) for span in SPANS])
LAYOUTS = {
    "lists": {"text": TEXT, "entities": SPANS},
    "old doccano": {"text": TEXT, "labels": SPANS},
    "lists with texts": {"text": TEXT, "label": GOLD},
    "data of doccano": {"data": TEXT, "label": SPANS},
    "doccano": {"text": TEXT, "relations": [],
                "entities": [{"id": 1, "label": c, "start_offset": a, "end_offset": b} for a, b, c in SPANS]},
    "doccano's annotations": {"text": TEXT, "annotations": [{"label": c, "start_offset": a, "end_offset": b} for a, b, c in SPANS]},
    "spaCy": {"text": TEXT, "spans": [{"label": c, "start": a, "end": b} for a, b, c in SPANS]},
    "Label Studio": STUDIO,
    "Label Studio's completions": {"data": {"text": TEXT}, "completions": STUDIO["annotations"]},
    "Label Studio's short one": {"text": TEXT, "label": [item["value"] for item in STUDIO["annotations"][0]["result"]]},
    "another field": {"data": {"ner": TEXT, "number": 3}, "annotations": STUDIO["annotations"]},
    "marked-up text": studio([{"type": "hypertextlabels", "value": {
        "start": "/p[1]", "end": "/p[1]", "globalOffsets": {"start": a, "end": b}, "hypertextlabels": [c]}} for a, b, c in SPANS]),
    "relations and choices": studio([*STUDIO["annotations"][0]["result"], {"type": "relation", "from_id": "a", "to_id": "b"},
                                     {"type": "choices", "value": {"choices": ["x"]}}]),
    "CLUENER": {"text": TEXT, "label": {"NAME": {"许知秋": [[0, 2]]}, "ORG": {"南屏大学": [[4, 7]]}}},
}  # fmt: skip


def read(path, rows, as_lines=True, **options):
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) if as_lines else json.dumps(rows)
    path.write_text(text, encoding="utf-8")
    return [(words, found and [tuple(each) for each in found]) for _, words, found in entities.read(path, **options)]


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("as_lines", [True, False])
def test_every_layout_gives_the_same_entities(tmp_path, name, as_lines):
    assert read(tmp_path / "a.json", [LAYOUTS[name]] * 2, as_lines) == [(TEXT, GOLD)] * 2


@pytest.mark.parametrize("name", ["doccano", "Label Studio", "CLUENER"])
def test_a_layout_that_is_recognized_is_told_in_one_line(tmp_path, name, caplog):
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        read(path, [LAYOUTS[name]] * 3)
    assert caplog.text.count(f"{path}: entities are read as {name} writes them; ends are ") == 1 == len(caplog.records)
    read(tmp_path / "b.jsonl", [LAYOUTS[name]], plain=name)
    read(tmp_path / "c.jsonl", [LAYOUTS["lists"]])
    assert len(caplog.records) == 1
    read(tmp_path / "d.jsonl", [{"text": TEXT, "entities": [{"start": a, "end": b, "label": c} for a, b, c in SPANS]}])
    assert caplog.records[1].getMessage().endswith("d.jsonl: entities are read as objects; ends are behind the last characters.")


def test_ends_may_be_the_last_characters(tmp_path):
    closed = [{"start_idx": a, "end_idx": b - 1, "type": c, "entity": TEXT[a:b]} for a, b, c in SPANS]
    assert read(tmp_path / "a.jsonl", [{"text": TEXT, "entities": closed}], inclusive=True) == [(TEXT, GOLD)]
    with pytest.raises(InputError, match="'许知秋' is not at .0, 2., where '许知' is. If your file gives the last"):
        read(tmp_path / "a.jsonl", [{"text": TEXT, "entities": closed}])


def test_texts_without_annotations_and_without_entities(tmp_path):
    rows = [{"data": {"text": TEXT}}, {"data": {"text": TEXT}, "annotations": []}, studio([], was_cancelled=True), {"text": TEXT}]
    assert read(tmp_path / "a.jsonl", rows) == [(TEXT, None)] * 4
    assert read(tmp_path / "b.jsonl", [studio([]), {"text": TEXT, "label": []}, {"text": TEXT, "label": {}}]) == [(TEXT, [])] * 3


def test_annotators_who_agree_are_one_and_others_are_told(tmp_path):
    same = {**STUDIO, "annotations": STUDIO["annotations"] * 2}
    assert read(tmp_path / "a.jsonl", [same]) == [(TEXT, GOLD)]
    other = {**STUDIO, "annotations": [*STUDIO["annotations"], {"result": []}]}
    with pytest.raises(InputError, match="a.jsonl:1: 2 annotations that differ. Keep the right one, or cancel the others."):
        read(tmp_path / "a.jsonl", [other])
    cancelled = {**STUDIO, "annotations": [*STUDIO["annotations"], {"result": [], "was_cancelled": True}]}
    assert read(tmp_path / "a.jsonl", [cancelled]) == [(TEXT, GOLD)]


def test_an_object_may_have_several_labels(tmp_path):
    both = studio([result(0, 3, "NAME", labels=["NAME", "POET"])])
    assert read(tmp_path / "a.jsonl", [both]) == [(TEXT, [GOLD[0], (0, 3, "POET", "许知秋")])]


@pytest.mark.parametrize("row, part", [
    ({"text": TEXT, "entities": [{"start": 0, "label": "N"}]}, "is not an entity in a known layout. Write [start, end, category]"),
    ({"text": TEXT, "entities": [{"start": 0, "end": 99, "label": "N"}]}, "[0, 99] of N is no place in a text of 10"),
    ({"text": TEXT, "entities": [{"start": "0", "end": 2, "label": "N"}]}, "is not a start, end and category"),
    ({"text": TEXT, "entities": [{"start": True, "end": 2, "label": "N"}]}, "is not a start, end and category"),
    ({"text": TEXT, "entities": [{"start": 0, "end": 2, "label": {"a": 1}}]}, "is not a start, end and category"),
    ({"text": TEXT, "entities": "x"}, "a.jsonl:1, entities: 'x' is not a list"),
    ({"data": {"text": ""}}, "text is not a text, or is empty"),
    ({"data": {"text": TEXT}, "annotations": [3]}, "annotations[0]: 3 is not an object"),
    ({"data": {"text": TEXT}, "annotations": {"a": 1}}, "annotations: {'a': 1} is not a list"),
    (studio([{"type": "labels"}]), "there is no field 'value'"),
    (studio([{"type": "labels", "value": {"start": 0, "end": 1}}]), "there is no field 'labels'"),
    (studio([result(0, 3, "N", text="周")]), "'周' is not at [0, 3], where '许知秋' is."),
])  # fmt: skip
def test_faults_are_told_with_their_place(tmp_path, row, part):
    with pytest.raises(InputError) as raised:
        read(tmp_path / "a.jsonl", [row])
    assert str(raised.value).startswith("a.jsonl:1") and part in str(raised.value) and "\n" not in str(raised.value)
