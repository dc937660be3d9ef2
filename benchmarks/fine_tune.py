"""A whole fine-tuning run from the command to its end: `run.py train` on TensorFlow and JAX, and transformers' Trainer.

    python benchmarks/fine_tune.py --data TASK TRAIN DEV LENGTH [--data …] --peer_python PYTHON [--checkpoints PATH LAYERSxSIZE …]

--data names a task of one label per example, such as clue/tnews, its files, and the longest row; a second one adds a table. A
checkpoint is a folder, or LAYERSxSIZE of random weights with the vocabulary of checkpoints/mini. Each run is a process of its
own; contenders take turns, so that noise of the machine hits all alike. All get the same rows, checkpoint, epochs, batch size,
seed (another one each round), and learning rate; ours sorts rows by length within groups of batches, transformers pads to the
longest row of a batch. Both score dev and save the state after each epoch. Caches begin empty and stay for later rounds, so that
--rounds 2 also shows a second run. Seconds are wall time (CPU time, all threads): start, before the first update; the first step,
with tracing and compiling; other steps; scoring; end. Prints Markdown tables; medians over rounds. Where other work shares the
machine, pin all to a core (`taskset -c 0`, with --peer_threads 1) and compare CPU times: ratios are those of CPU time.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from encode import write_checkpoint
from peers.driver import PEERS, QUIET
from rounds import log, machine

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PHASES = ("start", "first step", "steps", "scoring", "end")
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX"}


class Data:
    """The files of a task, and, in `folder`, the same examples in a form that is nobody's own: {"texts", "label"} a line."""

    def __init__(self, name: str, train: Any, dev: Any, max_length: int, folder: pathlib.Path):
        from baselines.plugins import task_catalog

        self.name, task = task_catalog.find(name)
        self.files, self.max_length, self.labels = {"train": train, "dev": dev}, int(max_length), task.labels
        if not task.labels:
            sys.exit(f"{name} has no fixed labels. Choose a task of one label per example, such as clue/tnews.")
        self.plain, self.counts = {}, {}
        for split, path in self.files.items():
            examples = [example for example in task.read(path) if example.gold is not None]
            lines = [json.dumps({"texts": example.texts, "label": str(example.gold)}) + "\n" for example in examples]
            self.plain[split], self.counts[split] = str(pathlib.Path(folder, f"{split}.jsonl")), len(lines)
            pathlib.Path(self.plain[split]).write_text("".join(lines))


def ours(arguments: argparse.Namespace, data: Any, checkpoint: Any, backend: str, precision: str, run: Any, caches: Any) -> tuple:
    """(words after `run.py`, environment) of a run of ours."""
    words = ["train", data.name, "--output", str(run), "--cache", str(caches / "rows"), "--init", str(checkpoint), "--quiet"]
    values = {**data.files, "max_length": data.max_length, "precision": precision} | shared(arguments)
    words += [word for name, value in values.items() for word in (f"--{name}", str(value))]
    return [*words, *arguments.flags], {"KERAS_BACKEND": backend, "XDG_CACHE_HOME": str(caches)}


def shared(arguments: argparse.Namespace) -> dict:
    """What all contenders are told alike."""
    names = ("epochs", "batch_size", "eval_batch_size", "learning_rate", "warmup", "seed")
    return {name: getattr(arguments, name) for name in names}


def timed(command: list, file: Any, environment: dict, verbose: bool) -> dict:
    """{"wall", "cpu": {phase: seconds}, "peak": bytes, …} of a process that writes `file` as phases.py does."""
    started = time.monotonic()
    command = [command[0], str(PEERS / command[1]), str(started), str(file), *command[2:]]
    pipes = {} if verbose else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, env={**os.environ, **QUIET, **environment}, text=True, **pipes)
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    total = {"wall": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime}
    if status:
        sys.exit(f"{said}\n{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    found = json.loads(file.read_text())
    for clock, seconds in total.items():
        found[clock]["end"] = seconds - sum(found[clock].values())
    return found | {"peak": 1024 * usage.ru_maxrss}


def play(arguments: argparse.Namespace, data: Any, checkpoint: Any, contender: Any, folder: pathlib.Path) -> dict:
    """A run of a contender (kind, precision)."""
    kind, precision = contender
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        file, run = pathlib.Path(scratch, "phases.json"), pathlib.Path(scratch, "run")
        if kind in BACKENDS:
            caches = pathlib.Path(folder, "caches", kind, precision, data.name, pathlib.Path(checkpoint).name)
            words, environment = ours(arguments, data, checkpoint, kind, precision, run, caches)
            found = timed([sys.executable, "fine_tune_ours.py", *words], file, environment, arguments.verbose)
            return found | {"score": json.loads((run / "summary.json").read_text())["score"]}
        settings = {**data.plain, **shared(arguments), "max_length": data.max_length, "labels": list(data.labels.names)}
        settings |= {"precision": precision, "checkpoint": str(checkpoint), "output": str(run), "threads": arguments.peer_threads}
        command = [arguments.peer_python, "fine_tune_transformers.py", json.dumps(settings)]
        return timed(command, file, {"HF_HUB_OFFLINE": "1"}, arguments.verbose)


def contenders(arguments: argparse.Namespace) -> dict:
    """{name: (kind, precision)}."""
    found = {f"ours, {BACKENDS[kind]}, {p}": (kind, p) for kind in arguments.backends for p in arguments.precisions}
    if arguments.peer_python:
        found |= {f"transformers, {p}": ("transformers", p) for p in arguments.peer_precisions}
    return found


def report(answers: dict) -> None:
    """Prints the table of {name: [answer per round]}."""
    totals = {name: statistics.median(sum(answer["cpu"].values()) for answer in own) for name, own in answers.items()}
    peers = {name.split(", ")[-1]: total for name, total in totals.items() if name.startswith("transformers")}
    header = ["trained by", "whole run", "x transformers, same precision", "x its best", *PHASES, "peak GiB", "scores"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for name, own in answers.items():
        same, best = peers.get(name.split(", ")[-1]), min(peers.values(), default=None)
        cells = [name, both(own, PHASES), *(f"{totals[name] / peer:.2f}" if peer else "" for peer in (same, best))]
        cells += [both(own, [phase]) for phase in PHASES]
        scores = " ".join(f"{answer['score']:.4f}" for answer in own)
        cells += [f"{max(answer['peak'] for answer in own) / 2**30:.2f}", scores]
        print(f"| {' | '.join(cells)} |", flush=True)


def both(answers: dict, phases: Any) -> str:
    """Seconds of wall time (of CPU time) in some phases, medians."""
    wall, cpu = (statistics.median(sum(answer[clock].get(p, 0) for p in phases) for answer in answers) for clock in ("wall", "cpu"))
    return f"{wall:.1f} ({cpu:.1f})"


def versions(answers: dict) -> str:
    found = {}
    for name in ("keras", "tensorflow", "tensorflow-cpu", "jax"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    for own in answers.values():
        found |= own[0].get("versions", {})
    return ", ".join(f"{name} {number}" for name, number in found.items()) + f", Python {platform.python_version()}"


def measure(arguments: argparse.Namespace, data: Any, checkpoint: Any, folder: pathlib.Path) -> None:
    rows = f"{data.counts['train']:,} rows to train on, {data.counts['dev']:,} to score, at most {data.max_length} tokens"
    print(f"\n{data.name}: {rows}; {checkpoint.name}, {arguments.epochs} epochs, batch size {arguments.batch_size}; "
          f"{arguments.rounds} rounds, {datetime.date.today()}; {machine()}")  # fmt: skip
    answers = {name: [] for name in contenders(arguments)}
    for number in range(arguments.rounds):
        for name, contender in contenders(arguments).items():
            own = argparse.Namespace(**vars(arguments) | {"seed": arguments.seed + number})
            answers[name].append(play(own, data, checkpoint, contender, folder))
            phases = ", ".join(f"{phase} {both(answers[name][-1:], [phase])}" for phase in PHASES)
            log(f"round {number + 1}: {name}: {both(answers[name][-1:], PHASES)} s: {phases}; {answers[name][-1]['score']:.4f}")
    print(f"{versions(answers)}\n")
    report(answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs=4, action="append", required=True, metavar=("TASK", "TRAIN", "DEV", "LENGTH"))
    parser.add_argument("--checkpoints", nargs="+", default=[str(ROOT / "checkpoints" / "mini")], help="folders, or LAYERSxSIZE")
    parser.add_argument("--peer_python", metavar="PYTHON", help="a Python of requirements-parity.txt")
    parser.add_argument("--backends", nargs="*", choices=[*BACKENDS], default=[*BACKENDS], help="of ours (default: both)")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bf16"], help="of ours (default: float32 bf16)")
    parser.add_argument("--peer_precisions", nargs="+", default=["float32", "bf16"], choices=["float32", "bf16"])
    parser.add_argument("--peer_threads", type=int, default=0, help="of torch, if not its own number")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--eval_batch_size", type=int, default=64)
    parser.add_argument("--learning_rate", type=float, default=5e-5)
    parser.add_argument("--warmup", type=float, default=0.1, help="share of the updates")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=[], help="further flags of `run.py train`, last of all")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for checkpoint in arguments.checkpoints:
            path = pathlib.Path(checkpoint).absolute()
            if not path.is_dir():
                path = pathlib.Path(folder, checkpoint)
                write_checkpoint(path, *map(int, checkpoint.split("x")))
            for values in arguments.data:
                measure(arguments, Data(*values, folder), path, folder)


if __name__ == "__main__":
    main()
