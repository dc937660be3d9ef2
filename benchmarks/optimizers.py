"""State and step time of every optimizer on one model: bytes per parameter, milliseconds per update.

    KERAS_BACKEND=tensorflow python benchmarks/optimizers.py [--accumulate 4]

The model has the configuration of checkpoints/mini; a step is forward, backward, clipping and the update, from NumPy arrays to the
loss as a float. The optimizers take turns, some steps each per round, so that noise of the machine hits all alike; one round, which
compiles, is left out. Prints a Markdown table of medians over rounds, and ratios to the first optimizer within a round.
"""

import argparse
import json
import math
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

from rounds import machine, ratio, seconds, take_turns

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


class Contender:
    """A model of its own with an optimizer."""

    def __init__(self, name: str, config: Any, arguments: argparse.Namespace):
        import keras

        from baselines.cli.startup import start_backend
        from baselines.heads.classification import ClassificationHead
        from baselines.losses.cross_entropy import cross_entropy
        from baselines.models.builder import build_transformer_model
        from baselines.task import Recipe
        from baselines.training import optimizers, schedule

        recipe = Recipe(optimizer=name, learning_rate=1e-5, schedule="constant")
        start_backend(recipe)                       # as run.py does, for it sets what happens to freed memory
        from baselines.training import steps as training
        keras.utils.set_random_seed(0)
        model = ClassificationHead(15)(build_transformer_model(config))
        optimizer = optimizers.build_optimizer(recipe, schedule.build_schedule(recipe, 10**6), model.trainable_variables)
        self.steps = training.Steps(model, cross_entropy, optimizer, jit=not arguments.no_jit, clip_norm=1.0)
        self.parameters = sum(math.prod(weight.shape) for weight in model.trainable_variables)
        self.state_bytes = sum(slot.numpy().nbytes for slot in optimizer.variables)
        self.buffer_bytes = 0 if optimizers.optimizer_class(name).accumulates or arguments.accumulate == 1 else 4 * self.parameters

    def update(self, batches: Any) -> None:
        from baselines.training.steps import to_float

        to_float(self.steps.train(batches)["loss"])


def batch_of(arguments: argparse.Namespace, config: Any, seed: int) -> dict:
    import numpy as np

    rng = np.random.default_rng(seed)
    token_ids = rng.integers(1, config["vocab_size"], (arguments.batch_size, arguments.length)).astype("int32")
    features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
    targets = rng.integers(0, 15, arguments.batch_size).astype("int32")
    return {"features": features, "targets": targets, "weights": np.ones(arguments.batch_size, "float32")}


def report(arguments: argparse.Namespace, contenders: Any, rounds: int) -> None:
    import keras

    first = next(iter(contenders))
    print(
        f"{contenders[first].parameters / 1e6:.1f} M parameters, {arguments.accumulate} x {arguments.batch_size} x "
        f"{arguments.length} tokens, {arguments.rounds} rounds of {arguments.steps} updates; Keras {keras.__version__} on "
        f"{keras.backend.backend()}, Python {platform.python_version()}, {machine()}\n"
    )
    header = ["optimizer", "state, bytes per parameter", "with accumulated gradients", "ms per update, median (min)"]
    header.append(f"x {first}")
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for name, times in rounds.items():
        each = contenders[name]
        state, buffer = each.state_bytes / each.parameters, each.buffer_bytes / each.parameters
        time = f"{1000 * statistics.median(times):.1f} ({1000 * min(times):.1f})"
        print(f"| {name} | {state:.2f} | {state + buffer:.2f} | {time} | {ratio(times, rounds[first])} |")


def main() -> None:
    from baselines.training import optimizers

    known = ["adamw", *(name for name in optimizers.names() if name != "adamw")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--optimizers", nargs="+", choices=known, default=known, metavar="NAME", help="default: all")
    for name, default in {"batch_size": 32, "length": 64, "accumulate": 1, "rounds": 10, "steps": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    parser.add_argument("--layers", type=int, help="other than those of the configuration")
    parser.add_argument("--no_jit", action="store_true", help="TensorFlow without XLA")
    arguments = parser.parse_args()
    config = json.loads((ROOT / "checkpoints" / "mini" / "config.json").read_text(encoding="utf-8"))
    config["num_hidden_layers"] = arguments.layers or config["num_hidden_layers"]
    batches = [batch_of(arguments, config, seed) for seed in range(arguments.accumulate)]
    contenders = {name: Contender(name, config, arguments) for name in arguments.optimizers}
    rounds = take_turns(
        contenders, arguments.rounds, lambda contender: seconds(lambda: contender.update(batches), arguments.steps)
    )
    report(arguments, contenders, rounds)


if __name__ == "__main__":
    main()
