"""Texts cut into words: spaces, parts of speech, columns, raw text, and one clear line for what is wrong."""

import pytest

from baselines.data.readers.segmented import read
from baselines.errors import InputError


def rows_of(path, text):
    (path / "f.txt").write_text(text, encoding="utf-8")
    return [(row["text"], row["words"]) for row in read(path / "f.txt")]


def test_words_between_spaces(tmp_path):
    assert rows_of(tmp_path, "吴某  是  北京\n\n　好\n") == [
        ("吴某是北京", [(0, 2, None), (2, 3, None), (3, 5, None)]), ("好", [(0, 1, None)]),
    ]  # fmt: skip
    assert rows_of(tmp_path, "吴某/nr 是/v 1/2/m\n") == [("吴某是1/2", [(0, 2, "nr"), (2, 3, "v"), (3, 6, "m")])]


def test_compounds_in_brackets_are_their_words(tmp_path):
    text = "[中央/n 台/n]nt ，/w [/w 青/j 禾/j]/nz ]/w\n"
    words = [(0, 2, "n"), (2, 3, "n"), (3, 4, "w"), (4, 5, "w"), (5, 6, "j"), (6, 7, "j"), (7, 8, "w")]
    assert rows_of(tmp_path, text) == [("中央台，[青禾]", words)]


def test_a_slash_in_text_without_parts_of_speech_is_a_character(tmp_path):
    words = [(0, 2, None), (2, 8, None), (8, 12, None)]
    assert rows_of(tmp_path, "使用 TCP/IP 3/kg\n使用 很 多\n")[0] == ("使用TCP/IP3/kg", words)


def test_columns_of_characters(tmp_path):
    assert rows_of(tmp_path, "吴 B\n某 E\n是 S\n\n好 S\n") == [("吴某是", [(0, 2, None), (2, 3, None)]), ("好", [(0, 1, None)])]
    assert rows_of(tmp_path, "吴\tB-nr\n小\tM-nr\n某\tE-nr\n") == [("吴小某", [(0, 3, "nr")])]
    assert rows_of(tmp_path, "吴 B\n某 E\n2007 S\n年 S\n")[0][0] == "吴某2007年"


def test_text_that_is_to_be_cut(tmp_path):
    assert rows_of(tmp_path, "吴某是北京\n好\n") == [("吴某是北京", None), ("好", None)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no sentences"),
        ("吴某/nr 是\n", "f.txt:1: '是' has no part of speech"),
        ("吴 B\n是 S\n", "f.txt:2: S cannot follow B"),
        ("吴 M\n是 S\n", "f.txt:1: M cannot follow the end of a word"),
        ("吴 B-nr\n某 E-v\n", "f.txt:2: E-v cannot follow B-nr"),
        ("吴 S\n某 B\n", "f.txt:2: the sentence ends inside a word, after B"),
        ("吴 S\n" * 200 + "某 O\n", "f.txt:201: 'O' is not a tag of words"),
        ("吴 B-NAME\n某 I-NAME\n， O\n", "f.txt:2: 'I-NAME' is not a tag of words. Use B, M, E, S"),
        ("， O\n吴 B-NAME\n", "f.txt:1: 'O' is not a tag of words. O is one of named entities"),
    ],
)
def test_faults_name_the_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path, text)
