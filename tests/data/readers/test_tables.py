"""Tables with and without a header; quoting of .csv and of tab-separated files; one clear line for each fault."""

import csv

import pytest

from baselines.data.readers import tables
from baselines.errors import InputError


def read(tmp_path, content, name="my.csv", columns=None):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(tables.read(path, columns))


def message(tmp_path, content, **options):
    with pytest.raises(InputError) as raised:
        read(tmp_path, content, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_csv_quoting_and_numbers_stay_text(tmp_path):
    rows = read(tmp_path, 'title,n\n"好吃,不贵",007\n"他说""好""",1\n"两\r\n行",2\n最后,3\n')
    assert rows == [{"title": "好吃,不贵", "n": "007"}, {"title": '他说"好"', "n": "1"}, {"title": "两\n行", "n": "2"},
                    {"title": "最后", "n": "3"}]
    assert [row.origin for row in rows] == ["my.csv:2", "my.csv:3", "my.csv:4", "my.csv:6"]


def test_what_the_csv_module_writes_is_read(tmp_path):
    texts = ['a"b', '"ab"', "a,b", "a\tb", "", "  x ", "'", "中\n文", '"', '""']
    with open(tmp_path / "w.csv", "w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([("text", "id"), *((text, number) for number, text in enumerate(texts))])
    assert [row["text"] for row in tables.read(tmp_path / "w.csv")] == texts


def test_tab_separated_quotes_are_text_unless_a_writer_quoted_the_cell(tmp_path):
    rows = read(tmp_path, 'text\tid\n"一" 和二\t1\n"他说""好""。"\t2\n缺"一个\t3\n', name="a.tsv")
    assert [row["text"] for row in rows] == ['"一" 和二', '他说"好"。', '缺"一个']


@pytest.mark.parametrize("header", ["", "sentence1\tsentence2\tlabel\n"])
def test_columns_name_files_without_a_header(tmp_path, header):
    rows = read(tmp_path, header + "一\t二\t0\n", name="train.txt", columns=("sentence1", "sentence2", "label"))
    assert rows == [{"sentence1": "一", "sentence2": "二", "label": "0"}]


def test_bom_crlf_and_blank_lines(tmp_path):
    rows = read(tmp_path, b"\xef\xbb\xbftext,id\r\na,1\r\n\r\nb,2\r\n")
    assert rows == [{"text": "a", "id": "1"}, {"text": "b", "id": "2"}]


def test_a_text_of_a_hundred_thousand_characters_and_more(tmp_path):
    rows = read(tmp_path, f'text,id\n"{"字" * 200_000}",1\n')
    assert len(rows[0]["text"]) == 200_000


@pytest.mark.parametrize("content, part", [
    ("text,label\na,1\nb\n", "my.csv:3: expected 2 cells (text, label). Received: 1."),
    ("text,label\na,b,1\n", "my.csv:2: expected 2 cells (text, label). Received: 3."),
    ('text,label\na,1\n"b,2\nc,3\n', "my.csv:3: expected cells quoted as spreadsheets do."),
    ('text,label\n"a"b,1\n', "my.csv:2: expected cells quoted as spreadsheets do."),
    ("text,text\na,1\n", "my.csv:1: expected a header of different column names. Received: 'text', 'text'."),
    ("text,\na,1\n", "my.csv:1: expected a header of different column names."),
    ("text,label\n", "expected a line per example. Received: only a header."),
    ("", "expected a line per example. Received: an empty file."),
])
def test_faults(tmp_path, content, part):
    assert part in message(tmp_path, content)


def test_ragged_tab_separated(tmp_path):
    told = message(tmp_path, "text\tlabel\na\tb\t1\n", name="a.tsv")
    assert "a.tsv:2: expected 2 cells (text, label). Received: 3" in told
