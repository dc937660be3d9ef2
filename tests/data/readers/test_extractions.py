"""Texts with entities, relations and events: each layout, BRAT's files, and one clear line for what is wrong."""

import json

import pytest

from baselines.data.readers.extractions import read
from baselines.errors import InputError

TEXT = "许知秋执导的《山月》"
WORK = {"type": "作品", "start": 7, "end": 9, "text": "山月"}
PERSON = {"type": "人物", "start": 0, "end": 3, "text": "许知秋"}
GOLD = {"entities": [PERSON, WORK], "relations": [{"predicate": "导演", "subject": WORK, "object": PERSON}], "events": []}


def rows_of(path, *rows, **options):
    file = path / "f.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return [(text, gold) for _, text, gold in read(file, **options)]


def test_own_lines_with_lists_and_objects(tmp_path):
    relation = {"predicate": "导演", "subject": [7, 9, "作品"], "object": [0, 3, "人物"]}
    event = {"type": "上映", "arguments": [[7, 9, "影片"], {"start": 0, "end": 3, "role": "主创"}]}
    plain, objects, none, empty = rows_of(
        tmp_path,
        {"text": TEXT, "relations": [relation]},
        {"text": TEXT, "entities": [{"start": 7, "end": 9, "label": "作品"}], "events": [event]},
        {"text": TEXT},
        {"text": TEXT, "entities": []},
    )
    assert plain == (TEXT, GOLD)
    assert objects[1]["entities"] == [WORK]
    arguments = [{"role": "主创", "start": 0, "end": 3, "text": "许知秋"}, {"role": "影片", "start": 7, "end": 9, "text": "山月"}]
    assert objects[1]["events"] == [{"type": "上映", "arguments": arguments}]
    assert none == (TEXT, None) and empty == (TEXT, {"entities": [], "relations": [], "events": []})


def test_inclusive_ends(tmp_path):
    relation = {"predicate": "导演", "subject": [7, 8, "作品"], "object": [0, 2, "人物"]}
    assert rows_of(tmp_path, {"text": TEXT, "relations": [relation]}, inclusive=True) == [(TEXT, GOLD)]


def test_doccano_names_entities_by_id(tmp_path):
    places = {4: ("人物", 0, 3), 9: ("作品", 7, 9)}
    entities = [{"id": id, "label": name, "start_offset": start, "end_offset": end} for id, (name, start, end) in places.items()]
    relations = [{"id": 1, "from_id": 9, "to_id": 4, "type": "导演"}]
    assert rows_of(tmp_path, {"text": TEXT, "entities": entities, "relations": relations}) == [(TEXT, GOLD)]
    relations[0]["to_id"] = 5
    with pytest.raises(InputError, match="f.jsonl:1: a relation's to_id is 5, but no entity has this id"):
        rows_of(tmp_path, {"text": TEXT, "entities": entities, "relations": relations})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 4}, "f.jsonl:1: two entities have the id 4: '许知秋', '山月'"),
        ({"id": [4]}, r"an entity has the id \[4\]. Use a text or a whole number"),
        ({"id": 4, "start_offset": 0, "end_offset": 3}, "a relation's from_id 4 has 2 labels, 人物, 作品. An end has one"),
    ],
)
def test_an_id_is_one_span_with_one_label_where_a_relation_ends(tmp_path, change, message):
    person = {"id": 4, "label": "人物", "start_offset": 0, "end_offset": 3}
    work = {"id": 9, "label": "作品", "start_offset": 7, "end_offset": 9, **change}
    both = {"text": TEXT, "entities": [person, work], "relations": [{"from_id": change["id"], "to_id": 4, "type": "导演"}]}
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path, both)


def label_studio(*relations):
    def span(name, start, end, label):
        value = {"start": start, "end": end, "labels": [label]}
        return {"id": name, "type": "labels", "from_name": "label", "to_name": "text", "value": value}

    results = [span("a", 0, 3, "人物"), span("b", 7, 9, "作品"), *relations]
    return {"id": 1, "data": {"text": TEXT}, "annotations": [{"was_cancelled": True, "result": []}, {"result": results}]}


def test_label_studio_links_results_in_both_directions(tmp_path):
    right = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "right", "labels": ["导演"]}
    left = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "left", "labels": ["导演"]}
    assert rows_of(tmp_path, label_studio(right)) == rows_of(tmp_path, label_studio(left)) == [(TEXT, GOLD)]
    with pytest.raises(InputError, match="has no label"):
        rows_of(tmp_path, label_studio({"type": "relation", "from_id": "b", "to_id": "a"}))
    with pytest.raises(InputError, match=r"a relation \['导演'\] has no from_id or no to_id"):
        rows_of(tmp_path, label_studio({"type": "relation", "to_id": "a", "labels": ["导演"]}))
    ((_, both),) = rows_of(tmp_path, label_studio({**right, "direction": "bi"}))
    assert [(each["subject"], each["object"]) for each in both["relations"]] == [(PERSON, WORK), (WORK, PERSON)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"relations": {}}, "f.jsonl:1, relations: {} is not a list"),
        ({"relations": [["导演", 1, 2]]}, "is not a relation in a known layout"),
        ({"relations": [{"predicate": "", "subject": [7, 9, "a"], "object": [0, 3, "b"]}]}, "has no predicate"),
        ({"relations": [{"predicate": "r", "subject": [7, 11, "a"], "object": [0, 3, "b"]}]}, r"\[7, 11\] of a is no .*subject"),
        ({"relations": [{"predicate": "r", "subject": [7, 7, "a"], "object": [0, 3, "b"]}]}, "add --inclusive"),
        ({"events": [{"type": "e"}]}, "is not an event in a known layout"),
        ({"events": [{"type": "e", "arguments": []}]}, "has no arguments"),
        ({"events": [{"type": " ", "arguments": [[0, 3, "r"]]}]}, "has no type"),
        ({"events": [{"type": "e", "arguments": [[0, 99, "r"]]}]}, r"\[0, 99\] of r is no place"),
    ],
)
def test_faults_name_the_line(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path, {"text": TEXT, **row})


def brat(folder, text, annotations, name="a"):
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / f"{name}.ann").write_text(annotations, encoding="utf-8")
    return [(text, gold) for _, text, gold in read(folder)]


def test_brat_lines_are_examples(tmp_path):
    text = f"{TEXT}\n\n青禾昨天裁员"
    spans = "T1\t人物 0 3\t许知秋\nT2\t作品 7 9\t山月\nT3\t裁员 16 18\t裁员\nT4\t企业 12 14\t青禾\n"
    links = "R1\t导演 Arg1:T2 Arg2:T1\nE1\t裁员:T3 裁员方:T4\n#1\tAnnotatorNotes T1\t?\nA1\tSure T1\n*\tEquiv T1 T2\n"
    first, second = brat(tmp_path, text, spans + links)
    assert first == (TEXT, GOLD) and second[0] == "青禾昨天裁员"
    assert second[1]["entities"] == [{"type": "企业", "start": 0, "end": 2, "text": "青禾"}]
    places = {"裁员方": (0, 2, "青禾"), "trigger": (4, 6, "裁员")}
    arguments = [{"role": role, "start": start, "end": end, "text": mention} for role, (start, end, mention) in places.items()]
    assert second[1]["events"] == [{"type": "裁员", "arguments": arguments}]
    assert [text for _, text, _ in read(tmp_path / "a.ann")] == [TEXT, "青禾昨天裁员"]


def test_brat_counts_carriage_returns_and_numbers_arguments_of_a_role(tmp_path, caplog):
    annotations = "T1\t甲 6 8\t青禾\nT2\t甲 9 11\t远山\nT3\t合并 11 13\t合并\nE1\t合并:T3 方:T1 方2:T2 因2:E1\n"
    (folder := tmp_path / "crlf").mkdir()
    (folder / "a.txt").write_bytes("第一行。\r\n青禾和远山合并\r\n".encode())
    (folder / "a.ann").write_text(annotations, encoding="utf-8")
    (_, _, _), (_, text, gold) = read(folder)
    assert text == "青禾和远山合并" and [part["role"] for part in gold["events"][0]["arguments"]] == ["方", "方", "trigger"]
    assert "arguments that are events themselves are left out (a.ann:4 has the first)" in caplog.text


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ("T1\t人物 0 3\t许知春\n", r"a.ann:1: '许知春' is not at \[0, 3\], where '许知秋' is"),
        ("T1\t人物 0 300\t许\n", r"a.ann:1: \[0, 300\] is no place in a text of 13 characters"),
        ("T1\t人物 0 1;2 3\t许 秋\n", "is not one span of text. Write one range"),
        ("T1\t人物 8 12\t月》 青\n", "is on several lines"),
        ("T1\t人物 0 3\t许知秋\nR1\t导演 Arg1:T1\n", "a.ann:2: .* is not a relation"),
        ("T1\t人物 0 3\t许知秋\nR1\t导演 Arg1:T1 Arg2:T7\n", "a.ann:2: 'T7' is not defined in a.ann"),
        ("Q\n", "a.ann:1: 'Q' is not a line of BRAT"),
        ("T1\t人物 0 3\t许知秋\nT1\t作品 7 9\t山月\n", "a.ann:2: T1 is defined twice"),
        ("T1 人物 0 3 许知秋\n", "a.ann:1: 'T1 人物 0 3 许知秋' has no tab"),
    ],
)
def test_faults_of_brat_name_file_and_line(tmp_path, annotations, message):
    with pytest.raises(InputError, match=message):
        brat(tmp_path, f"{TEXT}\n青禾", annotations)


def test_a_folder_needs_both_files(tmp_path):
    with pytest.raises(InputError, match="no .ann file in this folder"):
        list(read(tmp_path))
    (tmp_path / "a.ann").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="a.txt does not exist, but a.ann does"):
        list(read(tmp_path))
