"""GlobalPointer against CRF and the other heads that find entities and relations: time of an update and of a prediction.

    python benchmarks/tagging_heads.py                                 KERAS_BACKEND=jax python benchmarks/tagging_heads.py
    python benchmarks/tagging_heads.py --heads crf gplinker half_pointer --layers 4 --hidden 768 --length 128

All heads are on one encoder, with the configuration of checkpoints/mini unless --layers and --hidden say otherwise; CLUENER's ten
categories, or DuIE's 50 relations of subjects and objects. Texts are random, with two entities each, or two subjects with three
objects each, which are planted in what random weights predict. A prediction is the compiled step and the head's `compact`, as in
`run.py predict`. The heads take turns, some steps each per round;
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
from baselines.heads.half_pointer import MARKS, HalfPointerHead  # noqa: E402
from baselines.heads.linker import TABLES, LinkerHead  # noqa: E402
from baselines.models.builder import build_transformer_model  # noqa: E402
from baselines.task import Recipe  # noqa: E402
from baselines.training import optimizers  # noqa: E402

start_backend(Recipe())                                                # as run.py does, for it sets what happens to freed memory
from baselines.training import steps as training  # noqa: E402

CATEGORIES = 10
CELLS = np.array([[0, 3, 5], [7, 8, 8]], np.int32)
"""(category, first, last token) of the entities of every text."""


RELATIONS = 50
TRIPLES = [(first, first + 1, 7 * first % RELATIONS, last, last + 2) for first in (3, 20) for last in (8, 12, 30)]
"""(subject's first and last token, relation, object's first and last token) of every text."""


def relation_parts(name: str) -> tuple[Any, Any]:
    """(head, target of a row) of a head for relations."""
    if name == "half_pointer":
        return HalfPointerHead(RELATIONS), {"cells": np.array(TRIPLES, np.int32), "subject": np.array(TRIPLES[0][:2], np.int32)}
    head = LinkerHead(2, relations=[(0, 1)] * RELATIONS)
    cells = {(0, 0, *each[:2]) for each in TRIPLES} | {(0, 1, *each[3:]) for each in TRIPLES}
    cells |= {(1, each[2], each[0], each[3]) for each in TRIPLES} | {(2, each[2], each[1], each[4]) for each in TRIPLES}
    return head, np.array(sorted(cells), np.int32)


def plant(outputs: dict, target: Any) -> dict:
    """Outputs of a head for relations in which all texts hold TRIPLES."""
    outputs = {name: np.array(array) for name, array in outputs.items()}
    if "subjects" in outputs:
        outputs["subjects"][:, :2] = sorted({each[:2] for each in TRIPLES})
        logits = outputs["object_logits"].reshape(*outputs["object_logits"].shape[:3], RELATIONS, 2)
        for first, _, relation, object_first, object_last in TRIPLES:
            logits[:, int(first > 3), object_first, relation, 0] = logits[:, int(first > 3), object_last, relation, 1] = 9
    else:
        for table, label, start, end in target:
            outputs[TABLES[table]][:, label, start, end] = 3
    return outputs


class Contender:
    """A model with one of the heads."""

    def __init__(self, name: str, arguments: argparse.Namespace, config: Any, features: dict):
        keras.utils.set_random_seed(0)
        recipe, self.of_relations = Recipe(), name in ("gplinker", "half_pointer")
        self.head, self.target = relation_parts(name) if self.of_relations else (entity_head(name, CATEGORIES), CELLS)
        model = self.head(build_transformer_model(config))
        optimizer = optimizers.build_optimizer(recipe, recipe.learning_rate, model.trainable_variables)
        self.steps = training.Steps(model, self.head.loss, optimizer, jit=not arguments.no_jit, clip_norm=recipe.clip_norm)
        targets = self.head.batch_targets([self.target] * arguments.batch_size, arguments.length)
        features = {input: features[input] for input in (*model.input, "char_starts", "char_ends")}
        self.batch = {"features": features, "targets": targets, "weights": np.ones(arguments.batch_size, "float32")}

    def update(self) -> None:
        training.to_float(self.steps.train([self.batch])["loss"])

    def prediction(self) -> None:
        outputs = self.steps.predict(self.batch["features"])
        self.head.compact(plant(outputs, self.target) if self.of_relations else outputs, self.batch["features"])

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
    parser.add_argument("--heads", nargs="+", choices=(*NAMES, "gplinker", "half_pointer"), default=NAMES, metavar="NAME")
    for name, default in {"batch_size": 32, "length": 64, "rounds": 10, "steps": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help="default: %(default)s")
    for name in ("layers", "hidden"):
        parser.add_argument(f"--{name}", type=int, help="default: as checkpoints/mini")
    parser.add_argument("--no_jit", action="store_true", help="TensorFlow without XLA")
    arguments = parser.parse_args()
    config = json.loads((ROOT / "checkpoints" / "mini" / "config.json").read_text(encoding="utf-8"))
    if arguments.layers:
        config["num_hidden_layers"] = arguments.layers
    if arguments.hidden:
        config |= {
            "hidden_size": arguments.hidden, "embedding_size": arguments.hidden, "intermediate_size": 4 * arguments.hidden,
            "num_attention_heads": arguments.hidden // 64,
        }  # fmt: skip
    tokens = np.random.default_rng(0).integers(5, config["vocab_size"], (arguments.batch_size, arguments.length)).astype("int32")
    places = np.tile(np.arange(arguments.length, dtype=np.int32), (arguments.batch_size, 1))
    features = {"token_ids": tokens, "segment_ids": np.zeros_like(tokens), "char_starts": places, "char_ends": places + 1}
    for number, name in enumerate(MARKS):
        features[name] = (places == TRIPLES[0][number]).astype(np.int32)
    contenders = {name: Contender(name, arguments, config, features) for name in arguments.heads}
    report(arguments, take_turns(contenders, arguments.rounds, lambda contender: contender.play(arguments.steps)))


if __name__ == "__main__":
    main()
