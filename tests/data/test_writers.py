"""Rows and predictions in every format: what is written is read again, and nothing is left of a write that fails."""

import gzip
import json

import pytest

from baselines.data import writers
from baselines.data.readers import any_format
from baselines.errors import InputError

ROWS = [{"text": '一,"二"\t三', "n": 1, "more": ["a", None]}, {"text": "两\n行", "n": 0.5, "more": None}]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.CSV.gz", "a.jsonl.gz"])
def test_rows_are_read_again(tmp_path, name):
    writers.write_rows(tmp_path / "new" / name, ROWS)
    as_table = [{"text": ROWS[0]["text"], "n": "1", "more": '["a", null]'}, {"text": "两\n行", "n": "0.5", "more": ""}]
    assert list(any_format.read(tmp_path / "new" / name)) == (ROWS if "json" in name else as_table)


@pytest.mark.parametrize("name", ["a.tsv", "a.txt"])
def test_tables_with_tabs(tmp_path, name):
    rows = [{"text": '"一" 二', "n": 3}]
    writers.write_rows(tmp_path / name, rows)
    assert list(any_format.read(tmp_path / name)) == [{"text": '"一" 二', "n": "3"}]


@pytest.mark.parametrize("name, text", [
    ("p.csv", "id,prediction\n1,a|b\n"), ("p.tsv", "id\tprediction\n1\ta|b\n"), ("p.txt", '{"id": 1, "prediction": ["a", "b"]}\n'),
    ("p.jsonl", '{"id": 1, "prediction": ["a", "b"]}\n'), ("p.csv.gz", "id,prediction\n1,a|b\n"),
])  # fmt: skip
def test_predictions(tmp_path, name, text):
    writers.write_predictions(tmp_path / name, [{"id": 1, "prediction": ["a", "b"]}], "|".join)
    raw = (tmp_path / name).read_bytes()
    assert (gzip.decompress(raw) if name.endswith(".gz") else raw).decode() == text


def test_the_same_rows_give_the_same_bytes_and_no_rows_an_empty_file(tmp_path):
    for name in ("a.csv.gz", "b.csv.gz"):
        writers.write_rows(tmp_path / name, ROWS)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    writers.write_rows(tmp_path / "c.csv", [])
    assert (tmp_path / "c.csv").read_bytes() == b""


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    (tmp_path / "a.jsonl").write_text("old")
    with pytest.raises(TypeError):
        writers.write_rows(tmp_path / "a.jsonl", [{"a": json}])
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"] and (tmp_path / "a.jsonl").read_text() == "old"


def test_a_suffix_of_no_format_is_refused():
    writers.require_format("a.TSV.gz")
    with pytest.raises(InputError, match="a.xlsx has an unknown format. End its name in one of .json .jsonl .csv .tsv .txt"):
        writers.require_format("a.xlsx")
