"""Columns with tags: every scheme gives the same entities, text is joined, and what is illegal is told with its line."""

import gzip

import pytest

from baselines.data.readers import conll
from baselines.errors import InputError

TOKENS = list("甲乙丙在丁戊")
SCHEMES = {
    "BIO": "B-N I-N I-N O B-P B-N",
    "BMES": "B-N M-N E-N O S-P S-N",
    "BIOES": "B-N I-N E-N O S-P S-N",
    "BILOU": "B-N I-N L-N O U-P U-N",
}
ENTITIES = [(0, 3, "N"), (4, 5, "P"), (5, 6, "N")]


def write(path, tags, tokens=TOKENS, separator=" "):
    lines = [f"{token}{separator}{tag}" for token, tag in zip(tokens, tags.split(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def told(path, **options):
    with pytest.raises(InputError) as raised:
        list(conll.read(path, **options))
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("separator", [" ", "\t", "\tNN\t"])
def test_every_scheme_gives_the_same_entities(tmp_path, scheme, separator):
    path = write(tmp_path / "a.txt", SCHEMES[scheme], separator=separator)
    (row,) = conll.read(path)
    assert row == {"text": "甲乙丙在丁戊", "entities": ENTITIES} and row.origin == "a.txt:1"
    assert conll.tagging_of(path).scheme == scheme


def test_sentences_blank_lines_bom_crlf_and_gzip(tmp_path):
    text = "\ufeff-DOCSTART- O\r\n\r\n甲 B-N\r\n乙 I-N\r\n\r\n\r\n丙 O\r\n"
    (tmp_path / "a.bio.gz").write_bytes(gzip.compress(text.encode()))
    rows = list(conll.read(tmp_path / "a.bio.gz"))
    assert [(row["text"], row["entities"], row.number) for row in rows] == [("甲乙", [(0, 2, "N")], 3), ("丙", [], 7)]


def test_words_of_latin_letters_get_a_space_between(tmp_path):
    path = write(tmp_path / "a.txt", "O B-N I-N O O O", ["在", "New", "York", "N", "B", "A"])
    (row,) = conll.read(path)
    assert (row["text"], row["entities"]) == ("在New York NBA", [(1, 9, "N")])


def read_text(folder, text):
    (folder / "a.txt").write_text(text, encoding="utf-8", newline="")
    return [(row["text"], row["entities"]) for row in conll.read(folder / "a.txt")]


@pytest.mark.parametrize("space", [" ", "\u3000", "\xa0"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_space_may_be_a_token_with_and_without_tags(tmp_path, space, end):
    """What training reads as a token of its sentence, predict does not take for the sentence's end."""
    tagged = [f"甲\tB-N{end}{space}\tI-N{end}乙\tI-N{end}", f"甲 B-N{end}{space} I-N{end}乙 I-N{end}"]
    for text in tagged:
        assert read_text(tmp_path, text) == [(f"甲{space}乙", [(0, 3, "N")])]
    for text in (f"甲{end}{space}{end}乙{end}{end}丙{end}", f"甲\t{end}{space}\t{end}乙\t{end}{end}丙{end}"):
        assert read_text(tmp_path, text) == [(f"甲{space}乙", None), ("丙", None)]


def test_a_line_that_begins_with_its_separator_has_a_space_for_a_token(tmp_path):
    assert read_text(tmp_path, "甲\tB-N\n\tI-N\n") == [("甲 ", [(0, 2, "N")])]


@pytest.mark.parametrize("text", ["甲 B-N\t\n乙 I-N\t\n", "甲\tB-N\t\n乙\tI-N \n", "甲 B-N  \n乙 x I-N\t\t\n"])
def test_white_space_at_the_end_of_a_line_is_no_column(tmp_path, text):
    assert read_text(tmp_path, text) == [("甲乙", [(0, 2, "N")])]


@pytest.mark.parametrize("text, line", [
    ("甲 B-N\n \n乙 B-N\n", 2), ("甲 B-N\n\t\n乙 B-N\n", 2), ("甲\n  \n乙\n", 2), ("甲\n\t\n", 2), ("甲 O\n\n\u3000\n", 3),
    ("甲\n\r\r\n", 2),
])  # fmt: skip
def test_white_space_that_may_be_a_token_or_an_end_is_told(tmp_path, text, line):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8", newline="")
    assert told(tmp_path / "a.txt").startswith(f"a.txt:{line}: ") and "end of a sentence" in told(tmp_path / "a.txt")


@pytest.mark.parametrize("tags", SCHEMES.values(), ids=SCHEMES)
@pytest.mark.parametrize("separator", "-_")
def test_letters_may_be_behind_categories(tmp_path, tags, separator, caplog):
    behind = " ".join(separator.join(tag.split("-")[::-1]) for tag in tags.split())
    path = write(tmp_path / "a.txt", behind)
    assert [row["entities"] for row in conll.read(path)] == [row["entities"] for row in conll.read(path)] == [ENTITIES]
    assert caplog.text.count("letter is behind") == 1 and str(path) in caplog.text


def test_letters_before_categories_win(tmp_path):
    """A category may be a letter: of B-S both ends are one."""
    assert read_text(tmp_path, "甲 B-S\n乙 I-S\n丙 O\n") == [("甲乙丙", [(0, 2, "S")])]
    (tmp_path / "a.txt").write_text("甲 B-N\n乙 N-I\n", encoding="utf-8")
    assert "a.txt:2: 'N-I' is no tag" in told(tmp_path / "a.txt")


def test_files_to_predict_have_tokens_only(tmp_path):
    (tmp_path / "a.txt").write_text("甲\n乙\n\n丙\n", encoding="utf-8")
    assert [(row["text"], row["entities"]) for row in conll.read(tmp_path / "a.txt")] == [("甲乙", None), ("丙", None)]


@pytest.mark.parametrize("tags, line, part", [
    ("O I-N O O O B-N", 2, "I-N continues no entity; the file's tags are BIO."),
    ("B-N I-P O O O O", 2, "I-P behind B-N, which continues no entity"),
    ("B-N M-N O O O S-N", 3, "O behind M-N leaves the entity open; the file's tags are BMES."),
    ("B-N B-N E-N O O O", 2, "B-N behind B-N leaves the entity open"),
    ("O E-N O O O S-N", 2, "E-N continues no entity"),
    ("S-N O O O B-N I-N", 6, "the end of the sentence behind I-N leaves the entity open; the file's tags are BIOES."),
])
def test_illegal_sequences_are_told_and_can_be_repaired(tmp_path, tags, line, part):
    path = write(tmp_path / "a.txt", tags)
    assert told(path).startswith(f"a.txt:{line}: ") and part in told(path) and "--repair_tags" in told(path)
    (row,) = conll.read(path, repair=True)
    assert row["entities"]


def test_repair_is_conllevals(tmp_path):
    (row,) = conll.read(write(tmp_path / "a.txt", "I-N I-N I-P O I-N B-N"), repair=True)
    assert row["entities"] == [(0, 2, "N"), (2, 3, "P"), (4, 5, "N"), (5, 6, "N")]


def test_letters_of_two_schemes(tmp_path):
    message = told(write(tmp_path / "a.txt", "B-N M-N E-N O B-P L-P"))
    assert "Convert them to one of BIO, BMES, BIOES, BILOU" in message and "L-P in line 6" in message


def test_tags_that_are_none(tmp_path):
    assert "a.txt:2: 'PER' is no tag for the token '乙'" in told(
        write(tmp_path / "a.txt", "O PER O O O O")
    )
    (tmp_path / "b.txt").write_text("甲 O\n乙\n", encoding="utf-8")
    assert "b.txt:2: there is no tag for the token '乙'" in told(tmp_path / "b.txt")
    (tmp_path / "c.txt").write_text("\n\n", encoding="utf-8")
    assert "holds no sentences" in told(tmp_path / "c.txt")
