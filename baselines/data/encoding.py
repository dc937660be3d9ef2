"""Examples to encoded rows, once: the result is kept in a cache folder under a hash of everything that it depends on."""

import hashlib
import logging
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from baselines.data.encoded_dataset import EncodedDataset
from baselines.errors import InputError
from baselines.runtime.concurrency import batched
from baselines.storage.atomic_files import atomic_write

CHUNK = 2048
"""Examples whose texts are tokenized together."""

log = logging.getLogger(__name__)


def encode_examples(examples, encode, tokenizer, max_length, progress=lambda iterable, total: iterable):
    """Rows of a list of examples. An InputError of `encode` is told with the example's place in its file."""
    encoded = []
    for chunk in batched(enumerate(progress(examples, total=len(examples))), CHUNK):
        tokenizer.prepare(text for _, example in chunk for text in example.texts)
        for index, example in chunk:
            try:
                encoded.extend((index, *row) for row in encode(example, tokenizer, max_length))
            except InputError as error:
                raise InputError(f"{example.origin}: {error}") from None
    return EncodedDataset.from_encoded(encoded)


def content_hash(*parts):
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


def cached_rows(folder, key, make):
    """The rows stored under `key` in `folder`, else those that `make()` returns, which are stored.

    A file that cannot be read is made again; a folder that cannot be written costs only the next run's time.
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
