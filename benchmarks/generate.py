"""Tokens per second of texts written after prompts: ours on TensorFlow and JAX, bert4keras, transformers.

    python benchmarks/generate.py --oracle PYTHON_WITH_BERT4KERAS --torch PYTHON_WITH_TRANSFORMERS

Prompts of 32 tokens are continued by 64, by beam search (3) and by drawing among the 5 likeliest tokens, for 1, 4 and 16 prompts
at once. Ours and bert4keras have the same random weights, 4 layers x 312 with a UniLM mask, in which the end token's bias makes
it impossible, so that every text has its 64 tokens; what they find by beam search is compared. bert4keras has no batches: it
writes for one prompt at a time, and its time for one is what a text of any batch is compared with. transformers has a GPT-2 of
equal size, and runs twice: torch's threads wait by spinning, so that where others use the cores one thread is faster than
several; ratios are to the faster. Each contender is a process of its own; they take turns, one batch each per round, so that
only one computes at a time and noise of the machine hits all alike. The first batch, which compiles, is left out and shown
apart. --num 20 draws twenty texts for each prompt, as paraphrasing does. Ratios are of the time per text, medians over
rounds of the ratio within a round. Prints a Markdown table. --profile tells where the time of our steps goes, and measures
nothing else.
"""

import argparse
import contextlib
import datetime
import functools
import json
import pathlib
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from peers.driver import Contender
from rounds import log, machine, ratio, take_turns

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from baselines.weights import tensorflow_checkpoint  # noqa: E402

BACKENDS = {"TensorFlow": "tensorflow", "JAX": "jax"}
PEERS = {"bert4keras": ("bert4keras",), "transformers": ("transformers", "transformers, 1 thread")}
"""What a ratio is taken to: the fastest of these contenders."""
PARTS = ("prompt", "step", "compiled")


def weights(config: Any, end_id: int) -> dict:
    """Random ones under the names of Google's checkpoints, {name: float32 array}."""
    random = np.random.default_rng(0)
    size, inner, found = config["hidden_size"], config["intermediate_size"], {}

    def table(name, *shape):
        found[name] = (config["initializer_range"] * random.standard_normal(shape)).astype("float32")

    def dense(name, rows, columns):
        table(f"{name}/kernel", rows, columns)
        found[f"{name}/bias"] = np.zeros(columns, "float32")

    def norm(name):
        found[f"{name}/beta"], found[f"{name}/gamma"] = np.zeros(size, "float32"), np.ones(size, "float32")

    for name, rows in {"word": "vocab_size", "token_type": "type_vocab_size", "position": "max_position_embeddings"}.items():
        table(f"bert/embeddings/{name}_embeddings", config[rows], size)
    norm("bert/embeddings/LayerNorm")
    for index in range(config["num_hidden_layers"]):
        layer = f"bert/encoder/layer_{index}"
        for part in ("self/query", "self/key", "self/value", "output/dense"):
            dense(f"{layer}/attention/{part}", size, size)
        dense(f"{layer}/intermediate/dense", size, inner)
        dense(f"{layer}/output/dense", inner, size)
        norm(f"{layer}/attention/output/LayerNorm")
        norm(f"{layer}/output/LayerNorm")
    dense("cls/predictions/transform/dense", size, size)
    norm("cls/predictions/transform/LayerNorm")
    found["cls/predictions/output_bias"] = np.zeros(config["vocab_size"], "float32")
    found["cls/predictions/output_bias"][end_id] = -1e4
    return found


def write_checkpoint(folder: pathlib.Path, sizes: dict) -> None:
    pathlib.Path(folder, "config.json").write_text(json.dumps(sizes["config"]), encoding="utf-8")
    tensorflow_checkpoint.write(pathlib.Path(folder, "bert_model.ckpt"), weights(sizes["config"], sizes["end_id"]))


def contenders(arguments: argparse.Namespace, sizes: dict) -> Iterator:
    """Yields the contenders one after another, each when its model is there."""
    contender = functools.partial(Contender, verbose=arguments.verbose)
    options = ["profile"] if arguments.profile else []
    for name, backend in BACKENDS.items():
        yield contender(f"ours, {name}", sys.executable, "write_ours.py", sizes, options, KERAS_BACKEND=backend)
    if arguments.profile:
        return
    if arguments.oracle:
        yield contender("bert4keras", arguments.oracle, "write_bert4keras.py", sizes)
    if arguments.torch:
        for count in arguments.torch_threads:
            name, threads = ("transformers, 1 thread", ["1"]) if count == "1" else ("transformers", [])
            yield contender(name, arguments.torch, "write_transformers.py", sizes, threads)


def measure(started: Any, search: str, batch: Any, num: int, rounds: int) -> tuple:
    """({name: first answer}, {name: [answer per round]}); answers have the number of texts that were written too."""

    def play(contender):
        prompts = 1 if contender.name == "bert4keras" else batch
        found = contender.ask({"search": search, "texts": prompts})
        texts = prompts * (num if search == "top-k" else 1)
        return {**found, "texts": texts, "per_text": found["seconds"] / texts}

    log(f"{search}, {batch} at once")
    return {name: play(contender) for name, contender in started.items()}, take_turns(started, rounds, play)


def per_text(answers: list) -> list:
    return [answer["per_text"] for answer in answers]


def times(own: Any, answers: dict) -> Iterator:
    """How many times as long each peer takes, the median over rounds of the ratio within a round; "" without it."""
    for names in PEERS.values():
        peers = [per_text(answers[peer]) for peer in names if peer in answers]
        yield ratio(min(peers, key=statistics.median), per_text(own)) if peers else ""


def rows(search: str, batch: Any, first: Any, answers: dict, tokens: int) -> Iterator:
    """A line of the table for each contender."""
    for name, own in answers.items():
        seconds, texts = statistics.median(per_text(own)), own[0]["texts"]
        cells = [search, str(texts), name, f"{tokens / seconds:,.0f}", f"{1000 * texts * seconds / tokens:.2f}"]
        cells += times(own, answers)
        cells.append(f"{1000 * statistics.median(answer['cpu_seconds'] / texts / tokens for answer in own):.2f}")
        cells.append(f"{first[name]['seconds']:.1f}")
        cells.append(str(own[-1]["compilations"] - first[name]["compilations"]) if "compilations" in first[name] else "")
        yield f"| {' | '.join(cells)} |"


def same(answers: dict) -> str:
    """How many of the first texts of ours a beam search of bert4keras finds too; "" where there is no peer."""
    if "bert4keras" not in answers:
        return ""
    texts = [own[0]["written"][0] == answers["bert4keras"][0]["written"][0] for name, own in answers.items() if "ours" in name]
    return f"{sum(texts)} of {len(texts)}"


def profile(answers: dict, search: str, batch: Any, tokens: int) -> Iterator:
    """A line of the table of parts for each contender, milliseconds per token of every text."""
    for name, own in answers.items():
        prompt, step, compiled = (statistics.median(answer["parts"][part] for answer in own) for part in PARTS)
        whole = statistics.median(answer["seconds"] for answer in own)
        each = [whole, compiled, step - compiled, whole - step - prompt, prompt]
        cells = [search, str(batch), name, *(f"{1000 * seconds / tokens:.2f}" for seconds in each)]
        yield f"| {' | '.join(cells)} |"


def heading(arguments: argparse.Namespace, sizes: dict, started: Any) -> None:
    versions = {name: version for contender in started.values() for name, version in contender.ready["versions"].items()}
    config = sizes["config"]
    parameters = ", ".join(f"{name} {contender.ready['parameters'] / 1e6:.2f} M" for name, contender in started.items())
    print(f"{config['num_hidden_layers']} layers x {config['hidden_size']}, {config['vocab_size']} tokens; {parameters} parameters")
    print(f"{sizes['tokens']} tokens after {sizes['prompt']}; {arguments.rounds} rounds, {datetime.date.today()}; {machine()}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}\n")
    header = ["search", "at once", "written by"]
    if arguments.profile:
        header += ["ms per step", "compiled part", "rest of the step: copies, what is seen", "search", "prompts, over all steps"]
    else:
        header += ["tokens/s", "ms per step", *(f"times {peer}, per text" for peer in PEERS)]
        header += ["CPU ms per token", "first batch, s", "compilations after it"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", metavar="PYTHON", help="a Python that has bert4keras 0.11.5, tensorflow and tf-keras")
    parser.add_argument("--torch", metavar="PYTHON", help="a Python that has transformers and torch")
    threads = parser.add_argument("--torch_threads", nargs="+", choices=("own", "1"), default=["own", "1"])
    threads.help = "as many threads as torch takes, or 1 (default: both in turn)"
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 16], help="prompts at once (default: 1 4 16)")
    parser.add_argument("--searches", nargs="+", choices=("beam", "top-k"), default=["beam", "top-k"], help="default: both")
    parser.add_argument("--num", type=int, default=1, help="texts drawn for each prompt, such as paraphrases (default: 1)")
    parser.add_argument("--tokens", type=int, default=64, help="of a text (default: %(default)s)")
    parser.add_argument("--layers", type=int, default=4, help="transformer blocks (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="after one to warm up (default: %(default)s)")
    parser.add_argument("--profile", action="store_true", help="where our time goes; without the others")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    arguments = parser.parse_args()
    config = {
        "vocab_size": 21128,
        "hidden_size": 312,
        "num_hidden_layers": arguments.layers,
        "num_attention_heads": 12,
        "intermediate_size": 1200,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
    }
    sizes = {"config": config, "batches": arguments.batches, "prompt": 32, "tokens": arguments.tokens}
    sizes |= {"beam": 3, "top_k": 5, "num": arguments.num}
    sizes |= {"cls_id": 101, "end_id": 102, "first_id": 670}            # as in the vocabulary of Chinese BERT
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        write_checkpoint(folder, sizes)
        started = {}
        for contender in contenders(arguments, {**sizes, "folder": folder}):
            stack.callback(contender.close)
            started[contender.name] = contender
            log(f"{contender.name}: ready")
        heading(arguments, sizes, started)
        equal = {}
        for search in arguments.searches:
            for batch in arguments.batches:
                first, answers = measure(started, search, batch, arguments.num, arguments.rounds)
                if arguments.profile:
                    lines = profile(answers, search, batch, arguments.tokens)
                else:
                    lines = rows(search, batch, first, answers, arguments.tokens)
                print("\n".join(lines), flush=True)
                equal[search, batch] = same(answers)
        if found := [f"{batch} at once: {answer}" for (search, batch), answer in equal.items() if search == "beam" and answer]:
            print(f"\nFirst prompt's beam the same as bert4keras': {', '.join(found)}.")


if __name__ == "__main__":
    main()
