"""Encoded rows of different lengths, held in flat arrays: small, quick to slice, saved and loaded without pickle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.storage.ragged_array import RaggedArray


class RaggedColumn:
    """A list of int arrays of one rank. `column[i]` is a view of row i with its own shape.

    Args:
        rows: the elements of each array, end to end.
        shapes: int64 (rows, rank).
    """

    def __init__(self, rows: RaggedArray, shapes: np.ndarray):
        self.rows, self.shapes = rows, shapes

    @classmethod
    def from_arrays(cls, arrays: Iterable[Any]) -> "RaggedColumn":
        """The column of some arrays. Raises ValueError for arrays of different ranks."""
        arrays = [np.asarray(array) for array in arrays]
        if len({array.ndim for array in arrays}) > 1:
            raise ValueError(f"expected arrays of one rank. Received ranks: {sorted({a.ndim for a in arrays})}")
        values = np.concatenate([array.ravel() for array in arrays]) if arrays else np.zeros(0, np.int32)
        rows = RaggedArray.of(values, np.array([array.size for array in arrays], np.int64))
        return cls(rows, np.array([array.shape for array in arrays], np.int64).reshape(len(arrays), -1))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index].reshape(self.shapes[index])

    @property
    def lengths(self) -> np.ndarray:
        """Size of each row's last axis, int64 (rows,)."""
        return self.shapes[:, -1]

    def padded(self, numbers: np.ndarray, length: int, value: int = 0) -> np.ndarray:
        """int32 (len(numbers), …, length): some rows, every axis filled up with `value`.

        Axes before the last are as long as the longest of these rows.
        """
        if self.shapes.shape[1] == 1:                                   # the common case, at once
            places = np.arange(length)
            real = places < self.shapes[numbers]                        # (rows, L)
            found = self.rows.values[np.where(real, self.rows.offsets[numbers, None].astype(np.int64) + places, 0)]
            return np.where(real, found, value).astype(np.int32)
        result = np.full((len(numbers), *self.shapes[numbers, :-1].max(axis=0), length), value, np.int32)
        for row, number in enumerate(numbers):
            values = self[number]
            result[(row, *map(slice, values.shape))] = values
        return result

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The three arrays of a file; `of_arrays` is its inverse."""
        return {"flat": self.rows.values, "starts": self.rows.offsets, "shapes": self.shapes}

    @classmethod
    def of_arrays(cls, flat: np.ndarray, starts: np.ndarray, shapes: np.ndarray) -> "RaggedColumn":
        return cls(RaggedArray(flat, starts), shapes)


class EncodedDataset:
    """What `encode` yielded for a list of examples, one row per window.

    Args:
        features: {name: column of (L,) int32, or (N, L) where a row is N texts, such as the choices of a question}.
        targets: {name: column}, or None when no row has gold; "" names the target of tasks that have just one array.
        example: int64 (rows,), the example that a row belongs to.
    """

    def __init__(self, features: Mapping[str, RaggedColumn], targets: Mapping[str, RaggedColumn] | None, example: np.ndarray):
        self.features, self.targets, self.example = features, targets, example

    @classmethod
    def from_encoded(cls, encoded: Sequence[tuple[int, Mapping, Any]]) -> "EncodedDataset":
        """The rows of [(example index, features, target: int, array, dict of arrays, or None)], of one kind throughout."""
        names = encoded[0][1].keys() if encoded else ()
        features = {name: RaggedColumn.from_arrays([row[1][name] for row in encoded]) for name in names}
        targets = None
        if encoded and all(row[2] is not None for row in encoded):
            wrapped = [row[2] if isinstance(row[2], dict) else {"": row[2]} for row in encoded]
            targets = {name: RaggedColumn.from_arrays([row[name] for row in wrapped]) for name in wrapped[0]}
        return cls(features, targets, np.array([row[0] for row in encoded], np.int64))

    def __len__(self):
        return len(self.example)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, int64 (rows,); of its longest text where it has several."""
        return self.features["token_ids"].lengths

    def target(self, index: int) -> Any:
        """The target of a row as `encode` yielded it (scalars as 0-d arrays)."""
        row = {name: column[index] for name, column in self.targets.items()}
        return row[""] if row.keys() == {""} else row

    def to_arrays(self) -> dict[str, np.ndarray]:
        """{name: array}, for a file; `from_arrays` is its inverse."""
        arrays = {"example": self.example}
        for kind, columns in (("features", self.features), ("targets", self.targets or {})):
            for name, column in columns.items():
                arrays |= {f"{kind}/{name}/{part}": array for part, array in column.to_arrays().items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "EncodedDataset":
        """The dataset of the arrays of a file. Raises KeyError where one is missing."""
        columns = {"features": {}, "targets": {}}
        for key in arrays:
            if key.endswith("/flat"):
                kind, name, _ = key.split("/")
                columns[kind][name] = RaggedColumn.of_arrays(*(arrays[f"{kind}/{name}/{p}"] for p in ("flat", "starts", "shapes")))
        return cls(columns["features"], columns["targets"] or None, arrays["example"])
