"""Builds an index from a file of keys. Memory grows with the number of keys, not with the length of their values.

The reader numbers the strings, so that each of 20 million rows is two numbers. Each string is tokenized once. Subjects become a
trie, predicates and meanings sorted tables (tables.py). One stable sort brings the rows into the order of their keys; their values,
stored on disk until then, are copied in that order.
"""

import contextlib
import dataclasses
import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.names import order_of
from baselines.retrieval.prefix_index.reading import Lines, key_reader
from baselines.retrieval.prefix_index.string_table import KeyTokenizer, StringTable, joined
from baselines.retrieval.prefix_index.tables import Names, write_names, write_predicates
from baselines.retrieval.prefix_index.values import write_values
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.folder_lock import only_builder
from baselines.storage.ragged_array import offsets_of

_WORD = 1 << 64                                             # what one number to sort by holds


def build(
    path: str | Path, out: str | Path, spelling: KeyTokenizer, format: str = "knowledge", skip_bad_lines: bool = False,
    report: Callable | None = None, order: str = "spm",
) -> dict:  # fmt: skip
    """Builds the index of a file. An existing index is replaced when the new one is complete.

    Args:
        path: The file, also gzipped.
        out: Folder of the index.
        spelling: KeyTokenizer of the model that will use the index.
        format: "knowledge", "lines", "tsv" or "jsonl", see reading.py.
        skip_bad_lines: Skip malformed lines; otherwise the first one raises InputError.
        report: Called with (stage, done, total), or None.
        order: Order of the parts of a key of knowledge, see names.py.

    Returns:
        The counts in the header.

    Raises:
        InputError: A line, the folder or an option is wrong, or the disk is full.
    """
    out, report = Path(out), report or _silent
    lines, read, parts = Lines(path, skip_bad_lines, report), key_reader(format), order_of(order)
    files.require_replaceable(out, INDEX)
    with only_builder(out), _room(out), atomic_folder(out) as folder:
        values = folder / "values.unsorted"
        rows = _number(read(lines), values)
        if not len(rows.name):
            raise InputError(f"{path} has no keys ({lines.skipped:,} lines skipped). Check the file and --format.")
        writer = files.ArrayFolderWriter(folder, INDEX)
        parts = ("key",) if rows.predicates is None else parts
        counts = {"rows": len(rows.name), "skipped_lines": lines.skipped}
        counts |= _write(writer, rows, spelling, values, report, meanings_first=parts[-1] == "predicate")
        values.unlink()
        vocabulary = {"fingerprint": spelling.fingerprint, "size": spelling.vocab_size}
        ids = {"end_id": spelling.end_id, "unknown_id": spelling.unknown_id}
        writer.header(layout=format, parts=list(parts), **ids, vocabulary=vocabulary, counts=counts)
    return counts


@contextlib.contextmanager
def _room(out):
    """Reports a full disk as InputError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise InputError(f"Cannot write to {out}: {error.strerror}. Free space for the index and a second copy of its values. "
                         "An existing index is unchanged.") from error  # fmt: skip


@dataclasses.dataclass
class _Rows:
    """The rows of the file as numbers, and the strings that are numbered.

    name, predicate      uint32 (rows,), numbers of strings
    length               uint32 (rows,), bytes of their values
    names, predicates    lists of str; predicates None where a key is a name alone
    """

    name: np.ndarray
    predicate: np.ndarray
    length: np.ndarray
    names: list
    predicates: list | None


def _number(chunks, values):
    """_Rows of what a reader yields; values are written to a file as they come."""
    names, predicates, numbered = StringTable(), StringTable(), []
    with open(values, "wb") as file:
        for rows in chunks:
            name = names.numbers(rows.names)
            predicate = np.zeros(len(name), np.uint32) if rows.predicates is None else predicates.numbers(rows.predicates)
            numbered.append((name, predicate, rows.lengths.astype(np.uint32)))
            file.write(rows.values)
    columns = [joined(column) for column in zip(*numbered, strict=True)] if numbered else [np.zeros(0, np.uint32)] * 3
    return _Rows(*columns, [name.decode() for name in names], [text.decode() for text in predicates] or None)


def _write(writer, rows, spelling, values, report, meanings_first):
    """All arrays of the index. Returns counts for the header. Strings and numbers of `rows` are let go of as they are written."""
    names, counts = write_names(writer, rows.names, rows.predicates is None, spelling, report)
    rows.names = None
    entity, predicate = names.entity_of_name[rows.name], rows.predicate
    spelling_of_predicate = np.zeros(1, np.int64)
    if rows.predicates is not None:
        ranks, spelling_of_predicate = write_predicates(writer, rows.predicates, spelling, report)
        predicate = ranks[predicate]
        counts["predicates"] = len(rows.predicates)
    rows.name = rows.predicate = None
    report("sorting", 1, 3)
    spelling_of_entity = names.spelling_with_meaning if meanings_first else names.spelling_of_entity
    order, first = _key_order(entity, predicate, spelling_of_entity, spelling_of_predicate)
    _write_keys(writer, entity[order[first]], None if rows.predicates is None else predicate[order[first]], names)
    del entity, predicate
    report("sorting", 2, 3)
    return counts | {"keys": len(first), **write_values(writer, rows.length, order, first, values, report)}


def _write_keys(writer, entity, predicate, names: Names):
    """Per key its name and its predicate; per spelling of a subject where its keys begin."""
    writer.array("key_entity", entity)
    if predicate is not None:
        writer.array("key_predicate", predicate)
    per_spelling = np.bincount(names.spelling_of_entity[entity], minlength=names.spelling_of_entity[-1] + 1)
    writer.array("subject_keys", offsets_of(per_spelling))


def _key_order(entity, predicate, spelling_of_entity, spelling_of_predicate):
    """(rows in the order of their keys' tokens, and of the file within a key; places in it where a new key begins).

    Keys of the same tokens are neighbours: sorted by what the tokens tell first, then by the strings behind them.
    """
    columns = [(spelling_of_entity, entity), (spelling_of_predicate, predicate), (_within(spelling_of_entity), entity),
               (_within(spelling_of_predicate), predicate)]  # fmt: skip
    words, room = [np.zeros(len(entity), np.uint64)], _WORD
    for numbers, rows in columns:                           # as many to a word of 64 bits as it holds: mostly all four
        radix = int(numbers.max()) + 1
        if radix > room:
            words.append(np.zeros(len(entity), np.uint64))
            room = _WORD
        room //= radix
        words[-1] *= np.uint64(radix)
        words[-1] += numbers.astype(np.uint64)[rows]
    order = np.lexsort(words[::-1])
    is_new = np.zeros(len(order), bool)
    is_new[0] = True
    for word in words:
        word = word[order]
        is_new[1:] |= word[1:] != word[:-1]
    return order, np.flatnonzero(is_new)


def _within(classes):
    """The number of each item in its class; items are sorted by class."""
    return np.arange(len(classes)) - np.searchsorted(classes, np.arange(classes[-1] + 1))[classes]


def _silent(*_):
    """Reports nothing."""
