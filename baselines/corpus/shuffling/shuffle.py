"""Shuffling lines of files larger than memory, exactly uniformly: shards that memory holds, then their merging.

    shuffle(["texts/*.txt.gz"], "shuffled.txt", memory=1 << 30, seed=7)         shuffle([…], "folder", split=100_000)
"""

import contextlib
import dataclasses
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from baselines.corpus.shuffling.inputs import Lines, expand, refuse_among_inputs, size_of
from baselines.corpus.shuffling.merging import Windows, merge, window_size
from baselines.corpus.shuffling.orders import ORDERS
from baselines.corpus.shuffling.parts import Parts, part_names
from baselines.corpus.shuffling.shards import shard_size, write_shards
from baselines.errors import InputError, nearest
from baselines.storage.atomic_files import atomic_folder, atomic_path

LEAST_MEMORY = 1 << 18
GZIPPED = 5
"""Bytes of text that a byte of a gzip file is taken for, before it is read."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What was done; `mended`: inputs whose last line was given a newline."""

    files: int
    lines: int
    bytes: int
    shards: int
    parts: int
    mended: int
    seconds: float


def shuffle(
    inputs, out, memory=1 << 28, seed=0, split=0, mode="uniform", drop_empty=False, gzipped=None, temporary=None,
    progress=lambda stage, done, total: None,
):  # fmt: skip
    """Writes the lines of all inputs, as bytes, in a random order. Returns a Summary.

    inputs      paths and patterns of text files, .gz or not
    out         a file; with `split` a folder of files of so many lines each, part-00000.txt and so on
    memory      bytes for buffers. The same inputs, seed and memory give the same bytes
    mode        uniform: every order of all lines is as likely as any other; fast: see `orders.fast`
    drop_empty  leave out lines of no byte but their end
    gzipped     compress the output; None: where `out` ends in .gz
    temporary   folder for as many bytes as the inputs have; None: that of `out`. Nothing is left there, however this ends
    progress    called with ("reading" or "writing", bytes, of how many)

    The output is complete or not there. Raises InputError for inputs, places and numbers that are unfit.
    """
    started = time.monotonic()
    out, gzipped = Path(out), str(out).endswith(".gz") if gzipped is None else gzipped
    check(memory, seed, split, mode, out)
    files = expand(inputs)
    refuse_among_inputs(out, inputs, files)
    size, plain = size_of(files)
    of_shard = shard_size(memory, size if plain else GZIPPED * size)
    if plain:
        window_size(memory, -(-size // of_shard))                       # complain before a long pass
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(temporary or out.parent)
    require_space(temporary, out.parent, size, gzipped)
    random = np.random.default_rng(seed)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(dir=temporary))               # has no name: it goes with the process
        lines = Lines(files)
        stack.callback(lines.close)
        shards = write_shards(lines, file, of_shard, random, drop_empty, lambda read: progress("reading", read, size))
        file.flush()
        total = shards[-1].end if shards else 0
        windows = Windows(file, shards, window_size(memory, len(shards)))
        building = stack.enter_context(atomic_folder(out) if split else atomic_path(out))
        suffix = ".txt.gz" if gzipped else ".txt"
        parts = Parts(part_names(building, suffix) if split else lambda number: building, split, gzipped)
        stack.callback(parts.close)

        def write(block, ends):
            parts.write(block, ends)
            progress("writing", parts.bytes, total)

        merge(windows, ORDERS[mode]([shard.count for shard in shards], random), write)
        parts.close()
        if not split and not parts.count:
            building.touch()
    return Summary(len(files), parts.lines, total, len(shards), parts.count, lines.mended, time.monotonic() - started)


def check(memory, seed, split, mode, out):
    """Raises InputError for a number out of its range, an unknown mode, or an output that would lose what is there."""
    if mode not in ORDERS:
        raise InputError(f"--mode: expected one of {', '.join(ORDERS)}. Received: {mode!r}. {nearest(mode, ORDERS)}")
    if memory < LEAST_MEMORY:
        raise InputError(f"--memory: expected at least {LEAST_MEMORY:,} bytes for buffers. Received: {memory:,}. Give more.")
    if split < 0 or seed < 0:
        name, value = ("split", split) if split < 0 else ("seed", seed)
        raise InputError(f"--{name}: expected a number, at least 0. Received: {value}.")
    if not split and out.is_dir():
        raise InputError(f"--out: expected a file. Received: {out}, a folder. Say how many lines a part of it has: --split N.")
    if split and out.exists():
        other = [out] if out.is_file() else [path for path in out.iterdir() if not path.match("part-[0-9]*.txt*")]
        if other:
            raise InputError(
                f"--out: expected a new folder, or one of parts to replace. Received: {out}, with {other[0].name}. Name another."
            )


def require_space(temporary, folder, size, gzipped):
    """Raises InputError where a disk has less room than the inputs alone take."""
    if not temporary.is_dir():
        raise InputError(f"--temp: expected a folder. Received: {temporary}, which is none.")
    needed = {temporary: size}
    if not gzipped:
        same = temporary.stat().st_dev == folder.stat().st_dev
        needed[temporary if same else folder] = 2 * size if same else size
    for place, room in needed.items():
        free = shutil.disk_usage(place).free
        if free < room:
            raise InputError(
                f"{place}: expected {room / 1e9:,.2f} GB of free space, for shards and output. Received: {free / 1e9:,.2f} GB. "
                "Make room, or name another disk for one of them: --temp, --out."
            )
