"""Examples to encoded rows, once: the result is kept in a cache folder under a hash of everything that it depends on."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from baselines.data.encoded_dataset import EncodedDataset
from baselines.data.source_files import PACKAGES, describe, source_files
from baselines.errors import InputError
from baselines.runtime.concurrency import batched
from baselines.storage.atomic_files import atomic_write
from baselines.task import Example

CHUNK_SIZE = 2048
"""Examples whose texts are tokenized together."""

log = logging.getLogger(__name__)


def encode_examples(
    examples: Sequence[Example],
    encode: Callable,
    tokenizer: Any,
    max_length: int,
    progress: Callable = lambda iterable, total: iterable,
) -> EncodedDataset:
    """Encoded rows of a list of examples.

    Args:
        examples: Those to encode.
        encode: The task's (example, tokenizer, max_length) -> yields (features, target).
        tokenizer: The checkpoint's Tokenizer.
        max_length: Tokens per row, special tokens included.
        progress: (examples, total=their number) -> the same examples, while progress is shown.

    Raises:
        InputError: What `encode` raises, with the example's place in its file.
    """
    encoded = []
    for chunk in batched(enumerate(progress(examples, total=len(examples))), CHUNK_SIZE):
        tokenizer.prepare(text for _, example in chunk for text in example.texts)
        for index, example in chunk:
            try:
                encoded.extend((index, *row) for row in encode(example, tokenizer, max_length))
            except InputError as error:
                raise InputError(f"{example.origin}: {error}") from None
    return EncodedDataset.from_encoded(encoded)


def rows_key(
    examples: Sequence[Example], stage: Callable, tokenizer: Any, max_length: int, packages: tuple[str, ...] = PACKAGES
) -> str:
    """A digest of everything that the rows of `encode_examples` depend on.

    Args:
        examples: Their texts, gold and extra count; ids and places do not.
        stage: The `encode` stage: what it is bound to counts, and the source of every module that it imports within `packages`,
            directly or through others.
        tokenizer: Its vocabulary and rules count, and its own code.
        max_length: As for `encode_examples`.
        packages: See source_files.py.

    Returns:
        A hex digest.
    """
    modules = {__name__, type(tokenizer).__module__}
    parts = [describe(stage, modules), describe(tokenizer.pre_tokenizer, modules), tokenizer.fingerprint(), max_length]
    parts += [(example.texts, example.gold, example.extra) for example in examples]
    return content_hash(*parts, *source_files(modules, packages))


def content_hash(*parts: Any) -> str:
    """A hex digest of paths (their content) and of other values (their text)."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with open(part, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        else:
            digest.update(str(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def cached_rows(folder: str | Path, key: str, make: Callable[[], EncodedDataset]) -> EncodedDataset:
    """The rows stored under `key` in `folder`, else those that `make()` returns, which are stored.

    A corrupted file is encoded again; a folder that cannot be written costs only the next run's time.
    """
    path = Path(folder) / f"{key}.safetensors"
    if path.exists():
        try:
            return EncodedDataset.from_arrays(load_file(path))
        except (SafetensorError, KeyError) as error:
            log.warning("%s cannot be read (%s): encoding again.", path, error)
    rows = make()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(save(rows.to_arrays()))
    except OSError as error:
        log.warning("encoded rows are not cached: %s", error)
    return rows
