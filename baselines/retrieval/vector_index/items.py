"""The ids and rows of an index, as JSON in two flat arrays."""

import array
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.storage.array_folder import ArrayFolderWriter
from baselines.storage.ragged_array import offsets_of

_BLOCK = 1 << 24


class Items:
    """Ids and rows of an opened index."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self._values = {name: arrays[f"{name}_values"] for name in ("ids", "rows")}
        self._offsets = {name: arrays[f"{name}_offsets"] for name in ("ids", "rows")}
        self.keys = arrays["keys"]
        for name, offsets in self._offsets.items():
            if len(offsets) != len(self.keys) + 1 or offsets[0] != 0 or int(offsets[-1]) != len(self._values[name]):
                raise ValueError(f"offsets of {name} that do not fit")

    def __len__(self):
        return len(self.keys)

    def id(self, position: int) -> Any:
        return json.loads(self._bytes("ids", position))

    def row(self, position: int) -> dict:
        row = json.loads(self._bytes("rows", position))
        if not isinstance(row, dict):
            raise TypeError("a row that is not an object")
        return row

    def places(self, ids: Sequence, alive: np.ndarray) -> dict:
        """{id: place} of those of `ids` that are among the items of bool `alive` (N,)."""
        id_of_key = {key_of(id): id for id in ids}
        matches = np.flatnonzero(np.isin(self.keys, np.fromiter(id_of_key, np.uint64, len(id_of_key))) & alive)
        pairs = ((self.id(position), position) for position in matches.tolist())
        return {id: position for id, position in pairs if same(id_of_key[int(self.keys[position])], id)}

    def _bytes(self, name, position):
        offsets = self._offsets[name]
        return self._values[name][offsets[position] : offsets[position + 1]].tobytes()


def key_of(id: Any) -> int:
    """A number for an id, the same on every machine; 1 and "1" are two ids."""
    return int.from_bytes(hashlib.blake2b(json.dumps(id).encode(), digest_size=8).digest(), "little")


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


class ItemWriter:
    """Writes the items of an index one by one. Only a number per id stays in memory."""

    def __init__(self, writer: ArrayFolderWriter):
        self._writer, self._keys = writer, array.array("Q")
        self._columns = {name: RaggedFile(writer, name) for name in ("ids", "rows")}

    def add(self, id: Any, row: dict) -> None:
        self._keys.append(key_of(id))
        self._columns["ids"].add(json.dumps(id, ensure_ascii=False).encode())
        self._columns["rows"].add(json.dumps(row, ensure_ascii=False).encode())

    def add_from(self, items: Items, places: Iterable[int]) -> None:
        """Copies items of another index."""
        for position in places:
            self._keys.append(int(items.keys[position]))
            for name, column in self._columns.items():
                column.add(items._bytes(name, position))

    def __len__(self):
        return len(self._keys)

    def close(self, deleted: np.ndarray) -> None:
        """Completes the arrays.

        Args:
            deleted: bool (N,), the deleted items.

        Raises:
            InputError: An id occurs twice among the other items.
        """
        keys = np.frombuffer(self._keys, np.uint64) if self._keys else np.zeros(0, np.uint64)
        alive = np.flatnonzero(~deleted)
        order = alive[np.argsort(keys[alive], kind="stable")]
        twice = np.flatnonzero(keys[order][1:] == keys[order][:-1])
        self._writer.array("keys", keys)
        for column in self._columns.values():
            column.close()
        if len(twice):
            first, second = sorted(order[twice[0] : twice[0] + 2].tolist())
            id = self._columns["ids"].read(second)
            raise InputError(
                f"The id {id} occurs twice, for the items {first + 1} and {second + 1} of the index. "
                "Delete the old one first, or name another column with --id."
            )


class RaggedFile:
    """Writes NAME_values and NAME_offsets of an array folder, row by row."""

    def __init__(self, writer: ArrayFolderWriter, name: str):
        self._writer, self._name, self._lengths = writer, name, array.array("Q")
        self._path = writer.folder / f"{name}.bytes"
        self._file = open(self._path, "wb")                             # noqa: SIM115  closed in `close`

    def add(self, row: bytes) -> None:
        self._file.write(row)
        self._lengths.append(len(row))

    def close(self) -> None:
        self._file.close()
        lengths = np.frombuffer(self._lengths, np.uint64).astype(np.int64) if self._lengths else np.zeros(0, np.int64)
        with open(self._path, "rb") as file:
            blocks = (np.frombuffer(block, np.uint8) for block in iter(lambda: file.read(_BLOCK), b""))
            self._writer.blocks(f"{self._name}_values", np.uint8, int(lengths.sum()), blocks)
        self._writer.array(f"{self._name}_offsets", offsets_of(lengths))
        self._path.unlink()

    def read(self, row: int) -> str:
        """The text of a row, after `close`."""
        offsets = np.load(self._writer.folder / f"{self._name}_offsets.npy")
        values = np.load(self._writer.folder / f"{self._name}_values.npy", mmap_mode="r")
        return values[offsets[row] : offsets[row + 1]].tobytes().decode()
