"""Moves values from the order of the rows to that of the keys."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from baselines.storage.array_folder import ArrayFolderWriter
from baselines.storage.ragged_array import gather


def write_values(
    writer: ArrayFolderWriter, lengths: np.ndarray, order: np.ndarray, first: np.ndarray, values: Path, report: Callable
) -> dict[str, int]:
    """Writes the values of each key in the order of the file, without repetitions.

    Args:
        writer: Writer of the index folder.
        lengths: Bytes of the values of each row of the file.
        order: Rows in the order of their keys.
        first: Positions in `order` where a new key starts.
        values: File with the values in the order of the rows.
        report: Called with (stage, done, total).

    Returns:
        Counts for the header.
    """
    source = np.memmap(values, np.uint8, "r").view(np.ndarray) if values.stat().st_size else np.zeros(0, np.uint8)
    starts = (np.cumsum(lengths, dtype=np.int64) - lengths)[order]
    lengths = lengths[order]
    repeated = _repeated(source, starts, lengths, first)
    lengths[repeated] = 0
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    total = int(offsets[-1])
    offsets = offsets[np.append(first, len(lengths))]
    writer.array("value_offsets", offsets.astype(np.uint32 if total < 1 << 32 else np.uint64))
    writer.blocks("values", np.uint8, total, _reported(gather(source, starts, lengths), total, report))
    return {"value_bytes": total, "repeated_rows": len(repeated)}


def _repeated(source, starts, lengths, first):
    """Rows, in key order, whose values an earlier row of the same key has too."""
    ends = np.append(first[1:], len(lengths))
    several = np.flatnonzero(ends - first > 1)
    repeated = []
    for begin, end in zip(first[several].tolist(), ends[several].tolist(), strict=True):
        sizes = lengths[begin:end].tolist()
        if len(set(sizes)) < len(sizes):
            seen = set()
            for row, start, size in zip(range(begin, end), starts[begin:end].tolist(), sizes, strict=True):
                value = source[start : start + size].tobytes()
                if value in seen:
                    repeated.append(row)
                seen.add(value)
    return np.array(repeated, np.int64)


def _reported(blocks, total, report):
    done = 0
    for block in blocks:
        report("writing", done, total)
        done += len(block)
        yield block
