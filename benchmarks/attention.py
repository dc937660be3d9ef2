"""Milliseconds for one layer of attention, forward and backward: softmax, fused and linear, at growing lengths.

    KERAS_BACKEND=jax python benchmarks/attention.py [--tokens 2048] [--rounds 3]

Every step has as many tokens: rows get longer and fewer. Layers of BERT-base (768, 12 heads of 64) in float32, no dropout, no
padding, compiled; a step is `train_on_batch` on one layer. They take turns, one step each per round, after one that compiles.
Linear attention needs keys about four times as large for equal quality (Su, 2021, kexue.fm/archives/8610): `keys x 4` is
that layer. The feed-forward beside it shows how much of a block attention is. Prints a Markdown table: CPU time (all
threads), which other work on the machine disturbs less, and in the last columns the clock.
"""

import argparse
import datetime
import os
import pathlib
import platform
import statistics
import sys
import time
from importlib.metadata import version
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from rounds import machine, ratio, take_turns  # noqa: E402

from baselines.layers.feed_forward import FeedForward  # noqa: E402
from baselines.layers.linear_attention import MultiHeadLinearAttention  # noqa: E402
from baselines.layers.multi_head_attention import MultiHeadAttention  # noqa: E402

WIDTH, HEADS, SIZE = 768, 12, 64
LENGTHS = (128, 256, 512, 1024, 2048)
LAYERS = {
    "softmax": lambda: MultiHeadAttention(HEADS, SIZE, WIDTH, fused=False),
    "fused": lambda: MultiHeadAttention(HEADS, SIZE, WIDTH, fused=True),
    "linear": lambda: MultiHeadLinearAttention(HEADS, SIZE, WIDTH),
    "linear, keys x 4": lambda: MultiHeadLinearAttention(HEADS, SIZE, WIDTH, key_size=4 * SIZE),
    "feed-forward": lambda: FeedForward(4 * WIDTH, WIDTH),
}


def model_of(layer: Any, length: int) -> Any:
    inputs = keras.Input((length, WIDTH))
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(1e-6), loss="mse", jit_compile=True)
    return model


def measure(length: int, tokens: int, rounds: int) -> dict:
    """{layer: [(wall, CPU) seconds of a step]}."""
    x = np.random.default_rng(0).normal(size=(max(tokens // length, 1), length, WIDTH)).astype("float32")
    models = {name: model_of(make(), length) for name, make in LAYERS.items()}

    def play(model):
        wall, cpu = time.perf_counter(), time.process_time()
        model.train_on_batch(x, x)
        return time.perf_counter() - wall, time.process_time() - cpu

    return take_turns(models, rounds, play)


def row(length: int, seconds: Any, batch_size: int) -> str:
    wall, cpu = ({name: [step[clock] for step in steps] for name, steps in seconds.items()} for clock in (0, 1))
    cells = [str(length), str(batch_size), f"{1000 * statistics.median(cpu['softmax']):.0f}"]
    for name in list(LAYERS)[1:]:
        cells.append(ratio(cpu[name], cpu["softmax"]))
    cells += [ratio(wall["linear"], wall["softmax"]), ratio(wall["linear, keys x 4"], wall["softmax"])]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=2048, help="per step")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    backend = keras.backend.backend()
    print(f"{arguments.tokens} tokens per step, {arguments.rounds} rounds, {datetime.date.today()}; {machine()}")
    print(f"keras {keras.__version__}, {backend} {version(backend)}, Python {platform.python_version()}\n")
    header = ["length", "rows", "softmax, CPU ms", *(f"{name} x softmax" for name in list(LAYERS)[1:])]
    header += ["linear x softmax, clock", "keys x 4 x softmax, clock"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for length in LENGTHS:
        seconds = measure(length, arguments.tokens, arguments.rounds)
        print(row(length, seconds, max(arguments.tokens // length, 1)), flush=True)


if __name__ == "__main__":
    main()
