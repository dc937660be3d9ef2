"""JSON lines and arrays: what is read, and one clear line for each fault."""

import pytest

from baselines.data.readers import json_lines
from baselines.errors import InputError


def read(tmp_path, content):
    path = tmp_path / "train.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(json_lines.read(path))


def message(tmp_path, content):
    with pytest.raises(InputError) as raised:
        read(tmp_path, content)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_rows_know_their_lines_and_blank_lines_are_skipped(tmp_path):
    rows = read(tmp_path, '{"a": 1}\n\n  \n{"a": "二"}\n')
    assert rows == [{"a": 1}, {"a": "二"}]
    assert [(row.origin, row.number) for row in rows] == [("train.json:1", 1), ("train.json:4", 4)]


def test_bom_and_crlf_are_taken(tmp_path):
    assert read(tmp_path, b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n') == [{"a": 1}, {"a": 2}]


def test_an_array_is_read_by_items(tmp_path):
    rows = read(tmp_path, '\n[\n  {"a": 1},\n  {"a": 2}\n]\n')
    assert rows == [{"a": 1}, {"a": 2}]
    assert [row.origin for row in rows] == ["train.json: item 1", "train.json: item 2"]


def test_reading_streams(tmp_path):
    """The first row comes before the fault of the second is met: nothing is read ahead."""
    (tmp_path / "a.json").write_text('{"a": 1}\nnot json\n')
    rows = json_lines.read(tmp_path / "a.json")
    assert next(rows) == {"a": 1}
    with pytest.raises(InputError, match="a.json:2"):
        next(rows)


@pytest.mark.parametrize("line, part", [
    ('{"a": 1', "train.json:2: not JSON at character 8"),
    ("{'a': 1}", "train.json:2: not JSON at character 2: Expecting property name"),
    ('{"a": 1} {"a": 2}', "train.json:2: not JSON at character 10: Extra data"),
    ("[1, 2]", "train.json:2: [1, 2] is not a JSON object"),
    ('"text"', "train.json:2: 'text' is not a JSON object"),
    ('{"a": "\\ud83d"}', "train.json:2: cannot read this JSON: half of a surrogate pair"),
    ("[" * 100_000, "train.json:2: cannot read this JSON: it is nested too deeply"),
])
def test_bad_lines(tmp_path, line, part):
    assert part in message(tmp_path, '{"a": 0}\n' + line + "\n")


def test_surrogate_pairs_are_characters(tmp_path):
    assert read(tmp_path, '{"a": "\\ud83d\\ude00"}') == [{"a": "😀"}]


@pytest.mark.parametrize("content", ["", "\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(tmp_path, content):
    assert "train.json is empty. It should hold one JSON object per line." in message(tmp_path, content)


def test_bad_arrays(tmp_path):
    assert "the array is empty." in message(tmp_path, "[]")
    assert "train.json: item 2: 3 is not a JSON object" in message(tmp_path, '[{"a": 1}, 3]')
    assert "train.json: not JSON at character 9" in message(tmp_path, '[{"a": 1')
