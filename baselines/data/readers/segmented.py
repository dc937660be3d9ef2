"""Texts cut into words: words between spaces, as the bakeoff's corpora (PKU, MSR) have them, or a character and its tag per line.

吴某  是  北京  大学  教授            with tags of parts of speech: 吴某/nr  是/v  [北京/ns  大学/n]nt, where brackets are not read
吴 B                                  or B-nr; the letters are B, M, E, S, sentences apart by an empty line
某 E

A file without any space or tag is text that is to be cut.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import conll, text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

TAGGED = re.compile(r"\[?(.+?)/([A-Za-z][A-Za-z0-9]*)(?:\]/?[A-Za-z]*)?")
"""A word and its part of speech, which may begin or end a compound in brackets, as in the corpus of People's Daily."""
COLUMN = re.compile(r"O|[BIMESLU](?:[-_].+)?")
"""A tag of any scheme; a file of words has those of BARE."""
BARE = re.compile(r"[BMES](?:[-_](.+))?")
CHECKED = 200
"""Lines that tell what a file holds."""


def read(path: str | Path) -> Iterator[Row]:
    """Yields a Row {"text": str, "words": [(start, end, part of speech or None)] or None} per sentence.

    Args:
        path: A text file or its .gz.

    Raises:
        InputError: With the line, for a word without a part of speech in a file where most have one, a tag other than B, M, E,
            S, an illegal sequence of tags; and for an empty file.
    """
    path = Path(path)
    first = [line for _, line in itertools.islice(text_lines.read(path), CHECKED) if line.strip()]
    if not first:
        raise InputError(f"{path} holds no sentences. Write one per line, with spaces between words.")
    if are_columns([line.split() for line in first]):
        yield from columns(path)
        return
    plain = not any(line.strip().split()[1:] for line in first)
    tags = [TAGGED.fullmatch(part) is not None for line in first for part in line.split()]
    for number, line in text_lines.read(path):
        if line.strip():
            yield sentence(line, f"{path.name}:{number}", number, plain, tagged=2 * sum(tags) >= len(tags))


def are_columns(rows: list[list[str]]) -> bool:
    """Whether each line is a token, mostly a character, and a tag."""
    tagged = all(len(row) == 2 and COLUMN.fullmatch(row[1]) for row in rows)
    return tagged and 2 * sum(len(row[0]) <= 2 for row in rows) >= len(rows)


def sentence(line: str, origin: str, number: int, plain: bool, tagged: bool) -> Row:
    """The Row of one line of words; `plain` lines are text that is to be cut, a slash is a part of a word unless `tagged`."""
    if plain:
        return Row({"text": line.strip(), "words": None}, origin, number)
    words, text = [], ""
    for part in line.split():
        match = TAGGED.fullmatch(part) if tagged else None
        if tagged and match is None:
            raise InputError(f"{origin}: {shorten(part)} has no part of speech, other words of the file have. Write {part}/TAG.")
        word, tag = match.groups() if match else (part, None)
        words.append((len(text), len(text) + len(word), tag))
        text += word
    return Row({"text": text, "words": words}, origin, number)


def columns(path: Path) -> Iterator[Row]:
    """Yields the Rows of a file with a character and its tag per line."""
    for tokens in conll.sentences(path):
        words, text, open_tag, origin = [], "", None, path.name
        for number, token, tag in tokens:
            origin = f"{path.name}:{number}"
            match = BARE.fullmatch(tag or "")
            if match is None:
                advice = "Use B, M, E, S, or B-n for a part of speech."
                advice = "O is one of named entities: every character is in a word." if tag == "O" else advice
                raise InputError(f"{origin}: {shorten(tag)} is not a tag of words. {advice}")
            letter, category = match[0][0], match[1]
            if (letter in "ME") != (open_tag is not None) or (open_tag is not None and category != open_tag[1]):
                before = open_tag[0] if open_tag else "the end of a word"
                raise InputError(f"{origin}: {tag} cannot follow {before}. Correct the tags.")
            if letter in "BS":
                words.append((len(text), len(text) + len(token), category))
            else:
                words[-1] = (words[-1][0], len(text) + len(token), category)
            text += token
            open_tag = None if letter in "SE" else (tag, category)
        if open_tag is not None:
            raise InputError(f"{origin}: the sentence ends inside a word, after {open_tag[0]}. Correct the tags.")
        yield Row({"text": text, "words": words}, f"{path.name}:{tokens[0][0]}", tokens[0][0])
