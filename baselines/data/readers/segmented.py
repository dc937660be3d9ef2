"""Texts cut into words: words between spaces, as the bakeoff's corpora (PKU, MSR) have them, or a character and its tag per line.

吴某  是  北京  大学  教授            with tags of parts of speech: 吴某/nr  是/v  北京/ns
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

TAGGED = re.compile(r"(.+)/([A-Za-z][A-Za-z0-9]*)")
BARE = re.compile(r"[BMES](?:[-_](.+))?")
CHECKED = 200
"""Lines that tell what a file holds."""


def read(path: str | Path) -> Iterator[Row]:
    """Yields a Row {"text": str, "words": [(start, end, part of speech or None)] or None} per sentence.

    Args:
        path: A text file or its .gz.

    Raises:
        InputError: With the line, for a word without a part of speech among others with one, a tag other than B, M, E, S, an
            illegal sequence of tags; and for an empty file.
    """
    path = Path(path)
    first = [line for _, line in itertools.islice(text_lines.read(path), CHECKED) if line.strip()]
    if not first:
        raise InputError(f"{path} holds no sentences. Write one per line, with spaces between words.")
    if all(len(line.split()) == 2 and BARE.fullmatch(line.split()[1]) and len(line.split()[0]) <= 2 for line in first):
        yield from columns(path)
        return
    plain = not any(line.strip().split()[1:] for line in first)
    for number, line in text_lines.read(path):
        if line.strip():
            yield sentence(line, f"{path.name}:{number}", number, plain)


def sentence(line: str, origin: str, number: int, plain: bool) -> Row:
    """The Row of one line of words; `plain` lines are text that is to be cut."""
    if plain:
        return Row({"text": line.strip(), "words": None}, origin, number)
    parts = [word_and_tag(part) for part in line.split()]
    if len({tag is None for _, tag in parts}) == 2:
        bare = next(word for word, tag in parts if tag is None)
        raise InputError(f"{origin}: {shorten(bare)} has no part of speech, other words of the line have. Write {bare}/TAG.")
    words, text = [], ""
    for word, tag in parts:
        words.append((len(text), len(text) + len(word), tag))
        text += word
    return Row({"text": text, "words": words}, origin, number)


def word_and_tag(part: str) -> tuple[str, str | None]:
    match = TAGGED.fullmatch(part)
    return (match[1], match[2]) if match else (part, None)


def columns(path: Path) -> Iterator[Row]:
    """Yields the Rows of a file with a character and its tag per line."""
    for tokens in conll.sentences(path):
        words, text, open_tag, origin = [], "", None, path.name
        for number, token, tag in tokens:
            origin = f"{path.name}:{number}"
            match = BARE.fullmatch(tag or "")
            if match is None:
                raise InputError(f"{origin}: {shorten(tag)} is not a tag of words. Use B, M, E, S, or B-n for a part of speech.")
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
