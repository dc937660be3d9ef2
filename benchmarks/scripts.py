"""Seconds per epoch of eight scripts in bert4keras' style: under the real bert4keras, and unedited by `run.py script`.

    python benchmarks/scripts.py --oracle PYTHON_WITH_BERT4KERAS

The scripts are in benchmarks/bert4keras_scripts. All of them train the same BERT from the same random weights, on the same invented
texts in the same order and without dropout, so that losses can be compared. A time is the processor time of all threads, the median
over all epochs but the first, which also compiles. Each run is a process of its own, one at a time; with --rounds they take
turns, and ratios are medians over rounds. Prints two Markdown tables: times and losses, and the decoder of the seq2seq script.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np
from generate import weights
from peers.driver import QUIET
from rounds import log, machine, ratio

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRIPTS = pathlib.Path(__file__).parent / "bert4keras_scripts"
KINDS = {
    "classification": "classification", "adversarial": "FGM by `train_function`", "tagging": "CRF tagging",
    "relations": "relations, conditional layer norm", "seq2seq": "UniLM seq2seq", "span_pointers": "GPLinker's pointers",
    "pretraining": "masked language model", "sentence_vectors": "SimCSE",
}  # fmt: skip
"""{script: what the table calls it}"""
ORACLE = """
import runpy, sys
if {graph}:
    import tensorflow as tf
    tf.compat.v1.disable_eager_execution()
from bert4keras.backend import keras
keras.optimizers.Optimizer = keras.optimizers.legacy.Optimizer          # the class of that name when bert4keras was written
sys.path.insert(0, {folder!r})
sys.argv = {words!r}
runpy.run_path({script!r}, run_name="__main__")
"""
SIZES = {
    "hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 512, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 128, "type_vocab_size": 2,
    "initializer_range": 0.02,
}  # fmt: skip


def write_model(folder: pathlib.Path) -> None:
    """The files of a BERT with random weights: its configuration, vocabulary and TensorFlow checkpoint."""
    from baselines.weights import tensorflow_checkpoint

    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(chr, range(0x4E00, 0x4E00 + 2995))]
    config = {"vocab_size": len(tokens), **SIZES}
    arrays = weights(config, tokens.index("[UNK]"))
    random = np.random.default_rng(1)
    arrays["bert/pooler/dense/kernel"] = (0.02 * random.standard_normal([config["hidden_size"]] * 2)).astype("float32")
    arrays["bert/pooler/dense/bias"] = np.zeros(config["hidden_size"], "float32")
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    (folder / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    tensorflow_checkpoint.write(folder / "bert_model.ckpt", arrays)


def contenders(oracle: str | None, chosen: list[str]) -> dict[str, dict[str, str]]:
    """{name: the environment of its process}"""
    found = {"bert4keras": {"TF_KERAS": "1", "TF_USE_LEGACY_KERAS": "1"}} if oracle else {}
    return found | {name: {"KERAS_BACKEND": name.lower()} for name in chosen}


def run(name: str, script: str, environment: dict, folder: pathlib.Path, arguments: argparse.Namespace) -> dict:
    """What one process wrote: {"epochs": [{"loss", "cpu", "wall"}], …}. Raises SystemExit if it failed."""
    result = folder / "result.json"
    words = [str(SCRIPTS / f"{script}.py"), str(folder), str(result), str(arguments.epochs)]
    if name == "bert4keras":
        graph = "graph mode" in pathlib.Path(words[0]).read_text(encoding="utf-8").splitlines()[1]
        command = [arguments.oracle, "-c", ORACLE.format(graph=graph, folder=str(SCRIPTS), words=words, script=words[0])]
    else:
        command = [sys.executable, str(ROOT / "run.py"), "script", *words]
    done = subprocess.run(command, env={**os.environ, **QUIET, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{script} under {name} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    return json.loads(result.read_text(encoding="utf-8"))


def epoch_seconds(result: dict) -> float:
    return statistics.median(epoch["cpu"] for epoch in result["epochs"][1:])


def row(script: str, found: dict[str, list[dict]]) -> list[str]:
    """The cells of a script: times and ratios, first epochs, and losses."""
    times = {name: [epoch_seconds(result) for result in results] for name, results in found.items()}
    cells = [KINDS[script]]
    for name, seconds in times.items():
        cells.append(f"{statistics.median(seconds):.2f}")
        if name != "bert4keras" and "bert4keras" in times:
            cells.append(ratio(seconds, times["bert4keras"]))
    cells.append(", ".join(f"{statistics.median(each['epochs'][0]['cpu'] for each in results):.0f}" for results in found.values()))
    cells.append(", ".join(f"{results[0]['epochs'][-1]['loss']:.5f}" for results in found.values()))
    losses = [[epoch["loss"] for epoch in results[0]["epochs"]] for results in found.values()]
    return [*cells, f"{max(np.abs(np.subtract(each, losses[0])).max() for each in losses):.0e}"]


def header(names: list[str]) -> list[str]:
    cells = ["script"]
    for name in names:
        cells += [f"{name}, CPU s per epoch", *(["x"] if name != "bert4keras" and "bert4keras" in names else [])]
    return [*cells, "first epoch", "last loss", "greatest difference"]


def line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", metavar="PYTHON", help="a Python that has bert4keras 0.11.5, tensorflow and tf-keras")
    parser.add_argument("--backends", nargs="+", default=["TensorFlow", "JAX"], help="TensorFlow, JAX or both")
    parser.add_argument("--scripts", nargs="+", default=list(KINDS), choices=list(KINDS), help="all by default")
    parser.add_argument("--epochs", type=int, default=3, help="at least 2")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    playing, seq2seq = contenders(arguments.oracle, arguments.backends), {}
    print(f"{arguments.rounds} rounds of {arguments.epochs} epochs, {datetime.date.today()}; {machine()}\n")
    print(line(header(list(playing))), line(["---"] * len(header(list(playing)))), sep="\n", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        write_model(folder)
        for script in arguments.scripts:
            found = {name: [] for name in playing}
            for _ in range(arguments.rounds):
                for name, environment in playing.items():
                    found[name].append(run(name, script, environment, folder, arguments))
                    log(f"{script}, {name}: {epoch_seconds(found[name][-1]):.1f} s")
            print(line(row(script, found)), flush=True)
            seq2seq = found if script == "seq2seq" else seq2seq
    if seq2seq:
        report_decoder(seq2seq)


def report_decoder(results: dict[str, list[dict]]) -> None:
    """Prints the table of the seq2seq script's beam searches."""
    print(f"\n{line(['beam search of 3', 'CPU ms per token'])}\n{line(['---'] * 2)}")
    first = next(iter(results.values()))[0]["written"]["ids"]
    for name, found in results.items():
        milliseconds = statistics.median(time for result in found for time in result["written"]["ms"])
        print(line([name, f"{milliseconds:.1f}{'' if found[0]['written']['ids'] == first else ', other texts'}"]))


if __name__ == "__main__":
    main()
