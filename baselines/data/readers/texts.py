"""Texts to make vectors of: a line each of a .txt, or a field of a table or JSON lines; .gz of each. The whole row goes with them.

怎么开初婚未育证明                             {"id": "q1", "text": "怎么开初婚未育证明", "answer": "…"}
"""

import array
import dataclasses
import hashlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from baselines.data.readers import any_format, text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError, excerpt, nearest
from baselines.storage.text_files import text_name


@dataclasses.dataclass(frozen=True)
class Source:
    """A file, and where its texts are.

    Attributes:
        path: a file or its .gz.
        text: field of the text; of a .txt the line is the field "text", whatever this says.
        id: field of the id; None: `id` where the first row has it, else rows have none.
        skip_empty: leave out rows without a text; else the first one is an error.
    """

    path: str
    text: str = "text"
    id: str | None = None
    skip_empty: bool = False

    @property
    def is_lines(self) -> bool:
        return text_name(self.path).endswith(".txt")

    @property
    def field(self) -> str:
        """The field of a row that holds its text."""
        return "text" if self.is_lines else self.text

    def read(self) -> Iterator[tuple[str | int | None, str, Row]]:
        """Yields (id or None, text, Row). Raises InputError for a row without a text or an id that it should have."""
        if self.is_lines:
            rows = (Row({"text": line}, f"{Path(self.path).name}:{number}", number) for number, line in text_lines.read(self.path))
        else:
            rows = any_format.read(self.path)
        id = self.id
        for position, row in enumerate(rows):
            if position == 0:
                for flag, name in (("text", self.field), ("id", id)):
                    if name is not None and name not in row:
                        raise InputError(
                            f"{row.origin}: there is no column {name!r} for --{flag}, only {excerpt(', '.join(row), 300)}. "
                            f"{nearest(name, row)} Name yours with --{flag}."
                        )
                id = id or ("id" if "id" in row and not self.is_lines else None)
            if self.skip_empty and is_blank(row.get(self.field)):
                continue
            text = row.text(self.field)
            if is_blank(text):
                raise InputError(f"{row.origin}: the text {shorten(text)} shows nothing. Remove the row, or use --skip_empty.")
            yield (None if id is None else self._id(row, id)), text, row

    def survey(self) -> "Survey":
        """The Survey of the whole file, read once before the work. Raises InputError for the first row that is unfit."""
        digest, hashes = hashlib.blake2b(digest_size=16), array.array("q")
        for id, text, _ in self.read():
            digest.update(repr((id, text)).encode("utf-8", "surrogatepass"))
            hashes.append(hash(text))
        if not hashes:
            raise InputError(f"{self.path} holds no text. Name a file with one or more.")
        return Survey(len(hashes), len(hashes) - len(np.unique(np.frombuffer(hashes, np.int64))), digest.hexdigest())

    def _id(self, row, id):
        if row.get(id) in (None, ""):
            raise InputError(f"{row.origin}: {id} is empty, but the first row has one. Fill it in, or name another: --id.")
        return row.id(id)


@dataclasses.dataclass(frozen=True)
class Survey:
    """What a file holds.

    Attributes:
        count: its texts.
        twice: those of them that an earlier row has too.
        digest: of all ids and texts.
    """

    count: int
    twice: int
    digest: str


def is_blank(text: object) -> bool:
    """Whether nothing of a text can be seen: spaces, control signs, none at all."""
    return not isinstance(text, str) or all(unicodedata.category(sign)[0] in "CZ" for sign in text)
