"""An exported graph that embeds texts, in onnxruntime alone."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.experiment.export_folder import ExportFolder
from baselines.inference.embedder import Embedder
from baselines.losses.contrastive import EMBEDDING
from baselines.runtime.progress import Display
from baselines.storage.checksums import sha256
from baselines.task_models.exported import open_export

TOKENS_PER_BATCH = 2048
"""Tokens, padding included, that go through the graph at once."""


class ExportedEmbedder(Embedder):
    """An Embedder of the export of a run that was trained to embed.

    Args:
        folder: The export.
        pooling: Expected pooling, or None.

    Raises:
        InputError: The folder is no export of such a run, or has another pooling.
    """

    def __init__(self, folder: str | Path, pooling: str | None = None, quiet: bool = True):
        export = ExportFolder.open(folder)
        if EMBEDDING not in export.about["outputs"]:
            raise InputError(f"{folder} is an export of {export.task_name}, which does not embed. Use one that does.")
        with Display(quiet) as display:
            model, _ = open_export(folder, None, display)
        if pooling not in (None, model.task.head.pooling):
            raise InputError(f"--pooling {pooling}: {folder} has {model.task.head.pooling}. Leave the flag out.")
        self.tokenizer, self.max_length, self.pooling = model.tokenizer, model.recipe.max_length, model.task.head.pooling
        self.task_name, self.source = model.name, str(export.path.resolve())
        self.name = f"{model.name}/{export.path.resolve().name}"
        self._model, self._graph = model, export.file("graph")
        self.dimensions = self._run([np.array([*self.tokenizer.start_ids, *self.tokenizer.end_ids], np.int32)]).shape[-1]

    def fingerprint(self) -> str:
        """A hex digest of the graph, the vocabulary and the length: another one than that of the run itself."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (sha256(self._graph), self.tokenizer.fingerprint(), self.pooling, self.max_length):
            digest.update(repr(part).encode())
        return digest.hexdigest()

    def _compute(self, output: str, tokens: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, dict]]:
        lengths = np.array([len(each) for each in tokens], int)
        start, order = 0, np.argsort(-lengths, kind="stable")
        while start < len(order):
            numbers = order[start : start + max(1, TOKENS_PER_BATCH // int(lengths[order[start]]))]
            yield numbers, {output: self._run([tokens[number] for number in numbers])}
            start += len(numbers)

    def _run(self, rows):
        token_ids = np.full((len(rows), max(map(len, rows))), self.tokenizer.vocabulary.pad_id, np.int32)
        for row, ids in zip(token_ids, rows, strict=True):
            row[: len(ids)] = ids
        features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
        outputs = self._model.run({name: features[feature] for name, feature in self._model.features.items()})
        return outputs[EMBEDDING]
