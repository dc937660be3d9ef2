"""Shuffling lines: run.py shuffle with little memory, GNU shuf and sort -R, and a plain copy, in turns on one file.

python benchmarks/shuffle.py --folder /tmp --text corpus.txt --memory 128MB --times 8 --rounds 3
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
from typing import Any

from rounds import machine, ratio, take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
"""A process of its own for each command: what its children used is what that command used."""
sys.path.insert(0, str(ROOT))


def run(command: list, output: Any) -> tuple:
    """(wall seconds, CPU seconds, peak MB) of a command whose output is on the disk when it is done."""
    started = time.perf_counter()
    found = subprocess.run([sys.executable, "-c", MEASURED, *command], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    with open(output, "rb") as file:
        os.fsync(file.fileno())
    if found[0] != "0":
        raise SystemExit(f"{command[0]} failed")
    return time.perf_counter() - started, float(found[1]), float(found[2])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", default=".", help="where files are made, on the disk to measure")
    arguments.add_argument("--text", required=True, help="text to repeat until the file is large enough")
    arguments.add_argument("--memory", default="128MB")
    arguments.add_argument("--times", type=int, default=8, help="size of the file, in --memory")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()

    from baselines.cli.shuffle import size_of

    folder = pathlib.Path(options.folder)
    source, output = folder / "bench-shuffle.in", folder / "bench-shuffle.out"
    wanted, text = options.times * size_of(options.memory), pathlib.Path(options.text).read_bytes()
    with open(source, "wb") as file:
        for _ in range(-(-wanted // len(text))):
            file.write(text)
    size = source.stat().st_size
    ours = [sys.executable, str(ROOT / "run.py"), "shuffle", str(source), "--out", str(output), "--quiet"]
    ours += ["--memory", options.memory]
    contenders = {
        f"run.py shuffle --memory {options.memory}": ours,
        "the same, --mode fast": [*ours, "--mode", "fast"],
        "cp": ["cp", str(source), str(output)],
    }
    if shutil.which("shuf"):
        contenders["shuf (in memory)"] = ["shuf", str(source), "-o", str(output)]
        contenders[f"sort -R -S {options.memory}"] = ["sort", "-R", "-S", options.memory[:-1], str(source), "-o", str(output)]
    try:
        found = take_turns(contenders, options.rounds, lambda command: run(command, output))
    finally:
        source.unlink(missing_ok=True)
        output.unlink(missing_ok=True)
    copied = [each[0] for each in found["cp"]]
    print(f"{size / 1e6:,.0f} MB, {text.count(10) * size // len(text):,} lines; {options.rounds} rounds; {machine()}\n")
    print("| | MB/s, median | x the time of cp | CPU s, median | peak MB |\n|---|---|---|---|---|")
    for name, each in found.items():
        wall, cpu, peak = (statistics.median(values) for values in zip(*each, strict=True))
        print(f"| {name} | {size / 1e6 / wall:.0f} | {ratio([one[0] for one in each], copied)} | {cpu:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
