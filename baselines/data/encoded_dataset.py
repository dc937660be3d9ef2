"""Encoded rows of different lengths, held in flat arrays: small, quick to slice, saved and loaded without pickle."""

import numpy as np


class RaggedColumn:
    """A list of int arrays of one rank, stored end to end. `column[i]` is a view of row i with its own shape."""

    def __init__(self, flat, starts, shapes):
        self.flat, self.starts, self.shapes = flat, starts, shapes

    @classmethod
    def from_arrays(cls, arrays):
        arrays = [np.asarray(array) for array in arrays]
        if len({array.ndim for array in arrays}) > 1:
            raise ValueError(f"expected arrays of one rank. Received ranks: {sorted({a.ndim for a in arrays})}")
        sizes = [array.size for array in arrays]
        flat = np.concatenate([array.ravel() for array in arrays]) if arrays else np.zeros(0, np.int32)
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        shapes = np.array([array.shape for array in arrays], np.int64).reshape(len(arrays), -1)
        return cls(flat, starts, shapes)

    def __len__(self):
        return len(self.starts) - 1

    def __getitem__(self, index):
        return self.flat[self.starts[index] : self.starts[index + 1]].reshape(self.shapes[index])

    @property
    def lengths(self):
        """Size of each row's last axis, int64 (rows,)."""
        return self.shapes[:, -1]


class EncodedDataset:
    """What `encode` yielded for a list of examples, one row per window.

    features  {name: RaggedColumn of (L,) int32, or (N, L) where a row is N texts, such as the choices of a question}
    targets   {name: RaggedColumn}, or None when no row has gold; "" names the target of tasks that have just one array
    example   int64 (rows,): which example a row belongs to
    """

    def __init__(self, features, targets, example):
        self.features, self.targets, self.example = features, targets, example

    @classmethod
    def from_encoded(cls, encoded):
        """encoded: [(example index, features dict, target: int, array, dict of arrays, or None)], of one kind throughout."""
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
    def lengths(self):
        """Tokens of each row, int64 (rows,); of its longest text where it has several."""
        return self.features["token_ids"].lengths

    def target(self, index):
        """The target of a row as `encode` yielded it (scalars as 0-d arrays)."""
        row = {name: column[index] for name, column in self.targets.items()}
        return row[""] if row.keys() == {""} else row

    def to_arrays(self):
        """{name: array}, for a file; `from_arrays` is its inverse."""
        arrays = {"example": self.example}
        for kind, columns in (("features", self.features), ("targets", self.targets or {})):
            for name, column in columns.items():
                for part in ("flat", "starts", "shapes"):
                    arrays[f"{kind}/{name}/{part}"] = getattr(column, part)
        return arrays

    @classmethod
    def from_arrays(cls, arrays):
        columns = {"features": {}, "targets": {}}
        for key in arrays:
            if key.endswith("/flat"):
                kind, name, _ = key.split("/")
                columns[kind][name] = RaggedColumn(*(arrays[f"{kind}/{name}/{p}"] for p in ("flat", "starts", "shapes")))
        return cls(columns["features"], columns["targets"] or None, arrays["example"])
