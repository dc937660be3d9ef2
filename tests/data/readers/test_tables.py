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


@pytest.mark.parametrize("name, separator", [("a.csv", ","), ("a.tsv", "\t")])
def test_row_numbers_of_pandas_are_left_out(tmp_path, caplog, name, separator):
    content = ",text,label\n0,a,1\n1,b,2\n".replace(",", separator)
    for columns in (None, ("text", "label")):
        assert read(tmp_path, content, name, columns) == [{"text": "a", "label": "1"}, {"text": "b", "label": "2"}]
    assert caplog.text.count("the column before 'text' has no name") == 1 and str(tmp_path / name) in caplog.text


@pytest.mark.parametrize("content", [
    "text,label,,\na,1,,\n,,,\nb,2,,\n", "text,label\na,1,\nb,2,,\n", "text,label, \na,1\nb,2,\n", "text,label,\na,1\nb,2\n",
])  # fmt: skip
def test_empty_columns_of_excel_are_left_out(tmp_path, caplog, content):
    assert read(tmp_path, content) == [{"text": "a", "label": "1"}, {"text": "b", "label": "2"}]
    assert caplog.text.count("empty columns without a name behind 'label' are left out") == 1


def test_an_empty_cell_of_a_column_with_a_name_stays(tmp_path):
    assert read(tmp_path, "text,label\na,\n") == [{"text": "a", "label": ""}]


def test_bom_crlf_and_blank_lines(tmp_path):
    rows = read(tmp_path, b"\xef\xbb\xbftext,id\r\na,1\r\n\r\nb,2\r\n")
    assert rows == [{"text": "a", "id": "1"}, {"text": "b", "id": "2"}]


def test_a_text_of_a_hundred_thousand_characters_and_more(tmp_path):
    rows = read(tmp_path, f'text,id\n"{"字" * 200_000}",1\n')
    assert len(rows[0]["text"]) == 200_000


@pytest.mark.parametrize("content, part", [
    ("text,label\na,1\nb\n", "my.csv:3: 1 cells, but 2 columns (text, label)."),
    ("text,label\na,b,1\n", "my.csv:2: 3 cells, but 2 columns (text, label)."),
    ('text,label\na,1\n"b,2\nc,3\n', "my.csv:3: not quoted as spreadsheets quote"),
    ('text,label\n"a"b,1\n', "my.csv:2: not quoted as spreadsheets quote"),
    ("text,text\na,1\n", "my.csv:1: the header needs different names of columns, not 'text', 'text'."),
    ("text,\na,1\n", "my.csv:2: ['1'] in a column without a name. Name it in the header"),
    ("text,label,\na,1,\nb,2,x\n", "my.csv:3: ['x'] in a column without a name."),
    ("text,,label\na,,1\n", "my.csv:1: the header needs different names of columns, not 'text', '', 'label'."),
    (" ,\na,1\n", "my.csv:1: the header has no names."),
    (",text,label\n0,a\n", "my.csv:2: 2 cells, but 3 columns"),
    ("text,label\n", "holds only a header. It needs a line per example."),
    ("", "is empty. It needs a line per example."),
])
def test_faults(tmp_path, content, part):
    assert part in message(tmp_path, content)


def test_ragged_tab_separated(tmp_path):
    told = message(tmp_path, "text\tlabel\na\tb\t1\n", name="a.tsv")
    assert "a.tsv:2: 3 cells, but 2 columns (text, label)." in told
