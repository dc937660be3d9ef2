"""Shuffling lines of files larger than memory, exactly uniformly: shards that memory holds, then their merging.

    shuffle(["texts/*.txt.gz"], "shuffled.txt", memory=1 << 30, seed=7)         shuffle([…], "folder", split=100_000)
"""

import contextlib
import dataclasses
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from baselines.corpus.shuffling.inputs import LineReader, expand, refuse_among_inputs, size_of
from baselines.corpus.shuffling.merging import Windows, merge, window_size
from baselines.corpus.shuffling.orders import ORDERS
from baselines.corpus.shuffling.parts import Parts, part_names
from baselines.corpus.shuffling.shards import shard_size, write_shards
from baselines.errors import InputError, nearest
from baselines.storage.atomic_files import atomic_folder, atomic_path

MIN_MEMORY = 1 << 18
GZIP_FACTOR = 5
"""Bytes of text that a byte of a gzip file is taken for, before it is read."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """What was done.

    Attributes:
        completed: inputs whose last line was given a newline.
    """

    files: int
    lines: int
    bytes: int
    shards: int
    parts: int
    completed: int
    seconds: float


def shuffle(
    inputs: Sequence[str | Path],
    out: str | Path,
    memory: int = 1 << 28,
    seed: int = 0,
    split: int = 0,
    mode: str = "uniform",
    drop_empty: bool = False,
    gzipped: bool | None = None,
    temporary: str | Path | None = None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Summary:
    """Writes the lines of all inputs, as bytes, in a random order. The output is complete or not there.

    Args:
        inputs: paths and patterns of text files, .gz or not.
        out: a file; with `split` a folder of files, part-00000.txt and so on.
        memory: bytes for buffers. The same inputs, seed and memory give the same bytes.
        seed: of the order.
        split: lines of each file of the folder; 0: one file.
        mode: "uniform": every order of all lines is as likely as any other; "fast": see `orders.fast`.
        drop_empty: leave out lines of no byte but their end.
        gzipped: compress the output; None: where `out` ends in .gz.
        temporary: folder for as many bytes as the inputs have; None: that of `out`. Nothing is left there, however this ends.
        progress: called with "reading" or "writing", bytes, and bytes in total.

    Raises:
        InputError: for inputs that cannot be read, an output among them, numbers out of range, and a full disk.
    """
    started = time.monotonic()
    out, gzipped = Path(out), str(out).endswith(".gz") if gzipped is None else gzipped
    check_options(memory, seed, split, mode, out)
    files = expand(inputs)
    refuse_among_inputs(out, inputs, files)
    size, plain = size_of(files)
    of_shard = shard_size(memory, size if plain else GZIP_FACTOR * size)
    if plain:
        window_size(memory, -(-size // of_shard))                       # complain before a long pass
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(temporary or out.parent)
    require_space(temporary, out.parent, size, gzipped)
    random = np.random.default_rng(seed)
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(dir=temporary))               # has no name: it goes with the process
        lines = LineReader(files)
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
    return Summary(len(files), parts.lines, total, len(shards), parts.count, lines.completed, time.monotonic() - started)


def check_options(memory: int, seed: int, split: int, mode: str, out: Path) -> None:
    """Raises InputError for a number out of its range, an unknown mode, or an output that would lose what is there."""
    if mode not in ORDERS:
        raise InputError(f"--mode {mode!r} is unknown. {nearest(mode, ORDERS)}")
    if memory < MIN_MEMORY:
        raise InputError(f"--memory leaves {memory:,} bytes for buffers. They need {MIN_MEMORY:,} or more.")
    if split < 0 or seed < 0:
        name, value = ("split", split) if split < 0 else ("seed", seed)
        raise InputError(f"--{name} is {value}. Choose 0 or more.")
    if not split and out.is_dir():
        raise InputError(f"--out: {out} is a folder. To write parts into it, set their lines with --split N.")
    if split and out.exists():
        other = [out] if out.is_file() else [path for path in out.iterdir() if not path.match("part-[0-9]*.txt*")]
        if other:
            raise InputError(
                f"--out: {out} holds {other[0].name}, which is not part of a shuffled text. Choose another folder."
            )


def require_space(temporary: Path, folder: Path, size: int, gzipped: bool) -> None:
    """Raises InputError where a disk has less room than the inputs alone take."""
    if not temporary.is_dir():
        raise InputError(f"--temp: there is no folder {temporary}. Create it, or choose another.")
    needed = {temporary: size}
    if not gzipped:
        same = temporary.stat().st_dev == folder.stat().st_dev
        needed[temporary if same else folder] = 2 * size if same else size
    for place, room in needed.items():
        free = shutil.disk_usage(place).free
        if free < room:
            raise InputError(
                f"{place} has {free / 1e9:,.2f} GB of free space, but shards and output need {room / 1e9:,.2f} GB. "
                "Free some space, or choose another disk for one of them: --temp, --out."
            )
