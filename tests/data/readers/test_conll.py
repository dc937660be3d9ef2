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
    assert conll.scheme_of(path) == scheme


def test_sentences_blank_lines_bom_crlf_and_gzip(tmp_path):
    text = "\ufeff-DOCSTART- O\r\n\r\n甲 B-N\r\n乙 I-N\r\n\r\n\r\n丙 O\r\n"
    (tmp_path / "a.bio.gz").write_bytes(gzip.compress(text.encode()))
    rows = list(conll.read(tmp_path / "a.bio.gz"))
    assert [(row["text"], row["entities"], row.number) for row in rows] == [("甲乙", [(0, 2, "N")], 3), ("丙", [], 7)]


def test_words_of_latin_letters_get_a_space_between(tmp_path):
    path = write(tmp_path / "a.txt", "O B-N I-N O O O", ["在", "New", "York", "N", "B", "A"])
    (row,) = conll.read(path)
    assert (row["text"], row["entities"]) == ("在New York NBA", [(1, 9, "N")])


def test_a_space_may_be_a_token(tmp_path):
    (tmp_path / "a.txt").write_text("甲\tB-N\n \tI-N\n乙\tI-N\n", encoding="utf-8")
    (row,) = conll.read(tmp_path / "a.txt")
    assert (row["text"], row["entities"]) == ("甲 乙", [(0, 3, "N")])


def test_files_to_predict_have_tokens_only(tmp_path):
    (tmp_path / "a.txt").write_text("甲\n乙\n\n丙\n", encoding="utf-8")
    assert [(row["text"], row["entities"]) for row in conll.read(tmp_path / "a.txt")] == [("甲乙", None), ("丙", None)]


@pytest.mark.parametrize("tags, line, part", [
    ("O I-N O O O B-N", 2, "expected a tag before it that opens its entity. Received: only I-N. The file's tags are BIO."),
    ("B-N I-P O O O O", 2, "Received: I-P behind B-N."),
    ("B-N M-N O O O S-N", 3, "expected an entity of N to go on or end. Received: O behind M-N. The file's tags are BMES."),
    ("B-N B-N E-N O O O", 2, "Received: B-N behind B-N."),
    ("O E-N O O O S-N", 2, "Received: only E-N."),
    ("S-N O O O B-N I-N", 6, "Received: the end of the sentence behind I-N. The file's tags are BIOES."),
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
    assert "expected tags of one scheme, one of BIO, BMES, BIOES, BILOU" in message and "L-P in line 6" in message


def test_tags_that_are_none(tmp_path):
    assert "a.txt:2: expected a tag such as O or B-PER in the last column. Received: 'PER'" in told(
        write(tmp_path / "a.txt", "O PER O O O O")
    )
    (tmp_path / "b.txt").write_text("甲 O\n乙\n", encoding="utf-8")
    assert "b.txt:2: expected a tag" in told(tmp_path / "b.txt") and "Received: none" in told(tmp_path / "b.txt")
    (tmp_path / "c.txt").write_text("\n\n", encoding="utf-8")
    assert "Received: an empty file" in told(tmp_path / "c.txt")
