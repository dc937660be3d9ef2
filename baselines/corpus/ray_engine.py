"""Shuffling and deduplication on the machines of a Ray cluster, for corpora that one machine's disk does not hold.

Files are read by ranges of bytes, a task each; every line knows its place. All machines must see inputs and output under the same
paths; see ray_cluster.py.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from baselines.corpus.record_files import RecordFiles, normalized, text_of
from baselines.corpus.shuffling.inputs import PART, LineReader, expand, refuse_among_inputs
from baselines.corpus.shuffling.spans import line_ends
from baselines.errors import InputError
from baselines.runtime.ray_cluster import load_ray
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.text_files import BOM, is_compressed

if TYPE_CHECKING:
    import ray.data

RANGE_SIZE = 1 << 26
"""Bytes of a file that one task reads; a gzipped file is read by one task as a whole."""
MAX_FILE_SIZE = 1 << 44
"""More bytes than a file has: the place of a line is file * MAX_FILE_SIZE + offset."""
BLOCK_SIZE = 1 << 24


def shuffle_on_ray(flags: Any) -> str:
    """`run.py shuffle --engine ray`: sorts lines by 64 random bits each. Returns the line to print.

    The bits come from the seed and a line's place, so that the output is the same for any number of machines.
    """
    started, out = time.monotonic(), new_folder(flags.out, "shuffle")
    if flags.mode != "uniform" or flags.gzip:
        raise InputError("--engine ray shuffles with --mode uniform and without --gzip. Remove the other flags.")
    if flags.split < 1:
        raise InputError(f"--engine ray writes parts, but --split is {flags.split}. Set --split to about the lines of a part.")
    files = expand(flags.inputs)
    refuse_among_inputs(out, flags.inputs, files)
    load_ray()
    rows = lines_of(files, draw_keys(flags.seed), flags.drop_empty).materialize()
    count = rows.count()
    parts = max(1, -(-count // flags.split))
    if count:
        rows = rows.repartition(parts).sort("key")
    written = write_parts(rows, out, "key", ".txt", b"")
    seconds = time.monotonic() - started
    return f"{out}: {count:,} lines of {len(files):,} files in {written:,} parts on Ray, {seconds:.1f} s"


def deduplicate_on_ray(flags: Any, files: RecordFiles, names: Sequence[str]) -> str:
    """`run.py data dedup --engine ray`: of records with the same text the first one stays. Returns the line to print."""
    started, out = time.monotonic(), new_folder(flags.out, "dedup")
    if files.kind == "csv":
        raise InputError("--engine ray cannot read .csv, whose cells may hold line ends. Convert it to .jsonl or .tsv.")
    header = next(iter(files), None) and files.header
    load_ray()
    rows = lines_of(files.paths, text_keys(files, names, flags.exact), skip_first=files.kind == "tsv").materialize()
    count = rows.count()
    if count:
        firsts = rows.select_columns(["key", "place"]).groupby("key").min("place").rename_columns({"min(place)": "place"})
        partitions = max(1, min(rows.num_blocks(), 200))
        rows = rows.join(firsts.select_columns(["place"]), "inner", partitions, on=("place",)).sort("place").materialize()
    kept = rows.count()
    written = write_parts(rows, out, "place", files.suffix(), header or b"")
    seconds = time.monotonic() - started
    return f"{out}: {kept:,} of {count:,} records, {count - kept:,} dropped, {written:,} parts on Ray, {seconds:.1f} s"


def new_folder(folder: str | Path, verb: str) -> Path:
    """A Path to write to. Raises InputError where something is there."""
    folder = Path(folder)
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise InputError(f"--out: {folder} exists. Choose a new folder for run.py {verb} on Ray.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder


def ranges(files: Sequence[Path]) -> list[dict]:
    """[{"path", "file", "start", "end"}]: what one task reads each; `end` -1 is a file's end."""
    found = []
    for number, path in enumerate(files):
        size = path.stat().st_size
        starts = [0] if is_compressed(path) else range(0, max(size, 1), RANGE_SIZE)
        found += [{"path": str(Path(path).resolve()), "file": number, "start": start,
                   "end": -1 if is_compressed(path) else min(start + RANGE_SIZE, size)} for start in starts]  # fmt: skip
    return found


def lines_of(files: Sequence[Path], keys: Callable, drop_empty: bool = False, skip_first: bool = False) -> "ray.data.Dataset":
    """A Ray Dataset of the lines of files: {"line": bytes with their end, "place": int64, "key": of keys(lines, places)}."""
    import ray.data

    def read(row):
        return rows_of_range(row, keys, drop_empty, skip_first)

    tasks = ranges(files)
    return ray.data.from_items(tasks, override_num_blocks=len(tasks)).flat_map(read)


def rows_of_range(task: dict, keys: Callable, drop_empty: bool = False, skip_first: bool = False) -> Iterator[dict]:
    """Yields the rows of the lines that begin within a range."""
    lines, places = [], []
    for number, (offset, line) in enumerate(lines_in_range(Path(task["path"]), task["start"], task["end"]), start=task["start"]):
        if not (drop_empty and line in (b"\n", b"\r\n") or skip_first and number == 0):
            lines.append(line)
            places.append(task["file"] * MAX_FILE_SIZE + offset)
    for line, place, key in zip(lines, places, keys(lines, places), strict=True):
        yield {"line": line, "place": place, "key": key}


def lines_in_range(path: Path, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yields (offset, bytes) of the lines of a file that begin in [start, end); `end` -1: of all."""
    if end == -1:
        source, offset, held = LineReader([path]), 0, b""
        buffer = np.empty(BLOCK_SIZE, np.uint8)
        while count := source.readinto(buffer):
            held += buffer[:count].tobytes()
            ends = line_ends(np.frombuffer(held, np.uint8), len(held))
            used = int(ends[-1]) if len(ends) else 0
            for line in held[:used].split(b"\n")[:-1]:
                yield offset, line + b"\n"
                offset += len(line) + 1
            held = held[used:]
        return
    with open(path, "rb") as file:
        file.seek(max(0, start - 1))
        offset = start if not start else start - 1 + len(file.readline())
        for line in iter(file.readline, b""):
            if offset >= end:
                return
            text = line if offset else line.removeprefix(BOM)
            if text:
                yield offset, text if text.endswith(b"\n") else text + b"\n"
            offset += len(line)


def draw_keys(seed: int) -> Callable:
    """keys of lines_of: 64 random bits for the place of each line, the same on every machine."""

    def keys(lines, places):
        name = seed.to_bytes(8, "little")
        digests = (hashlib.blake2b(place.to_bytes(8, "little"), digest_size=8, key=name).digest() for place in places)
        return [int.from_bytes(digest, "little", signed=True) for digest in digests]

    return keys


def text_keys(files: RecordFiles, names: Sequence[str], exact: bool) -> Callable:
    """keys of lines_of: a hash of each record's text."""
    kind, columns, paths, skip_bad = files.kind, files.columns, files.paths, files.skip_bad

    def keys(lines, places):
        own = RecordFiles(paths, skip_bad)
        own.kind, own.columns, own.required = kind, columns, tuple(names)
        hashes = []
        for line, place in zip(lines, places, strict=True):
            try:
                fields = own.fields(line, paths[place // MAX_FILE_SIZE])
            except ValueError as error:
                raise InputError(f"{paths[place // MAX_FILE_SIZE].name}, byte {place % MAX_FILE_SIZE}: {error}") from None
            text = text_of(fields, names) if fields else ""
            text = text if exact else normalized(text)
            hashes.append(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest())
        return hashes

    return keys


def write_parts(rows: "ray.data.Dataset", out: Path, order: str, suffix: str, header: bytes) -> int:
    """Writes the blocks of sorted rows, each by the task that holds it, to part-00000 and so on. Returns how many."""
    with atomic_folder(out) as building:
        folder = str(building.resolve())

        def write(batch):
            first = int(batch[order][0]) + (1 << 63)
            with open(Path(folder) / f"block-{first:020d}", "wb") as file:
                file.writelines(batch["line"])
            return {"lines": np.array([len(batch["line"])])}

        if rows.count():
            rows.map_batches(write, batch_size=None, batch_format="numpy").materialize()
        blocks = sorted(building.iterdir())
        for number, block in enumerate(blocks):
            part = building / f"{PART.format(number)}{suffix}"
            block.rename(part)
            if header:
                part.write_bytes(header + part.read_bytes())
        return len(blocks)
