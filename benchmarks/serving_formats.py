"""Time of one pass of a classifier: ours on TensorFlow, exported to ONNX in float32 and int8, transformers on torch (eager).

    python benchmarks/serving_formats.py --torch PYTHON_WITH_TRANSFORMERS [--model mini|base] [--rounds 4]

A BERT with random weights: mini is 4 layers x 256, base 12 layers x 768. Each contender is a process of its own with one thread.
They take turns within a round, so that noise of the machine hits all alike; the first round warms up. The table has CPU time, and
wall time as median and 99th percentile of all passes. Ratios are of CPU time, medians over rounds of the ratio within a round.
"start" is the CPU time from the start of the process to its first answer, imports included.
"""

import argparse
import contextlib
import datetime
import pathlib
import statistics
import sys
import tempfile

import numpy as np
from peers.driver import Contender
from rounds import log, machine, ratio, take_turns

SIZES = {
    "mini": {"vocab_size": 7077, "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024},
    "base": {"vocab_size": 21128, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
             "intermediate_size": 3072},
}  # fmt: skip
SHAPES = ((1, 32), (1, 128), (32, 32), (32, 128))
NAMES = {"ours": "ours, TensorFlow", "onnx": "ONNX, float32", "int8": "ONNX, int8", "torch": "transformers, eager"}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def passes(rows, length, model):
    """Passes per round: few of the slow ones."""
    return max(1, (40 if model == "mini" else 5) // (1 if rows == 1 else 8))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", required=True, help="Python with torch and transformers")
    parser.add_argument("--model", choices=SIZES, default="mini")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    flags = parser.parse_args()
    sizes = SIZES[flags.model]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        contender = lambda kind, python=sys.executable: Contender(  # noqa: E731
            kind, python, "format_worker.py", sizes, [kind, folder], flags.verbose, **ONE_THREAD
        )
        contender("write").close()
        megabytes = {name: (pathlib.Path(folder) / f"{name}.onnx").stat().st_size / 1e6 for name in ("model", "int8")}
        contenders = {}
        for kind in NAMES:
            contenders[kind] = contender(kind, flags.torch if kind == "torch" else sys.executable)
            stack.callback(contenders[kind].close)
            log(f"{NAMES[kind]}: ready")
        found = {}
        for rows, length in SHAPES:
            count = passes(rows, length, flags.model)
            found[rows, length] = take_turns(contenders, flags.rounds, lambda each: each.ask([rows, length, count]))  # noqa: B023
        report(flags, contenders, found, megabytes)


def report(flags, contenders, found, megabytes):
    sizes, versions = SIZES[flags.model], {}
    for each in contenders.values():
        versions |= each.ready["versions"]
    print(f"{sizes['num_hidden_layers']} layers x {sizes['hidden_size']}, one thread; float32 {megabytes['model']:.1f} MB, "
          f"int8 {megabytes['int8']:.1f} MB  ")  # fmt: skip
    print(f"{flags.rounds} rounds, {datetime.date.today()}; {machine()}  ")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print("\n| format | rows x tokens | CPU ms | x torch | x ONNX float32 | wall ms, median | 99% | peak MiB | start, CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (rows, length), results in found.items():
        cpu = {kind: [each["cpu_seconds"] / len(each["seconds"]) for each in rounds] for kind, rounds in results.items()}
        for kind, rounds in results.items():
            walls = [1e3 * second for each in rounds for second in each["seconds"]]
            print(
                f"| {NAMES[kind]} | {rows} x {length} | {1e3 * statistics.median(cpu[kind]):.1f} | "
                f"{ratio(cpu[kind], cpu['torch'])} | {ratio(cpu[kind], cpu['onnx'])} | "
                f"{statistics.median(walls):.1f} | {np.percentile(walls, 99):.1f} | "
                f"{max(each['peak_bytes'] for each in rounds) / 2**20:.0f} | {contenders[kind].ready['start_cpu_seconds']:.1f} |"
            )


if __name__ == "__main__":
    main()
