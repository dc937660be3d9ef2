"""CRF loss with few and with many labels: in pairs (layers/label_chain.log_partition) against token by token (…_of_many).

    python benchmarks/crf_labels.py                                    KERAS_BACKEND=jax python benchmarks/crf_labels.py
    python benchmarks/crf_labels.py --labels 21 49 65 435 --batch_size 16 --length 128

Seconds of CPU (user and system, all threads) of the loss with its gradient, compiled, and of the best path; both ways take turns,
and the median counts. Prints a Markdown table.
"""

import argparse
import os
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import ops  # noqa: E402

from baselines.cli.startup import start_backend  # noqa: E402
from baselines.task import Recipe  # noqa: E402

start_backend(Recipe())
from baselines.layers.crf import ConditionalRandomField  # noqa: E402
from baselines.layers.label_chain import log_partition, log_partition_of_many  # noqa: E402
from baselines.training import backends  # noqa: E402


def in_pairs(logits: Any, transitions: Any, mask: Any) -> Any:
    return log_partition(logits[:, 0], transitions + logits[:, 1:, None, :], mask)


def compiled(function: Callable) -> Callable:
    """A function of arrays, compiled as training steps are: TensorFlow's graph on CPUs, or JAX."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, autograph=False)


def gradient_of(partition: Callable, mask: np.ndarray) -> Callable:
    def loss(values):
        return ops.sum(partition(values[0], values[1], mask)), None

    return compiled(lambda *values: backends.current().value_and_gradients(loss, list(values))[1])


def cpu_seconds(call: Callable) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    for value in call():
        ops.convert_to_numpy(value)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[21, 65, 435])
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    print("| labels | in pairs, s | token by token, s | ratio | best path, s |\n|---|---|---|---|---|")
    for labels in flags.labels:
        rounds = measured(labels, flags)
        pairs, tokens, best = (statistics.median(times) for times in zip(*rounds, strict=True))
        print(f"| {labels} | {pairs:.3f} | {tokens:.3f} | {pairs / tokens:.1f} | {best:.3f} |", flush=True)


def measured(labels: int, flags: argparse.Namespace) -> list[list[float]]:
    """Per round the seconds of each way and of the best path."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(flags.batch_size, flags.length, labels)).astype("float32")
    transitions = random.normal(size=(labels, labels)).astype("float32")
    mask = np.ones(logits.shape[:2], bool)
    layer = ConditionalRandomField()
    layer(logits[:, :2], mask[:, :2])
    in_pairs_, by_token = (gradient_of(way, mask) for way in (in_pairs, log_partition_of_many))
    path = compiled(lambda logits: layer(logits, mask)["labels"])
    calls = [lambda: in_pairs_(logits, transitions), lambda: by_token(logits, transitions), lambda: [path(logits)]]
    for call in calls:
        cpu_seconds(call)
    return [[cpu_seconds(call) for call in calls] for _ in range(flags.rounds)]


if __name__ == "__main__":
    main()
