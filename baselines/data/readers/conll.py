"""Columns: a token and its tag per line, sentences apart by an empty line. The tags are BIO, BMES, BIOES or BILOU.

吴 B-NAME
某 E-NAME
， O

The first column is the token, the last one the tag, between them tabs or spaces; files to predict may have tokens only.
Which scheme a file has is told by its letters. Illegal sequences, such as an I behind an O, are refused unless they are to
be repaired: each way to read them has another score. Tjong Kim Sang and De Meulder, 2003, cs/0306050.
"""

import re
from pathlib import Path

from baselines.data.readers import text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

TAG = re.compile(r"([BIMESLU])[-_](.+)")
SCHEMES = {"BIO": "BI", "BMES": "BMES", "BIOES": "BIES", "BILOU": "BILU"}
MEANING = {"M": "I", "L": "E", "U": "S"}
"""Letters of two schemes that mean the same."""


def read(path, repair=False):
    """Yield a Row {"text": str, "entities": [(start, end, category)] or None} per sentence, in the file's order.

    Entities are characters [start, end) of the text: tokens joined as `join` does. None where lines have tokens only.
    repair  take illegal sequences as conlleval does: a tag that continues nothing begins an entity, an open one ends
    Raises InputError, naming the line, for lines without a tag among others with one, for tags that are none, letters of
    more than one scheme, an illegal sequence, and for a file without any sentence.
    """
    path = Path(path)
    scheme = None
    for sentence in sentences(path):
        scheme = scheme or scheme_of(path)
        text, starts = join([token for _, token, _ in sentence])
        number, found = sentence[0][0], entities(path.name, sentence, starts, scheme, repair)
        yield Row({"text": text, "entities": found}, f"{path.name}:{number}", number)
    if scheme is None:
        raise InputError(f"{path}: expected a token and its tag per line. Received: an empty file.")


def sentences(path):
    """Yield [(line number, token, tag or None)] per sentence; -DOCSTART- lines are skipped."""
    sentence = []
    for number, line in text_lines.read(path):
        if line.strip() and not line.startswith("-DOCSTART-"):
            sentence.append((number, *cells(line)))
        elif sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def cells(line):
    """(token, tag or None) of a line; a line that begins with its separator has a space for a token."""
    separator = "\t" if "\t" in line else None
    if line[0].isspace():
        return " ", line.split()[-1]
    parts = [part.strip() for part in line.rstrip().split(separator)]
    return parts[0], parts[-1] if len(parts) > 1 else None


def scheme_of(path):
    """The name of the first scheme that has all letters of the file's tags."""
    first, letters = {}, {}                                             # {tag: its first line}, {letter: (line, tag)}
    for sentence in sentences(path):
        for number, _, tag in sentence:
            first.setdefault(tag, number)
    for tag, number in first.items():
        if match := TAG.fullmatch(tag or ""):
            letters.setdefault(match[1], (number, tag))
    for name, known in SCHEMES.items():
        if letters.keys() <= set(known):
            return name
    examples = ", ".join(f"{tag} in line {number}" for number, tag in sorted(letters.values()))
    known = ", ".join(SCHEMES)
    raise InputError(f"{path.name}: expected tags of one scheme, one of {known}. Received: {examples}. Convert one part.")


def join(tokens):
    """(text, start of each token). Tokens stand side by side, but words of Latin letters and digits have a space between."""
    text, starts, before = "", [], ""
    for token in tokens:
        words = before[-1:].isalnum() and before.isascii() and token[0].isalnum() and token.isascii()
        if words and len(before) + len(token) > 2:
            text += " "
        starts.append(len(text))
        text, before = text + token, token
    return text, starts


def entities(name, sentence, starts, scheme, repair=False):
    """[(start, end, category)] of a sentence, or None if it has no tags."""
    if all(tag is None for _, _, tag in sentence):
        return None
    found, begun = [], None                                             # begun: (category, tag) of an entity that may go on
    for (number, token, tag), start in zip(sentence, starts, strict=True):
        letter, category = parse(name, number, token, tag)
        continues = letter in "IE" and begun is not None and begun[0] == category
        if not repair:
            check(name, number, tag, letter in "IE" and not continues, None if continues else begun, scheme)
        if continues:
            found[-1] = (found[-1][0], start + len(token), category)
        elif letter != "O":
            found.append((start, start + len(token), category))
        begun = (category, tag) if letter in "BI" else None
    if not repair:
        check(name, sentence[-1][0], "the end of the sentence", False, begun, scheme)
    return found


def check(name, number, tag, is_loose, begun, scheme):
    """Raises InputError if a tag continues nothing (`is_loose`), or if it leaves an entity open where the scheme ends them."""
    if is_loose:
        expected, received = "a tag before it that opens its entity", f"{tag} behind {begun[1]}" if begun else f"only {tag}"
    elif begun and scheme != "BIO":
        expected, received = f"an entity of {begun[0]} to go on or end", f"{tag} behind {begun[1]}"
    else:
        return
    raise InputError(
        f"{name}:{number}: expected {expected}. Received: {received}. The file's tags are {scheme}. Mend it, or add "
        "--repair_tags: an entity then begins at such a tag and ends with its last one."
    )


def parse(name, number, token, tag):
    """(letter of BIOES, category) of a tag; ("O", None) of O."""
    if tag == "O":
        return "O", None
    match = TAG.fullmatch(tag or "")
    if match is None:
        raise InputError(
            f"{name}:{number}: expected a tag such as O or B-PER in the last column. Received: "
            f"{shorten(tag) if tag else 'none'}, for the token {shorten(token)}."
        )
    return MEANING.get(match[1], match[1]), match[2]
