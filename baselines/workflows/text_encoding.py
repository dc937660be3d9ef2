"""The texts of a file to a file of vectors, in memory that does not grow with them; what is interrupted goes on where it was.

Vectors arrive in a hidden folder beside the output, whose state says how many are there and what they are of. The next start reads
that: the same texts, model and options go on, others begin anew. The finished file gets its name by renaming.
"""

import dataclasses
import functools
import itertools
import json
import os
import shutil
import time
from pathlib import Path

import numpy as np

from baselines.data.encoding import content_hash
from baselines.errors import InputError
from baselines.heads.embedding import unit_vectors
from baselines.retrieval.vector_index import whitening
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.runtime.concurrency import batched
from baselines.storage.atomic_files import atomic_write

EACH = 4096
"""Texts that are read, sorted by length and encoded at once."""
SAMPLE = 50_000
"""Texts, at even distances, from which whitening is learnt."""


class Stopped(KeyboardInterrupt):
    """Ctrl-C arrived, and what was encoded is kept."""


@dataclasses.dataclass(frozen=True)
class Options:
    """normalize: vectors of length 1; half: float16; whitening: numbers of a whitened vector, 0 leaves vectors alone."""

    normalize: bool = True
    half: bool = False
    whitening: int = 0


class PartialVectors:
    """A growing .npy of float (count, size). `done` rows of it are complete."""

    def __init__(self, folder, key, count, size, half):
        self.folder, self._state = Path(folder), Path(folder) / "state.json"
        self.path, self.whitening_path = self.folder / "vectors.npy", self.folder / "whitening.npz"
        self.count, self._shape = count, (count, size)
        self._dtype = np.dtype(np.float16 if half else np.float32)
        self.key = f"{key}:{self._shape}:{self._dtype}"
        self.done = self._resumed()
        if self.done is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            with open(self.path, "wb") as file:
                header = {"descr": self._dtype.str, "fortran_order": False, "shape": self._shape}
                np.lib.format.write_array_header_1_0(file, header)
            self.done = 0
            self._remember(self.path.stat().st_size)
        self._row = size * self._dtype.itemsize
        os.truncate(self.path, self._start + self.done * self._row)     # rows that the state does not know of

    def append(self, vectors):
        with open(self.path, "ab") as file:
            file.write(memoryview(np.ascontiguousarray(vectors, self._dtype)).cast("B"))
            file.flush()
            os.fsync(file.fileno())
        self.done += len(vectors)
        self._remember(self._start)

    def open(self):
        """The complete vectors, in the memory of their file."""
        return np.load(self.path, mmap_mode="r")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _resumed(self):
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            enough = self.path.stat().st_size >= state["start"] + state["done"] * self._shape[1] * self._dtype.itemsize
        except (OSError, ValueError):
            return None
        if state["key"] != self.key or not enough:
            return None
        self._start = state["start"]
        return state["done"]

    def _remember(self, start):
        self._start = start
        with atomic_write(self._state, "w") as file:
            json.dump({"key": self.key, "done": self.done, "start": start}, file)


def encode_source(embedder, source, folder, options, display, whiten=None, worked=None):
    """(PartialVectors that are complete, Whitening or None, Survey) of a Source; `folder` holds what is there till then.

    whiten   a Whitening to use, in place of one that options.whitening asks for
    worked   worked(Work, chunks) yields what Work makes of each chunk, in their order; None: with `embedder`, here
    Raises InputError for the first row that is unfit, before anything is encoded; Stopped on Ctrl-C.
    """
    survey = source.survey()
    size = embedder.dimensions
    if not 0 <= options.whitening <= size:
        raise InputError(f"--whitening: expected a size from 1 to the vectors' {size}, or 0. Received: {options.whitening}.")
    given = None if whiten is None else whiten.matrix.tobytes()
    key = "|".join(map(str, (embedder.fingerprint(), survey.digest, dataclasses.astuple(options), content_hash(given))))
    size = whiten.matrix.shape[1] if whiten else options.whitening or size
    part = PartialVectors(folder, key, survey.count, size, options.half)
    if survey.twice:
        display.note(f"{source.path}: {survey.twice:,} of {survey.count:,} texts occur more than once")
    if part.done:
        display.note(f"going on after {part.done:,} of {survey.count:,} texts")
    if whiten is None and options.whitening:
        whiten = fitted(embedder, source, survey.count, part, options, display)
    bar, cut, started, first = display.bar("encoding", survey.count, part.done), 0, time.monotonic(), part.done
    work = Work(options.normalize, whiten, str(source.path))
    texts = itertools.islice((text for _, text, _ in source.read()), part.done, None)
    chunks = zip(itertools.count(part.done, EACH), batched(texts, EACH))
    try:
        for vectors, cut_now in worked(work, chunks) if worked else map(functools.partial(work, embedder), chunks):
            part.append(vectors)
            cut += cut_now
            bar.advance(f"{(part.done - first) / (time.monotonic() - started):.0f} texts/s", len(vectors))
    except KeyboardInterrupt:
        done = f"{part.done:,} of {survey.count:,} texts are encoded and kept"
        raise Stopped(f"{done}. The same command goes on from there.") from None
    finally:
        bar.close()
    if cut:
        display.note(f"{source.path}: {cut:,} texts have {embedder.max_length} tokens or more: what is beyond is not read")
    return part, whiten, survey


@dataclasses.dataclass(frozen=True)
class Work:
    """What is to be done with a chunk of texts. It can be sent to other machines.

    normalize   vectors of length 1
    whitening   a Whitening or None
    path        of the file, to be told in an error
    """

    normalize: bool
    whitening: Whitening | None
    path: str

    def __call__(self, embedder, chunk):
        """(vectors float32 (N, size), how many texts were cut) of (number of the first text, texts).

        Raises InputError that tells the file and the number of the text.
        """
        first, texts = chunk
        try:
            tokens = embedder.tokens(texts)
        except InputError as error:
            raise InputError(f"{self.path}, from text {first + 1} on: {error}") from None
        vectors = embedder.encode_tokens(tokens, self.normalize and self.whitening is None)
        if self.whitening is not None:
            vectors = unit_vectors(self.whitening(vectors)) if self.normalize else self.whitening(vectors)
        return vectors, sum(len(each) == embedder.max_length for each in tokens)


def fitted(embedder, source, count, part, options, display):
    """The Whitening of a sample of the texts, kept beside the vectors: a second start takes the same."""
    if part.whitening_path.exists():
        with np.load(part.whitening_path) as kept:
            return Whitening(kept["mean"], kept["matrix"])
    chosen = set(np.linspace(0, count - 1, min(count, SAMPLE)).astype(int).tolist())
    texts = (text for number, (_, text, _) in enumerate(source.read()) if number in chosen)
    bar, vectors = display.bar("whitening", len(chosen)), []
    work = Work(False, None, str(source.path))
    for chunk in batched(texts, EACH):
        vectors.append(work(embedder, (0, chunk))[0])
        bar.advance(by=len(chunk))
    bar.close()
    found = whitening.fit(np.concatenate(vectors), options.whitening)
    with atomic_write(part.whitening_path) as file:
        np.savez(file, mean=found.mean, matrix=found.matrix)
    return found


def encode_file(embedder, source, output, options, display, worked=None):
    """Writes OUTPUT (.npy), OUTPUT.json, which tells of the model, and OUTPUT.ids, a JSON id per line where texts have ids.

    The caller holds the lock of `output`; `worked` as in `encode_source`. Returns the Survey.
    """
    output = Path(output)
    part, whiten, survey = encode_source(embedder, source, partial_folder(output), options, display, worked=worked)
    for beside in ("ids", "whitening.npz"):                             # of an earlier file of that name
        output.with_name(f"{output.name}.{beside}").unlink(missing_ok=True)
    ids = (id for id, _, _ in source.read())
    first = next(ids)
    if first is not None:
        with atomic_write(output.with_name(f"{output.name}.ids"), "w") as file:
            file.writelines(json.dumps(id, ensure_ascii=False) + "\n" for id in itertools.chain([first], ids))
    if whiten is not None:
        with atomic_write(output.with_name(f"{output.name}.whitening.npz")) as file:
            np.savez(file, mean=whiten.mean, matrix=whiten.matrix)
    about = {"model": embedder.about(), "texts": survey.count, "digest": survey.digest, **dataclasses.asdict(options)}
    with atomic_write(output.with_name(f"{output.name}.json"), "w") as file:
        file.write(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    os.replace(part.path, output)
    part.remove()
    return survey


def partial_folder(output):
    return output.with_name(f".{output.name}.encoding")
