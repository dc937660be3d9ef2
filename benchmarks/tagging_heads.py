"""GlobalPointer against CRF and the other heads that find entities: time of an update and of a prediction, on one encoder.

    python benchmarks/tagging_heads.py                                 KERAS_BACKEND=jax python benchmarks/tagging_heads.py

The model has the configuration of checkpoints/mini and CLUENER's ten categories; texts are random, with two entities each. A
prediction is the compiled step and the head's `compact`, as in `run.py predict`. The heads take turns, some steps each per round;
ratios are medians over rounds of the time within a round, to the first head. Prints a Markdown table.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from rounds import machine, ratio, seconds, take_turns  # noqa: E402

from baselines.cli.startup import start_backend  # noqa: E402
from baselines.heads.entity_heads import NAMES, entity_head  # noqa: E402
from baselines.models.builder import build_transformer_model  # noqa: E402
from baselines.task import Recipe  # noqa: E402
from baselines.training import optimizers  # noqa: E402

start_backend(Recipe())                                                # as run.py does, for it sets what happens to freed memory
from baselines.training import steps as training  # noqa: E402

CATEGORIES = 10
CELLS = np.array([[0, 3, 5], [7, 8, 8]], np.int32)
"""(category, first, last token) of the entities of every text."""


class Contender:
    """A model with one of the heads."""

    def __init__(self, name: str, arguments: argparse.Namespace, config: Any, features: dict):
        keras.utils.set_random_seed(0)
        self.head, recipe = entity_head(name, CATEGORIES), Recipe()
        model = self.head(build_transformer_model(config))
        optimizer = optimizers.build_optimizer(recipe, recipe.learning_rate, model.trainable_variables)
        self.steps = training.Steps(model, self.head.loss, optimizer, jit=not arguments.no_jit, clip_norm=recipe.clip_norm)
        targets = self.head.batch_targets([CELLS] * arguments.batch_size, arguments.length)
        self.batch = {"features": features, "targets": targets, "weights": np.ones(arguments.batch_size, "float32")}

    def update(self) -> None:
        training.to_float(self.steps.train([self.batch])["loss"])

    def prediction(self) -> None:
        self.head.compact(self.steps.predict(self.batch["features"]), self.batch["features"])

    def play(self, count: int) -> dict:
        """Seconds of an update and of a prediction."""
        return seconds(self.update, count), seconds(self.prediction, count)


def report(arguments: argparse.Namespace, rounds: int) -> None:
    backend = keras.backend.backend()
    print(f"{arguments.batch_size} x {arguments.length} tokens, {arguments.rounds} rounds of {arguments.steps} steps, ", end="")
    print(f"{datetime.date.today()}; {machine()}; keras {keras.__version__} on {backend}, Python {platform.python_version()}\n")
    print("| head | ms per update | x | ms per prediction | x |\n|---|---|---|---|---|")
    clocks = {name: list(zip(*played, strict=True)) for name, played in rounds.items()}
    first = next(iter(clocks.values()))
    for name, (updates, predictions) in clocks.items():
        cells = [f"{1000 * statistics.median(updates):.1f}", ratio(updates, first[0])]
        cells += [f"{1000 * statistics.median(predictions):.1f}", ratio(predictions, first[1])]
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help="default: all")
    for name, default in {"batch_size": 32, "length": 64, "rounds": 10, "steps": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    parser.add_argument("--no_jit", action="store_true", help="TensorFlow without XLA")
    arguments = parser.parse_args()
    config = json.loads((ROOT / "checkpoints" / "mini" / "config.json").read_text(encoding="utf-8"))
    tokens = np.random.default_rng(0).integers(5, config["vocab_size"], (arguments.batch_size, arguments.length)).astype("int32")
    places = np.tile(np.arange(arguments.length, dtype=np.int32), (arguments.batch_size, 1))
    features = {"token_ids": tokens, "segment_ids": np.zeros_like(tokens), "char_starts": places, "char_ends": places + 1}
    contenders = {name: Contender(name, arguments, config, features) for name in arguments.heads}
    report(arguments, take_turns(contenders, arguments.rounds, lambda contender: contender.play(arguments.steps)))


if __name__ == "__main__":
    main()
