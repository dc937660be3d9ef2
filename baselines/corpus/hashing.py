"""Which records are the same, in bounded memory: hashes of 16 bytes go to temporary files by their first bits.

Equal texts meet in the same file, and only one file is sorted at a time. Two different texts have the same hash with a
probability below 1e-20 among a billion.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator

import numpy as np

ROW = np.dtype([("hash", "V16"), ("record", "<i8")])
_HELD = 1 << 12


class RepeatFinder:
    """Takes the texts of records 0, 1, 2, …; afterwards yields those that were there before.

    Args:
        folder: of the temporary files; None: the system's.
        files: number of temporary files; about 1/files of the hashes are in memory at a time.
    """

    def __init__(self, folder: str | None = None, files: int = 64):
        self._stack = contextlib.ExitStack()
        self._files = [self._stack.enter_context(tempfile.TemporaryFile(dir=folder)) for _ in range(files)]
        self._held = [bytearray() for _ in range(files)]
        self.count = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def add(self, text: str) -> None:
        """Takes the text of the next record."""
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        number = digest[0] % len(self._files)
        held = self._held[number]
        held += digest + self.count.to_bytes(8, "little")
        self.count += 1
        if len(held) >= _HELD * ROW.itemsize:
            self._files[number].write(held)
            held.clear()

    def pairs(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields (repeated, first), int64 arrays: records whose text was there before, and the first that has it."""
        for file, held in zip(self._files, self._held, strict=True):
            file.write(held)
            held.clear()
            file.seek(0)
            rows = np.frombuffer(file.read(), ROW)
            words = np.ascontiguousarray(rows["hash"]).view("<u8").reshape(-1, 2)
            order = np.lexsort((rows["record"], words[:, 1], words[:, 0]))
            words, records = words[order], rows["record"][order]
            new = np.ones(len(order), bool)
            new[1:] = (words[1:] != words[:-1]).any(axis=1)
            first = records[new][np.cumsum(new) - 1]
            yield records[~new], first[~new]
