"""Raw text for pretraining: lines of plain text or of JSON with a "text", gzipped or not, as sentences of paragraphs.

Ten lines make a paragraph; or, in text of documents, those up to an empty line, as in the text that BERT is pretrained on.
A line that is not UTF-8, not JSON or has no text is refused with its number, or counted and left out.
"""

import dataclasses
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from baselines.errors import InputError, excerpt
from baselines.runtime.concurrency import batched
from baselines.storage.text_files import not_utf8, parse_json, read_lines, text_name

LINES_PER_PARAGRAPH = 10
MAX_LINES_PER_DOCUMENT = 1000
"""Longer documents are cut, so that a file without empty lines needs no more memory than others."""
SENTENCE = re.compile(r"[^\n。！？!?]*[\n。！？!?]+|[^\n。！？!?]+")
"""Up to and with a run of sentence ends; the rest behind the last one is a sentence too."""


@dataclasses.dataclass
class TextCorpus:
    """The lines of some files, one after the other.

    Attributes:
        paths: text files; a .jsonl or .json, .gz or not, holds an object with "text" on each line.
        skip_bad: leave out invalid lines; else the first one raises InputError.
        documents: empty lines and the ends of files end a paragraph, and so does every object of JSON; else ten lines make one.
        lines: count of the lines that were read.
        skipped: count of those that were left out.
    """

    paths: tuple[str, ...]
    skip_bad: bool = False
    documents: bool = False
    lines: int = 0
    skipped: int = 0

    def paragraphs(self) -> Iterator[list[str]]:
        """Yields lists of texts. Raises InputError for a file that cannot be read, and for one without text."""
        paragraphs = self._documents() if self.documents else batched(self.texts(), LINES_PER_PARAGRAPH)
        first = next(paragraphs, None)
        if first is None:
            counts = f"{self.lines} lines, {self.skipped} of them invalid" if self.lines else "no lines"
            raise InputError(f"{', '.join(map(str, self.paths))}: no text to learn from, but {counts}. Name files with text.")
        yield from itertools.chain([first], paragraphs)

    def texts(self) -> Iterator[str]:
        """Yields the texts of all lines that have any."""
        return filter(None, self._texts())

    def _documents(self):
        for ends, texts in itertools.groupby(self._texts(), key=lambda text: not text):
            if not ends:
                yield from batched(texts, MAX_LINES_PER_DOCUMENT)

    def _texts(self):
        """Yields the text of each line, and None where a document ends."""
        for path in map(Path, self.paths):
            as_json = text_name(path).endswith((".jsonl", ".json"))
            for number, line in enumerate(read_lines(path), start=1):
                self.lines += 1
                try:
                    text = text_of(line, as_json, path)
                except ValueError as error:
                    if not self.skip_bad:
                        raise InputError(f"{path}:{number}: {error} Fix it or skip it: --skip_bad_lines.") from None
                    self.skipped += 1
                    continue
                yield text if text and not text.isspace() else None
                if as_json:
                    yield None
            yield None


def text_of(line: bytes, as_json: bool, path: str | Path) -> str:
    """The text of a line of a file. Raises ValueError that says what is wrong with it."""
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(not_utf8(line, error, path)) from None
    if not as_json or not text.strip():
        return text
    try:
        row = parse_json(text)
    except ValueError as error:
        raise ValueError(f"not a JSON object: {error}.") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        found = f"only the fields {excerpt(', '.join(row), 300)}" if isinstance(row, dict) else type(row).__name__
        raise ValueError(f'no JSON object with a string "text", but {found}.')
    return row["text"]


def sentences(text: str) -> list[str]:
    """The sentences of a text, nothing lost: joined they are the text."""
    return SENTENCE.findall(text)
