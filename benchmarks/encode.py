"""Texts per second made into vectors: ours on TensorFlow and JAX, and sentence-transformers on torch, with the same weights.

    python benchmarks/encode.py --torch PYTHON_WITH_SENTENCE_TRANSFORMERS [--sizes 4x256 4x768] [--texts 2000] [--bf16]

Random weights and random Chinese texts, whose lengths are as those of questions: 18 characters in the middle, some beyond 60. All
contenders take the mean over the tokens, at length 1; their first vectors are compared. sentence-transformers runs twice, for
torch's threads wait by spinning, so that where others use the cores one thread is faster than several; ratios are to the faster.
Each contender is a process of its own; they take turns, all texts each per round, so that only one computes at a time and noise of
the machine hits all alike. The first round, which compiles, is left out. Ratios are medians over rounds of the ratio within a
round. Prints a Markdown table.
"""

import argparse
import contextlib
import datetime
import functools
import json
import os
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Iterator

import numpy as np
from peers.driver import Contender
from rounds import log, machine, ratio, take_turns

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MAX_LENGTH = 64


def write_checkpoint(folder: pathlib.Path, layers: int, size: int) -> int:
    """A Hugging Face folder of a BERT with random weights, and the vocabulary of the embedded model."""
    from baselines.models.builder import build_transformer_model, configure
    from baselines.models.families import family
    from baselines.tokenizers.tokenizer import Tokenizer
    from baselines.weights.save import save_hugging_face

    tokenizer = Tokenizer.from_folder(ROOT / "checkpoints" / "mini")
    tokenizer.save(folder)
    config = configure({
        "vocab_size": len(tokenizer.vocabulary), "hidden_size": size, "num_hidden_layers": layers, "intermediate_size": 4 * size,
        "num_attention_heads": size // 64, "max_position_embeddings": 512,
    })  # fmt: skip
    model = build_transformer_model(config)
    save_hugging_face(model, folder, family("bert").weight_names(config))
    pathlib.Path(folder, "config.json").write_text(json.dumps(config.to_hugging_face()), encoding="utf-8")
    return model.count_params()


def write_texts(folder: pathlib.Path, count: int) -> float:
    """Lines of random ideographs of the vocabulary."""
    from baselines.tokenizers.tokenizer import Tokenizer

    random = np.random.default_rng(0)
    signs = [token for token in Tokenizer.from_folder(ROOT / "checkpoints" / "mini").vocabulary.tokens if "一" <= token <= "鿿"]
    lengths = np.clip(np.exp(random.normal(np.log(18), 0.6, count)), 3, 200).astype(int)
    texts = ["".join(random.choice(signs, length)) for length in lengths]
    pathlib.Path(folder, "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    return float(np.median(lengths))


def contenders(arguments: argparse.Namespace, sizes: dict) -> Iterator:
    """Yields the contenders one after another, each when its model is there."""
    contender = functools.partial(Contender, verbose=arguments.verbose)
    for name, backend in {"TensorFlow": "tensorflow", "JAX": "jax"}.items():
        for precision in ("float32", *(["bf16"] if arguments.bf16 else [])):
            told = "" if precision == "float32" else f" {precision}"
            yield contender(f"ours, {name}{told}", sys.executable, "encode_ours.py", sizes, [precision], KERAS_BACKEND=backend)
    if arguments.torch:
        for name, threads in (("sentence-transformers", []), ("sentence-transformers, 1 thread", ["1"])):
            yield contender(name, arguments.torch, "encode_sentence_transformers.py", sizes, threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", help="python of an environment with sentence-transformers")
    parser.add_argument("--sizes", nargs="+", default=["4x256", "4x768"], help="layers x hidden size")
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--batch_size", type=int, default=64, help="of sentence-transformers; ours counts tokens")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bf16", action="store_true", help="ours in bf16 too")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    print(f"{datetime.date.today()}, {machine()}; {arguments.texts:,} texts, {arguments.rounds} rounds\n")
    print("| model | contender | texts/s | CPU ms per text | sentence-transformers takes | largest difference of vectors |")
    print("|---|---|---|---|---|---|")
    versions = {}
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            layers, width = map(int, size.split("x"))
            write_checkpoint(folder, layers, width)
            middle = write_texts(folder, arguments.texts)
            log(f"{size}: texts of {middle:.0f} characters")
            sizes = {"folder": folder, "max_length": MAX_LENGTH, "batch_size": arguments.batch_size}
            started = {}
            for contender in contenders(arguments, sizes):
                stack.callback(contender.close)
                started[contender.name] = contender
                versions |= contender.ready["versions"]
            answers = take_turns(started, arguments.rounds, lambda contender: contender.ask({"texts": arguments.texts}))
            for row in rows(size, answers, arguments.texts):
                print(row, flush=True)
    print(f"\n{', '.join(f'{name} {version}' for name, version in versions.items())}")


def rows(size: int, answers: dict, count: int) -> Iterator:
    """A line of the table for each contender."""
    seconds = {name: [answer["seconds"] for answer in own] for name, own in answers.items()}
    peers = [times for name, times in seconds.items() if "sentence" in name]
    reference = np.array(next(iter(answers.values()))[0]["vectors"])
    for name, own in answers.items():
        speed = count / statistics.median(seconds[name])
        cpu = 1000 * statistics.median(answer["cpu_seconds"] for answer in own) / count
        times = f"{ratio(min(peers, key=statistics.median), seconds[name])}x" if peers else ""
        difference = np.abs(np.array(own[0]["vectors"]) - reference).max()
        yield f"| {size} | {name} | {speed:,.0f} | {cpu:.2f} | {times} | {difference:.1e} |"


if __name__ == "__main__":
    main()
