"""Time of an update with each training strategy, beside that of a plain one.

    python benchmarks/strategies.py                                    KERAS_BACKEND=jax python benchmarks/strategies.py
    python benchmarks/strategies.py --strategies fgm fgm,ema --config chinese_roberta_wwm_ext_L-12_H-768_A-12/config.json

All are in one process, on the model of checkpoints/mini, and make their updates in turn: a round is a few updates of each. Ratios
are medians over rounds of the time within a round. Prints a Markdown table.
"""

import argparse
import datetime
import json
import pathlib
import platform
import statistics
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from rounds import log, machine, ratio, seconds, take_turns  # noqa: E402

from baselines.cli.startup import start_backend  # noqa: E402
from baselines.heads.classification import ClassificationHead  # noqa: E402
from baselines.losses.cross_entropy import cross_entropy  # noqa: E402
from baselines.models.builder import build_transformer_model  # noqa: E402
from baselines.task import Recipe  # noqa: E402
from baselines.training import optimizers, strategies  # noqa: E402

start_backend(Recipe())                                                # as run.py does, for it sets what happens to freed memory
from baselines.training import steps as training  # noqa: E402

CLASSES = 15
PLAIN = "plain"
SETTINGS = {"flooding.b": 0.1, "child_tuning_d.batch_fisher": True}


class Contender:
    """A model with its strategies, after its first update."""

    def __init__(self, name: str, arguments: argparse.Namespace, config: Any, batch: Any):
        keras.utils.set_random_seed(0)
        head, recipe = ClassificationHead(CLASSES), Recipe()
        model = head(build_transformer_model(config))
        optimizer = optimizers.build_optimizer(recipe, recipe.learning_rate, model.trainable_variables)
        chosen = strategies.build_strategies([] if name == PLAIN else name.split(","), SETTINGS)
        used = {part for strategy in chosen for part in strategy.needs}
        batch = batch if "unlabelled" in used else {part: batch[part] for part in ("features", "targets", "weights")}
        self.batch = batch
        self.steps = training.Steps(
            model, cross_entropy, optimizer, chosen, jit=not arguments.no_jit, clip_norm=recipe.clip_norm,
            divergence=head.divergence, full_pass=lambda: iter([batch]),
        )  # fmt: skip
        self.first = seconds(self.update, 1)

    def update(self) -> float:
        return training.to_float(self.steps.train([self.batch])["loss"])


def random_batch(rows: Any, length: int, vocab_size: int) -> dict:
    rng = np.random.default_rng(0)

    def part():
        token_ids = rng.integers(1, vocab_size, (rows, length)).astype("int32")
        features = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}
        return {"features": features, "weights": np.ones(rows, "float32")}

    return {**part(), "targets": rng.integers(0, CLASSES, rows).astype("int32"), "unlabelled": part()}


def report(arguments: argparse.Namespace, config: Any, contenders: Any, rounds: int) -> None:
    sizes = f"{arguments.batch_size} x {arguments.length} tokens"
    layers, width = config["num_hidden_layers"], config["hidden_size"]
    print(f"{layers} layers x {width}, {sizes}; ", end="")
    print(f"{arguments.rounds} rounds of {arguments.steps} updates, {datetime.date.today()}; {machine()}, {platform.system()}")
    backend = keras.backend.backend()
    version = getattr(sys.modules[backend], "__version__", "")
    compiled = "graph" if arguments.no_jit and backend == "tensorflow" else "compiled by XLA"
    print(f"keras {keras.__version__}, {backend} {version}, {compiled}, Python {platform.python_version()}\n")
    print("| strategies | ms per update, median | x plain | first update, s |\n|---|---|---|---|")
    for name, times in rounds.items():
        median = 1000 * statistics.median(times)
        print(f"| {name} | {median:.1f} | {ratio(times, rounds[PLAIN])} | {contenders[name].first:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategies", nargs="+", help="each as in --strategies of run.py train (default: all, one by one)")
    parser.add_argument("--config", default=ROOT / "checkpoints" / "mini" / "config.json", help="default: %(default)s")
    parser.add_argument("--batch_size", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--length", type=int, default=64, help="tokens per row (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="after one to warm up (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=5, help="updates per contender and round (default: %(default)s)")
    parser.add_argument("--no_jit", action="store_true", help="TensorFlow: plain graphs")
    arguments = parser.parse_args()
    config = json.loads(pathlib.Path(arguments.config).read_text(encoding="utf-8"))
    batch = random_batch(arguments.batch_size, arguments.length, config["vocab_size"])
    contenders = {}
    for name in (PLAIN, *(arguments.strategies or strategies.names())):
        contenders[name] = Contender(name, arguments, config, batch)
        log(f"{name}: first update after {contenders[name].first:.1f} s")
    rounds = take_turns(contenders, arguments.rounds, lambda contender: seconds(contender.update, arguments.steps))
    report(arguments, config, contenders, rounds)


if __name__ == "__main__":
    main()
