"""Examples per second from a file to batches, in one process, against what one GPU takes in while it fine-tunes BERT-base.

    python benchmarks/input_pipeline.py [--task clue/tnews] [--data FILE] [--vocabulary FOLDER]

Stages, each by the code that `run.py train` runs: read the file into checked examples, encode them, collate an epoch of
batches in its shuffled order. Encoding starts with nothing remembered. Later epochs, and later runs with --cache, only
collate. Without --data the task's embedded training file is written out again and again. Prints a Markdown table.

What a GPU takes in is assumed, not measured: a step costs 2 FLOPs per parameter and token forward and twice that backward,
so 2 x 3 x 110e6 x 128 = 84 GFLOPs per example of 128 tokens, at the sustained rates of --tflops. 125 and 250 are 40 % and
80 % of the bf16 peak of an A100 (312 TFLOP/s). 24 M of those parameters are embeddings, which cost next to nothing: the
same rate makes up to 1.3 times as many examples.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from baselines.data.batching import Batches  # noqa: E402
from baselines.data.encoding import encode_examples  # noqa: E402
from baselines.data.examples import read_examples  # noqa: E402
from baselines.plugins import task_catalog  # noqa: E402
from baselines.tokenizers.tokenizer import Tokenizer  # noqa: E402

LENGTH = 128
FLOPS = 2 * 3 * 110e6 * LENGTH                                         # of one example
STAGES = ("read", "encode", "collate")


@contextlib.contextmanager
def data_file(name: str, task: Any, data: Any, examples: Any) -> Iterator:
    """`data`, or for its duration a file that repeats the task's embedded training rows until there are `examples`."""
    if data:
        yield pathlib.Path(data)
        return
    embedded = ROOT / "datasets" / "mini" / name / task.files["train"]
    lines = embedded.read_text(encoding="utf-8").splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, embedded.name)
        path.write_text("".join(lines * -(-examples // len(lines))), encoding="utf-8")
        yield path


def run(task: Any, path: Any, vocabulary: Any, batch_size: int) -> tuple:
    """(examples, rows, mean length of the batches, {stage: (wall, CPU) seconds}) of the file, once through."""
    seconds, tokenizer = {}, Tokenizer.from_folder(vocabulary)

    @contextlib.contextmanager
    def timed(stage):
        start, cpu = time.perf_counter(), time.process_time()
        yield
        seconds[stage] = time.perf_counter() - start, time.process_time() - cpu

    with timed("read"):
        examples, _ = read_examples(task.read, path, "train", task.labels)
    with timed("encode"):
        rows = encode_examples(examples, task.encode, tokenizer, LENGTH)
    batches = Batches(rows, batch_size, LENGTH, task.head.batch_targets, tokenizer.vocabulary.pad_id)
    with timed("collate"):
        shapes = [batch["features"]["token_ids"].shape for (batch,) in batches.updates(seed=0, epoch=0)]
    width = sum(length for _, length in shapes) / len(shapes)
    return examples, rows, width, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="clue/tnews", help="whose reader, encoding and batches (default: %(default)s)")
    parser.add_argument("--data", help="a training file of the task (default: the embedded one, repeated)")
    parser.add_argument("--examples", type=int, default=30000, help="without --data, at least (default: %(default)s)")
    parser.add_argument("--vocabulary", default=ROOT / "checkpoints" / "mini", help="folder (default: checkpoints/mini)")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--tflops", type=float, nargs="+", default=[125.0, 250.0], help="sustained (default: 125 250)")
    parser.add_argument("--repeats", type=int, default=5, help="the median of N runs (default: %(default)s)")
    arguments = parser.parse_args()
    name, task = task_catalog.find(arguments.task)
    with data_file(name, task, arguments.data, arguments.examples) as path:
        runs = [run(task, path, arguments.vocabulary, arguments.batch_size) for _ in range(arguments.repeats)]
    examples, rows, width, _ = runs[0]
    wall, cpu = ({s: statistics.median(found[3][s][clock] for found in runs) for s in STAGES} for clock in (0, 1))
    for seconds in (wall, cpu):
        seconds["file to batches, first epoch"] = sum(seconds[stage] for stage in STAGES)
    cores = f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, {platform.system()}"
    print(f"{name}: {len(examples)} examples, {len(rows)} rows of {rows.lengths.mean():.1f} tokens, padded to {width:.1f}")
    print(f"batches of {arguments.batch_size}, median of {arguments.repeats} runs, {datetime.date.today()}; {cores}")
    print(f"Python {platform.python_version()}, NumPy {version('numpy')}, tokenizers {version('tokenizers')}\n")
    rates = [1e12 * tflops / FLOPS for tflops in arguments.tflops]
    needs = [f"x GPU at {tflops:g} TFLOP/s ({rate:,.0f}/s)" for tflops, rate in zip(arguments.tflops, rates, strict=True)]
    header = ["stage", "seconds", "examples/s", *needs, "examples per CPU second"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for stage, seconds in wall.items():
        rate = len(examples) / seconds
        cells = [stage, f"{seconds:.2f}", f"{rate:,.0f}", *(f"{rate / need:.1f}" for need in rates)]
        print(f"| {' | '.join(cells)} | {len(examples) / cpu[stage]:,.0f} |")
    shorter = " to ".join(f"{rate * LENGTH / width:,.0f}" for rate in rates)
    print(f"\nOf rows padded to {width:.1f} tokens, as these are, the GPU takes {shorter} examples/s.")


if __name__ == "__main__":
    main()
