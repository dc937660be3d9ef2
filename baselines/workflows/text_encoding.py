"""The texts of a file to vectors, in memory that does not grow with them; interrupted work goes on where it was."""

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.encoding import content_hash
from baselines.data.readers.texts import Source, Survey
from baselines.errors import InputError
from baselines.heads.embedding import unit_vectors
from baselines.retrieval.vector_index import whitening
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.runtime.concurrency import batched
from baselines.runtime.progress import Display
from baselines.storage.temporary_names import destination
from baselines.workflows.partial_vectors import PartialVectors
from baselines.workflows.vector_files import publish

CHUNK_SIZE = 4096
"""Texts that are read, sorted by length and embedded at once."""
SAMPLE_SIZE = 50_000
"""Texts, at even distances, from which whitening is learned."""


class EncodingStopped(KeyboardInterrupt):
    """Ctrl-C arrived, and what was embedded is kept."""


@dataclasses.dataclass(frozen=True)
class EncodingOptions:
    """How vectors are stored.

    Args:
        normalize: Scale vectors to length 1.
        half: Store float16, else float32.
        whitening: Numbers of a whitened vector; 0 leaves vectors alone.
    """

    normalize: bool = True
    half: bool = False
    whitening: int = 0

    def __post_init__(self):
        if self.whitening < 0:
            raise InputError(f"--whitening: a vector cannot have {self.whitening} numbers. Give at least 1, or 0 for no whitening.")


def encode_source(
    embedder: Any, source: Source, output: Path, options: EncodingOptions, display: Display, given: Whitening | None = None,
    run_chunks: Callable | None = None,
) -> tuple[PartialVectors, Whitening | None, Survey]:
    """Embeds the texts of a Source.

    Args:
        embedder: A TextEmbedder.
        source: The texts.
        output: What the vectors are for; they grow beside it. The caller holds its lock.
        options: How vectors are stored.
        display: Shows progress.
        given: A Whitening to apply, in place of one that `options.whitening` asks for.
        run_chunks: run_chunks(encode, chunks) yields encode(embedder, chunk) of each chunk in order; None: here.

    Returns:
        All vectors; the Whitening that was applied, or None; the Survey of the texts.

    Raises:
        InputError: A row is unfit. The whole file is checked before anything is embedded.
        EncodingStopped: Ctrl-C.
    """
    survey = source.survey()
    size = embedder.dimensions
    if options.whitening > size:
        raise InputError(f"--whitening: {options.whitening} is more than the {size} numbers of a vector. Choose 1 to {size}, or 0.")
    matrix = None if given is None else given.matrix.tobytes()
    key = "|".join(map(str, (embedder.fingerprint(), survey.digest, dataclasses.astuple(options), content_hash(matrix))))
    size = given.matrix.shape[1] if given else options.whitening or size
    part = PartialVectors(output, key, survey.count, size, options.half)
    if survey.twice:
        display.note(f"{source.path}: {survey.twice:,} of {survey.count:,} texts occur more than once")
    if part.done:
        display.note(f"resuming after {part.done:,} of {survey.count:,} texts")
    applied = given
    if given is None and options.whitening:
        applied = _fit_whitening(embedder, source, survey.count, part, options, display)
    _append_chunks(embedder, source, part, ChunkEncoder(options.normalize, applied, str(source.path)), display, run_chunks)
    return part, applied, survey


def _append_chunks(embedder, source, part, encode, display, run_chunks):
    bar, num_cut, started, first = display.bar("encoding", part.count, part.done), 0, time.monotonic(), part.done
    texts = itertools.islice((text for _, text, _ in source.read()), part.done, None)
    chunks = zip(itertools.count(part.done, CHUNK_SIZE), batched(texts, CHUNK_SIZE))
    try:
        results = run_chunks(encode, chunks) if run_chunks else map(functools.partial(encode, embedder), chunks)
        for vectors, cut in results:
            part.append(vectors)
            num_cut += cut
            bar.advance(f"{(part.done - first) / (time.monotonic() - started):.0f} texts/s", len(vectors))
    except KeyboardInterrupt:
        done = f"{part.done:,} of {part.count:,} texts are embedded and kept"
        raise EncodingStopped(f"{done}. Resume with the same command.") from None
    finally:
        bar.close()
    if num_cut:
        display.note(f"{source.path}: {num_cut:,} texts have {embedder.max_length} tokens or more and were truncated")


@dataclasses.dataclass(frozen=True)
class ChunkEncoder:
    """Embeds a chunk of texts. It can be sent to other machines.

    Args:
        normalize: Scale vectors to length 1.
        whitening: A Whitening to apply, or None.
        path: The file, for error messages.
    """

    normalize: bool
    whitening: Whitening | None
    path: str

    def __call__(self, embedder: Any, chunk: tuple[int, list[str]]) -> tuple[np.ndarray, int]:
        """Embeds texts.

        Args:
            embedder: A TextEmbedder.
            chunk: The number of the first text in its file, and the texts.

        Returns:
            float32 (N, size), and how many texts were truncated.

        Raises:
            InputError: A text has no tokens; the message names the file.
        """
        first, texts = chunk
        try:
            tokens = embedder.tokens(texts)
        except InputError as error:
            raise InputError(f"{self.path}, from text {first + 1} on: {error}") from None
        vectors = embedder.encode_tokens(tokens, self.normalize and self.whitening is None)
        if self.whitening is not None:
            vectors = unit_vectors(self.whitening(vectors)) if self.normalize else self.whitening(vectors)
        return vectors, sum(len(ids) == embedder.max_length for ids in tokens)


def _fit_whitening(embedder, source, count, part, options, display):
    """The Whitening of a sample of the texts, kept beside the vectors: a second start takes the same."""
    if (kept := part.kept_whitening()) is not None:
        return kept
    chosen = set(np.linspace(0, count - 1, min(count, SAMPLE_SIZE)).astype(int).tolist())
    texts = (text for number, (_, text, _) in enumerate(source.read()) if number in chosen)
    bar, vectors = display.bar("whitening", len(chosen)), []
    encode = ChunkEncoder(False, None, str(source.path))
    for chunk in batched(texts, CHUNK_SIZE):
        vectors.append(encode(embedder, (0, chunk))[0])
        bar.advance(by=len(chunk))
    bar.close()
    fitted = whitening.fit(np.concatenate(vectors), options.whitening)
    part.keep_whitening(fitted)
    return fitted


def encode_file(
    embedder: Any, source: Source, output: str | Path, options: EncodingOptions, display: Display,
    run_chunks: Callable | None = None,
) -> Survey:  # fmt: skip
    """Embeds the texts of a Source and writes OUTPUT (.npy) and what belongs beside it, see `vector_files`.

    The arguments are those of `encode_source`; `output` is followed where it is a symbolic link. Returns the Survey of the texts.
    """
    output = destination(output)
    part, applied, survey = encode_source(embedder, source, output, options, display, run_chunks=run_chunks)
    ids = (id for id, _, _ in source.read())
    first = next(ids)
    ids = None if first is None else itertools.chain([first], ids)
    about = {"model": embedder.about(), "texts": survey.count, "digest": survey.digest, **dataclasses.asdict(options)}
    publish(part, output, about, ids, applied)
    return survey
