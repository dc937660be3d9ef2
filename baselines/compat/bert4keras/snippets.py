"""bert4keras.snippets: padding, generators of batches, decoders and small functions of texts."""

import builtins
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from baselines.compat.bert4keras.data_generator import DataGenerator
from baselines.compat.bert4keras.decoders import AutoRegressiveDecoder, ViterbiDecoder, softmax
from baselines.compat.bert4keras.parallel import parallel_apply, parallel_apply_generator
from baselines.compat.bert4keras.subsequences import longest_common_subsequence, longest_common_substring
from baselines.compat.bert4keras.web_serving import WebServing
from baselines.tokenizers.normalization import is_mark

is_py2 = False
uniout = None
"""`from bert4keras.snippets import uniout`: Python 3 prints Chinese anyway."""
REEXPORTED = (
    AutoRegressiveDecoder, DataGenerator, ViterbiDecoder, WebServing, longest_common_subsequence, longest_common_substring,
    parallel_apply, parallel_apply_generator, softmax,
)  # fmt: skip
"""What other files of this folder define."""


def to_array(*args: Any) -> Any:
    """Each argument as an array; one argument gives one array."""
    arrays = [np.array(each) for each in args]
    return arrays[0] if len(arrays) == 1 else arrays


def is_string(s: Any) -> bool:
    """Whether a value is a string."""
    return isinstance(s, str)


def strQ2B(ustring: str) -> str:  # noqa: N802
    """Full-width characters as half-width ones."""
    return "".join(" " if ch == "\u3000" else chr(ord(ch) - 0xFEE0) if "\uff01" <= ch <= "\uff5e" else ch for ch in ustring)


def string_matching(s: str, keywords: Iterable[str]) -> bool:
    """Whether one of the regular expressions is found in a string."""
    return any(re.search(keyword, s) for keyword in keywords)


def convert_to_unicode(text: str | bytes, encoding: str = "utf-8", errors: str = "ignore") -> str:
    """Bytes as text."""
    return text.decode(encoding, errors) if isinstance(text, bytes) else text


def convert_to_str(text: str | bytes, encoding: str = "utf-8", errors: str = "ignore") -> str:
    """Bytes as text."""
    return convert_to_unicode(text, encoding, errors)


def lowercase_and_normalize(text: str) -> str:
    """In lower case, decomposed, and without combining marks."""
    return "".join(ch for ch in unicodedata.normalize("NFD", text.lower()) if not is_mark(ch))


class open:
    """Python's `open`; with `indexable`, line k of a large file is `file[k]`.

    indexable   True, or the name of a file that keeps the lines' places
    """

    def __init__(self, name: Any, mode: str = "r", encoding: str | None = None, errors: str = "strict", indexable: Any = False):
        self.name, self.encoding, self.errors = name, encoding, errors
        binary = {} if "b" in mode else {"encoding": encoding, "errors": errors}
        self.file = builtins.open(name, mode, **binary)
        if indexable:
            self.offsets = self._offsets(indexable)

    def _offsets(self, indexable):
        if is_string(indexable) and os.path.exists(indexable):
            with builtins.open(indexable, encoding="utf-8") as file:
                return json.load(file)
        self.create_indexes()
        if is_string(indexable):
            with builtins.open(indexable, "w", encoding="utf-8") as file:
                json.dump(self.offsets, file)
        return self.offsets

    def create_indexes(self) -> None:
        """Finds where each line begins."""
        self.offsets, place = [], 0
        while self.readline():
            self.offsets.append(place)
            place = self.tell()
        self.seek(0)

    def __getitem__(self, key: int) -> str:
        self.seek(self.offsets[key])
        return self.readline()

    def __len__(self) -> int:
        return len(self.offsets)

    def __iter__(self) -> Iterator:
        return iter(self.file)

    def __next__(self) -> str:
        return next(self.file)

    next = __next__

    def __enter__(self) -> "open":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:                            # read, readline, readlines, write, flush, close, tell, seek
        if name == "file":
            raise AttributeError(name)
        return getattr(self.file, name)


def sequence_padding(inputs: Sequence, length: Any = None, value: Any = 0, seq_dims: int = 1, mode: str = "post") -> np.ndarray:
    """One array of sequences of any lengths.

    Args:
        inputs: Sequences, or arrays whose first axes have different lengths.
        length: Length of the padded axes, one or for each; None for the longest.
        value: What fills up.
        seq_dims: The number of padded axes.
        mode: "post" fills behind, "pre" in front.
    """
    if mode not in ("post", "pre"):
        raise ValueError(f"sequence_padding: unknown mode {mode!r}. Choose post or pre.")
    if length is None:
        length = np.max([np.shape(x)[:seq_dims] for x in inputs], axis=0)
    elif not hasattr(length, "__getitem__"):
        length = [length]
    cut = tuple(slice(None, int(length[axis])) for axis in range(seq_dims))
    cut = cut if seq_dims > 1 else cut[0]
    padded = []
    for x in inputs:
        x = x[cut]
        widths = [(0, 0)] * np.ndim(x)
        for axis in range(seq_dims):
            missing = int(length[axis]) - np.shape(x)[axis]
            widths[axis] = (0, missing) if mode == "post" else (missing, 0)
        padded.append(np.pad(x, widths, "constant", constant_values=value))
    return np.array(padded)


def truncate_sequences(maxlen: int, indices: Any, *sequences: Any) -> list:
    """Removes entries at `indices` from the longest of the sequences, in place, until all together have at most `maxlen`."""
    present = [sequence for sequence in sequences if sequence]
    places = indices if isinstance(indices, (list, tuple)) else [indices] * len(present)
    while sum(map(len, present)) > maxlen:
        longest = max(range(len(present)), key=lambda index: len(present[index]))
        present[longest].pop(places[longest])
    return present


def text_segmentate(text: str, maxlen: int, seps: str = "\n", strips: str | None = None) -> list[str]:
    """Cuts a text at the first of the separators, and where pieces are still too long at the next, into about `maxlen` each."""
    text = text.strip().strip(strips)
    if not seps or len(text) <= maxlen:
        return [text]
    pieces, texts, current = text.split(seps[0]), [], ""
    for index, piece in enumerate(pieces):
        if current and piece and len(current) + len(piece) > maxlen - 1:
            texts.extend(text_segmentate(current, maxlen, seps[1:], strips))
            current = ""
        current += piece if index + 1 == len(pieces) else piece + seps[0]
    return texts + (text_segmentate(current, maxlen, seps[1:], strips) if current else [])


def is_one_of(x: Any, ys: Iterable) -> bool:
    """Whether x itself is among values that cannot be compared."""
    return any(x is y for y in ys)


def insert_arguments(**arguments: Any) -> Callable:
    """Decorator: an `__init__` takes these arguments too, with their defaults, and stores them."""

    def decorated(function: Callable) -> Callable:
        def with_arguments(self: Any, *args: Any, **kwargs: Any) -> Any:
            for name, default in arguments.items():
                setattr(self, name, kwargs.pop(name, default))
            return function(self, *args, **kwargs)

        return with_arguments

    return decorated


def delete_arguments(*arguments: str) -> Callable:
    """Decorator: an `__init__` no longer takes these arguments."""

    def decorated(function: Callable) -> Callable:
        def without_arguments(self: Any, *args: Any, **kwargs: Any) -> Any:
            for name in arguments:
                if name in kwargs:
                    raise TypeError(f"{type(self).__name__} got an unexpected keyword argument '{name}'")
            return function(self, *args, **kwargs)

        return without_arguments

    return decorated


def orthogonally_resize(a: np.ndarray, new_shape: Sequence[int], window: int = 2) -> np.ndarray:
    """An array of another shape and of the same norm: repeated in windows where it grows, cut where it shrinks."""
    norm = np.linalg.norm(a)
    for axis, (old, new) in enumerate(zip(a.shape, new_shape, strict=True)):
        times = -(-new // old)
        if times > 1:
            blocks = a.reshape(a.shape[:axis] + (old // window, window) + a.shape[axis + 1 :])
            a = np.repeat(blocks, times, axis=axis).reshape(a.shape[:axis] + (old * times,) + a.shape[axis + 1 :])
        a = a[(slice(None),) * axis + (slice(None, new),)]
    return a / np.linalg.norm(a) * norm
