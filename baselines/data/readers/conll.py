"""Columns: a token and its tag per line, sentences apart by an empty line. The tags are BIO, BMES, BIOES or BILOU.

吴 B-NAME
某 E-NAME
， O

Tabs or spaces separate the columns; the first is the token, the last the tag. Files to predict may have tokens only. The letter of
a tag may also come last: NAME-B. The letters of a file determine its scheme. Illegal sequences, such as an I after an O, are an
error unless --repair_tags is set, because each way to repair them gives a different score. Tjong Kim Sang and De Meulder, 2003,
cs/0306050.

A space may be a token, in files with and without tags: only an empty line ends a sentence.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from baselines.data.readers import text_lines
from baselines.data.readers.notes import note_once
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

PREFIXED = re.compile(r"(?P<letter>[BIMESLU])[-_](?P<category>.+)")
SUFFIXED = re.compile(r"(?P<category>.+)[-_](?P<letter>[BIMESLU])")
SCHEMES = {"BIO": "BI", "BMES": "BMES", "BIOES": "BIES", "BILOU": "BILU"}
SYNONYMS = {"M": "I", "L": "E", "U": "S"}
"""Letters of two schemes that mean the same."""


class Tagging(NamedTuple):
    """How the tags of a file are written: the name of its scheme, and the pattern of a tag."""

    scheme: str
    pattern: re.Pattern


def read(path: str | Path, repair: bool = False) -> Iterator[Row]:
    """Yields a Row {"text": str, "entities": [(start, end, category)] or None} per sentence, in the file's order.

    Entities are characters [start, end) of the text: tokens joined as `join` does. They are None in a file of tokens only.

    Args:
        path: a text file or its .gz.
        repair: read illegal sequences as conlleval does: a tag that continues nothing begins an entity, an open one ends.

    Raises:
        InputError: with the line, for a token without a tag among others with one, something else than a tag, letters of more
            than one scheme, an illegal sequence, a line that may be a token or a sentence's end; and for a file without sentences.
    """
    path = Path(path)
    tagging, is_empty = tagging_of(path), True
    for sentence in sentences(path):
        is_empty = False
        text, starts = join([token for _, token, _ in sentence])
        number = sentence[0][0]
        entities = None if tagging is None else entities_of(path.name, sentence, starts, tagging, repair)
        yield Row({"text": text, "entities": entities}, f"{path.name}:{number}", number)
    if is_empty:
        raise InputError(f"{path} holds no sentences. Each line needs a token and its tag.")


def sentences(path: Path) -> Iterator[list[tuple[int, str, str | None]]]:
    """Yields [(line number, token, tag or None)] per sentence; -DOCSTART- lines are skipped."""
    sentence = []
    for number, line in text_lines.read(path):
        if line and not line.startswith("-DOCSTART-"):
            sentence.append((number, *cells(line, f"{path.name}:{number}")))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def cells(line: str, origin: str) -> tuple[str, str | None]:
    """(token, tag or None) of a line. A line that begins with white space has a space for a token."""
    token = line.partition("\t")[0]
    if not line.strip():
        if len(token) != 1 or unicodedata.category(token) != "Zs":
            raise InputError(f"{origin}: only white space ({line!r}), which may be a token or the end of a sentence. "
                             "Leave the line empty to end the sentence, or write one space for a token.")  # fmt: skip
        return token, None
    if line[0].isspace():
        return " " if line[0] == "\t" else line[0], line.split()[-1]
    line = line.rstrip()                                                # what the end of a line holds is no column
    parts = [part.strip() for part in line.split("\t" if "\t" in line else None)]
    return parts[0], parts[-1] if len(parts) > 1 else None


def tagging_of(path: Path) -> Tagging | None:
    """The Tagging of a file, the first scheme that has all letters of its tags; None for a file of tokens only."""
    first = {}                                                          # {tag: its first line}
    for sentence in sentences(path):
        for number, _, tag in sentence:
            first.setdefault(tag, number)
    tags = [tag for tag in first if tag not in (None, "O")]
    if first.keys() <= {None}:
        return None
    pattern = PREFIXED
    if tags and not any(map(PREFIXED.fullmatch, tags)) and any(map(SUFFIXED.fullmatch, tags)):
        pattern = SUFFIXED
        note_once(f"{path}: tags such as {tags[0]}, whose letter is behind the category, are read.")
    letters = {}                                                        # {letter: (line, tag)}
    for tag in tags:
        if match := pattern.fullmatch(tag):
            letters.setdefault(match["letter"], (first[tag], tag))
    for name, known in SCHEMES.items():
        if letters.keys() <= set(known):
            return Tagging(name, pattern)
    examples = ", ".join(f"{tag} in line {number}" for number, tag in sorted(letters.values()))
    raise InputError(f"{path.name}: tags of more than one scheme: {examples}. Convert them to one of {', '.join(SCHEMES)}.")


def join(tokens: list[str]) -> tuple[str, list[int]]:
    """(text, start of each token). Tokens stand side by side, but words of Latin letters and digits have a space between."""
    text, starts, before = "", [], ""
    for token in tokens:
        words = before[-1:].isalnum() and before.isascii() and token[0].isalnum() and token.isascii()
        if words and len(before) + len(token) > 2:
            text += " "
        starts.append(len(text))
        text, before = text + token, token
    return text, starts


def entities_of(
    name: str, sentence: list[tuple], starts: list[int], tagging: Tagging, repair: bool = False
) -> list[tuple[int, int, str]]:
    """[(start, end, category)] of a tagged sentence."""
    entities, begun = [], None                                          # begun: (category, tag) of an entity that may go on
    for (number, token, tag), start in zip(sentence, starts, strict=True):
        letter, category = parse(f"{name}:{number}", token, tag, tagging.pattern)
        continues = letter in "IE" and begun is not None and begun[0] == category
        if not repair:
            check_sequence(f"{name}:{number}", tag, letter in "IE" and not continues, None if continues else begun, tagging.scheme)
        if continues:
            entities[-1] = (entities[-1][0], start + len(token), category)
        elif letter != "O":
            entities.append((start, start + len(token), category))
        begun = (category, tag) if letter in "BI" else None
    if not repair:
        check_sequence(f"{name}:{sentence[-1][0]}", "the end of the sentence", False, begun, tagging.scheme)
    return entities


def check_sequence(origin: str, tag: str, is_loose: bool, begun: tuple[str, str] | None, scheme: str) -> None:
    """Raises InputError if a tag continues nothing (`is_loose`), or if it leaves an entity open where the scheme ends them."""
    if is_loose:
        fault = f"{tag} behind {begun[1]}, which continues no entity" if begun else f"{tag} continues no entity"
    elif begun and scheme != "BIO":
        fault = f"{tag} behind {begun[1]} leaves the entity open"
    else:
        return
    raise InputError(f"{origin}: {fault}; the file's tags are {scheme}. Fix the tag, or add --repair_tags: an entity then begins "
                     "at such a tag and ends with its last one.")  # fmt: skip


def parse(origin: str, token: str, tag: str | None, pattern: re.Pattern) -> tuple[str, str | None]:
    """(letter of BIOES, category) of a tag; ("O", None) of O."""
    if tag == "O":
        return "O", None
    match = pattern.fullmatch(tag or "")
    if match is None and token.isspace() and tag is None:
        raise InputError(f"{origin}: a space without a tag, which may be a token or the end of a sentence. "
                         "Give it a tag, or leave the line empty.")  # fmt: skip
    if match is None:
        fault = f"{shorten(tag)} is no tag" if tag else "there is no tag"
        raise InputError(f"{origin}: {fault} for the token {shorten(token)}. The last column needs a tag such as O or B-PER.")
    return SYNONYMS.get(match["letter"], match["letter"]), match["category"]
