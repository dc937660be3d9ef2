"""Put the lines of text files of any size in a random order, with little memory.

run.py shuffle texts/*.txt.gz --out shuffled.txt --memory 1GB --seed 7              --out FOLDER --split 100000
"""

import dataclasses
import re

import tyro

from baselines.cli.argument_parser import parse
from baselines.corpus.shuffling.shuffle import shuffle
from baselines.errors import InputError
from baselines.runtime.progress import Display, StageProgress
from baselines.runtime.ray_cluster import check_engine

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
BASE_MEMORY = 72 * 10**6
"""Bytes of the interpreter, its libraries and small arrays, with a reserve; a constant, because the output depends on it."""
MIN_BUFFERS = 4 * 10**6


@dataclasses.dataclass(frozen=True)
class Flags:
    """Shuffle the lines of files."""

    inputs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Text files, .gz or not, or quoted patterns of them."""
    out: str = tyro.MISSING
    """File to write, .gz or not; with --split a folder."""
    memory: str = "1GB"
    """Memory limit of the whole command: 200MB, 1GB, 1GiB, …"""
    seed: int = 0
    """Seed of the order; the same inputs, seed and memory give the same bytes."""
    split: int = 0
    """Write a folder of files with this many lines each: part-00000.txt, part-00001.txt, …; 0: one file."""
    mode: str = "uniform"
    """uniform: every order is equally likely; fast: take a line of every shard in turn."""
    drop_empty: bool = False
    """Leave out empty lines."""
    gzip: bool = False
    """Compress the output even if its name does not end in .gz."""
    temp: str | None = None
    """Folder for temporary files as large as the text. Default: that of --out."""
    engine: str = "local"
    """local, or ray: on the machines of a Ray cluster."""
    quiet: bool = False
    """Print the result only."""


def main(argv: list[str]) -> int:
    flags = parse(Flags, argv, "run.py shuffle")
    if not flags.inputs:
        raise InputError("shuffle: no input files. Name text files, or quoted patterns of them.")
    with Display(flags.quiet) as display:
        if check_engine(flags.engine) == "ray":
            from baselines.corpus.ray_engine import shuffle_on_ray

            summary = shuffle_on_ray(flags)
        else:
            summary = shuffle_here(flags, display)
        display.result(summary)
    return 0


def shuffle_here(flags: Flags, display: Display) -> str:
    """Shuffles on this machine. Returns the line to print."""
    with StageProgress(display) as progress:
        report = shuffle(
            flags.inputs, flags.out, for_buffers(flags.memory), flags.seed, flags.split, flags.mode, flags.drop_empty,
            True if flags.gzip else None, flags.temp,
            lambda stage, done, total: progress(f"{stage}, MB", done // 10**6, total // 10**6),
        )  # fmt: skip
    rate = report.bytes / 1e6 / max(report.seconds, 1e-3)
    if report.completed:
        display.note(f"added the missing newline at the end of {report.completed:,} files")
    return (f"{flags.out}: {report.lines:,} lines of {report.files:,} files, {report.bytes:,} bytes, {report.shards:,} shards, "
            f"{report.parts:,} parts, {report.seconds:.1f} s ({rate:.0f} MB/s)")  # fmt: skip


def for_buffers(text: str) -> int:
    """The bytes that a limit such as "1GB" leaves for buffers. Raises InputError if they are too few."""
    left = size_of(text) - BASE_MEMORY
    if left < MIN_BUFFERS:
        least = (BASE_MEMORY + MIN_BUFFERS) // 10**6
        raise InputError(f"--memory {text} is too little: the interpreter takes most of {least}MB. Choose that or more.")
    return left


def size_of(text: str) -> int:
    """Bytes of "200MB", "1.5GiB" or "4096"."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]*)?)\s*([kmgt]i?)?b?", text.strip().lower())
    if not match:
        raise InputError(f"--memory {text!r} is not a size. Write it as 500MB or 1GB.")
    return int(float(match[1]) * UNITS[match[2] or ""])
