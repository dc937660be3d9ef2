"""SQuAD's layout: questions with their answers, stand-ins of test files, answers that are not where they should be."""

import gzip
import json

import pytest

from baselines.data.readers import squad_json
from baselines.data.readers.squad_json import Answer
from baselines.errors import InputError

CONTEXT = "古桥建于1923年，位于青山，又叫青山桥。"


def file_of(path, *questions, **paragraph):
    paragraph = {"context": CONTEXT, "qas": list(questions)} | paragraph
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}, ensure_ascii=False), encoding="utf-8")
    return path


def question(*answers, **fields):
    found = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": "q1", "question": "哪年建的？", "answers": found} | fields


def rows(path, **options):
    return list(squad_json.read(path, **options))


def test_questions_know_their_context_and_answers(tmp_path):
    path = file_of(tmp_path / "dev.json", question(("1923年", 4), ("1923", 4), ("1923年", 4)))
    (row,) = rows(path)
    assert row == {
        "id": "q1", "question": "哪年建的？", "context": CONTEXT, "answers": (Answer("1923年", 4), Answer("1923", 4)),
    }
    assert row.origin == "dev.json: data[0].paragraphs[0].qas[0] (q1)"
    assert (row["answers"][0].start, row["answers"][0].end) == (4, 9)


def test_bom_gzip_and_missing_ids(tmp_path):
    """DRCD's files start with a byte-order mark."""
    fields = {"question": "？", "answers": []}
    plain = file_of(tmp_path / "a.json", fields, fields)
    packed = tmp_path / "b.json.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes()))
    assert [row["id"] for row in rows(packed)] == ["data[0].paragraphs[0].qas[0]", "data[0].paragraphs[0].qas[1]"]


@pytest.mark.parametrize("fields, answers", [
    ({"answers": [{"text": "FAKE", "answer_start": -1}]}, None),
    ({"answers": None}, None),
    ({"answers": []}, ()),
    ({"question": ""}, ()),
    ({"answers": [{"text": "", "answer_start": -1}], "is_impossible": True}, ()),
    ({"answers": [], "is_impossible": False}, ()),
    ({"is_impossible": True, "answers": None}, None),
])
def test_what_counts_as_gold(tmp_path, fields, answers):
    assert rows(file_of(tmp_path / "test.json", question() | fields))[0]["answers"] == answers


def test_an_answer_that_is_elsewhere_is_refused_or_moved(tmp_path):
    path = file_of(tmp_path / "dev.json", question(("青山", 13)))
    with pytest.raises(InputError) as raised:
        rows(path)
    assert str(raised.value) == (
        "dev.json: data[0].paragraphs[0].qas[0] (q1): the answer '青山' is not at answer_start=13, where '山，' is. "
        "It is at 12: fix the file, or take such answers from there with --fix_offsets."
    )
    assert rows(path, fix_offsets=True)[0]["answers"] == (Answer("青山", 12),), "the nearest of two places"


@pytest.mark.parametrize("answer, part", [
    (("红山", 12), "where '青山' is. The context does not have it at all."),
    (("青山", -2), "at answer_start=-2, where '' is."),
    (("青山", 900), "at answer_start=900, where '' is."),
    (("青山", "12"), "answer_start is not a whole number: '12'"),
    (("", 12), "text is not a text, or is empty"),
])
def test_answers_that_are_not_there(tmp_path, answer, part):
    with pytest.raises(InputError) as raised:
        rows(file_of(tmp_path / "dev.json", question(answer)), fix_offsets=answer[0] == "红山")
    assert part in str(raised.value) and "dev.json: data[0].paragraphs[0].qas[0]" in str(raised.value)


@pytest.mark.parametrize("value, part", [
    ([], "dev.json: [] is not an object"),
    ({}, "dev.json: there is no field 'data'"),
    ({"data": {}}, "dev.json: data: {} is not a list"),
    ({"data": ["甲"]}, "dev.json: data[0]: '甲' is not an object"),
    ({"data": [{"paragraphs": [{"context": " ", "qas": []}]}]}, "data[0].paragraphs[0]: context is not a text"),
    ({"data": [{"paragraphs": [{"context": "甲", "qas": [{"id": 1}]}]}]}, "qas[0]: there is no field 'question'"),
    ({"data": [{"paragraphs": [{"context": "甲", "qas": [{"question": 3}]}]}]}, "question: 3 is not a text"),
])
def test_other_layouts_are_refused_with_their_place(tmp_path, value, part):
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        rows(path)
    assert part in str(raised.value)


def test_an_impossible_question_has_no_answers(tmp_path):
    with pytest.raises(InputError, match="is_impossible is true, but there is the answer '青山'"):
        rows(file_of(tmp_path / "dev.json", question(("青山", 12), is_impossible=True)))


def test_what_is_no_json_is_refused(tmp_path):
    path = tmp_path / "dev.json"
    path.write_text('{"data": [\n')
    with pytest.raises(InputError, match="dev.json: not JSON at character .* The file is one JSON value."):
        rows(path)
    path.write_text('{"documents": [], "question": "?"}\n{"documents": []}\n')
    with pytest.raises(InputError, match="expected one JSON value. Received: JSON lines, with documents, question"):
        rows(path)
    path.write_text(" \n")
    with pytest.raises(InputError, match="is empty. It should hold one JSON value"):
        rows(path)
