"""Vectors on their way to a file: they grow in a hidden folder beside it, and the next process goes on after a kill.

The folder's state says how many vectors are complete and what they are of. The same texts, model and options are resumed; others
start again.
"""

import json
import os
from pathlib import Path

import numpy as np

from baselines.retrieval.vector_index.whitening import Whitening
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import abandoned, is_own_folder, remove, resumable_folder, sweep

STAGE = "encoding"


class PartialVectors:
    """A growing .npy of float (count, size), of which `done` rows are complete.

    Args:
        output: File or folder that is being made; the caller holds its lock.
        key: What the vectors depend on. Another key begins again.
        count: Vectors there will be.
        size: Numbers of a vector.
        half: Keep them as float16, else as float32.
    """

    def __init__(self, output: Path, key: str, count: int, size: int, half: bool):
        self.count, self._shape = count, (count, size)
        self._dtype = np.dtype(np.float16 if half else np.float32)
        self.key, self.done, self.folder = f"{key}:{self._shape}:{self._dtype}", 0, None
        for folder in abandoned(output, STAGE):
            state = self._resumable_state(folder) if is_own_folder(folder) else None
            if state is not None and self.folder is None:
                self.folder, self._start, self.done = folder, state["start"], state["done"]
            else:
                remove(folder)
        if self.folder is None:
            remove_partial(output)
            self._begin(output)
        self._row = size * self._dtype.itemsize
        os.truncate(self.path, self._start + self.done * self._row)     # rows that the state does not know of

    @property
    def path(self) -> Path:
        """The .npy."""
        return self.folder / "vectors.npy"

    def append(self, vectors: np.ndarray) -> None:
        """Adds rows; they survive a kill from then on."""
        with open(self.path, "ab") as file:
            file.write(memoryview(np.ascontiguousarray(vectors, self._dtype)).cast("B"))
            file.flush()
            os.fsync(file.fileno())
        self.done += len(vectors)
        self._remember(self._start)

    def open(self) -> np.ndarray:
        """The complete vectors, in the memory of their file."""
        return np.load(self.path, mmap_mode="r")

    def remove(self) -> None:
        """Removes the folder, when its vectors are where they belong."""
        remove(self.folder)

    def keep_whitening(self, whitening: Whitening) -> None:
        """Keeps a Whitening beside the vectors: the next process takes the same."""
        with atomic_write(self._whitening_path) as file:
            np.savez(file, mean=whitening.mean, matrix=whitening.matrix)

    def kept_whitening(self) -> Whitening | None:
        """The Whitening that was kept."""
        if not self._whitening_path.exists():
            return None
        with np.load(self._whitening_path, allow_pickle=False) as arrays:
            return Whitening(arrays["mean"], arrays["matrix"])

    @property
    def _whitening_path(self):
        return self.folder / "whitening.npz"

    def _begin(self, output):
        self.folder = resumable_folder(output, STAGE)
        with open(self.path, "wb") as file:
            header = {"descr": self._dtype.str, "fortran_order": False, "shape": self._shape}
            np.lib.format.write_array_header_1_0(file, header)
        self._remember(self.path.stat().st_size)

    def _resumable_state(self, folder):
        try:
            state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            enough = state["start"] + state["done"] * self._shape[1] * self._dtype.itemsize
            return state if state["key"] == self.key and (folder / "vectors.npy").stat().st_size >= enough else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, start):
        self._start = start
        with atomic_write(self.folder / "state.json", "w") as file:
            json.dump({"key": self.key, "done": self.done, "start": start}, file)


def remove_partial(output: Path) -> None:
    """Removes vectors that were on their way to `output`, which is made of others now. The caller holds its lock."""
    sweep(output, STAGE)
