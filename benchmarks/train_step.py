"""Milliseconds per fine-tuning step of a BERT: ours on TensorFlow, TensorFlow with XLA and JAX, bert4keras, transformers.

    python benchmarks/train_step.py --oracle PYTHON_WITH_BERT4KERAS --torch PYTHON_WITH_TRANSFORMERS

A step is forward, backward, clipping to a global norm of 1 and AdamW, in float32 with dropout 0.1, from NumPy arrays to
the loss as a float, on rows without padding. Each contender is a process of its own that stays alive; they take turns,
some steps each per round, so that only one computes at a time and noise of the machine hits all alike. The first step,
which compiles, is left out and shown apart; one round warms up. Prints a Markdown table. Where other work shares the
machine, look at the ratios, and at CPU time per step (all threads).
"""

import argparse
import contextlib
import datetime
import functools
import platform
import statistics
import sys
from collections.abc import Iterator

from peers.driver import Contender, start
from rounds import machine, ratio, take_turns

REFERENCES = {"bert4keras": ("bert4keras",), "torch": ("transformers, SDPA", "transformers, eager")}
"""What a ratio is taken to: the fastest of these contenders."""


def contenders(arguments: argparse.Namespace, sizes: dict) -> Iterator:
    """Yields the contenders one after another, each after its first step."""
    contender = functools.partial(Contender, verbose=arguments.verbose)
    ours, bert4keras, torch = "step_ours.py", "step_bert4keras.py", "step_transformers.py"
    yield contender("ours, TensorFlow", sys.executable, ours, sizes, ["graph"], KERAS_BACKEND="tensorflow")
    yield contender("ours, TensorFlow + XLA", sys.executable, ours, sizes, ["jit"], KERAS_BACKEND="tensorflow")
    yield contender("ours, JAX", sys.executable, ours, sizes, ["jit"], KERAS_BACKEND="jax")
    if arguments.oracle:
        yield contender("bert4keras", arguments.oracle, bert4keras, sizes)
    if arguments.torch:
        yield contender("transformers, SDPA", arguments.torch, torch, sizes, ["sdpa"])
        yield contender("transformers, eager", arguments.torch, torch, sizes, ["eager"])


def measure(arguments: argparse.Namespace, sizes: dict) -> tuple:
    """({name: first answer}, {name: [answer per round]}). Raises SystemExit if contenders train models of different sizes."""
    with contextlib.ExitStack() as stack:
        started = start(stack, contenders(arguments, sizes))
        ready = {name: contender.ready for name, contender in started.items()}
        parameters = {name: answer["parameters"] for name, answer in ready.items()}
        if len(set(parameters.values())) > 1:
            sys.exit(f"expected models of one size. Received: {parameters}")
        return ready, take_turns(started, arguments.rounds, lambda contender: contender.steps(arguments.steps))


def of_rounds(rounds: int, clock: str) -> list:
    return [answer[clock] for answer in rounds]


def ratios(name: str, rounds: int, clock: str) -> Iterator:
    """The contender's time in that of each reference, the median over rounds of the ratio within a round; "" without it."""
    for names in REFERENCES.values():
        peers = [of_rounds(rounds[peer], clock) for peer in names if peer in rounds]
        yield ratio(of_rounds(rounds[name], clock), min(peers, key=statistics.median)) if peers else ""


def report(arguments: argparse.Namespace, sizes: dict, ready: dict, rounds: int) -> None:
    versions, config = {}, sizes["config"]
    for answer in ready.values():
        versions |= answer["versions"]
    parameters = next(iter(ready.values()))["parameters"]
    print(
        f"{config['num_hidden_layers']} layers x {config['hidden_size']}, {sizes['batch_size']} x {sizes['length']} tokens, "
        f"{parameters / 1e6:.1f} M parameters (pooler of transformers left out)"
    )
    print(f"{arguments.rounds} rounds of {arguments.steps} steps, {datetime.date.today()}; {machine()}, {platform.system()}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}\n")
    compared = [f"x {name}" for name in REFERENCES]
    header = ["trained by", "ms per step, median (min)", *compared, "CPU ms per step", *compared]
    header += ["peak GiB", "first step, s"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for name, answers in rounds.items():
        seconds = [second for answer in answers for second in answer["seconds"]]
        cells = [name, f"{1000 * statistics.median(seconds):.0f} ({1000 * min(seconds):.0f})", *ratios(name, rounds, "wall")]
        cells += [f"{1000 * statistics.median(of_rounds(answers, 'cpu')):.0f}", *ratios(name, rounds, "cpu")]
        cells += [f"{answers[-1]['peak_bytes'] / 2**30:.2f}", f"{ready[name]['compile_seconds']:.1f}"]
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", metavar="PYTHON", help="a Python that has bert4keras 0.11.5, tensorflow and tf-keras")
    parser.add_argument("--torch", metavar="PYTHON", help="a Python that has transformers and torch")
    parser.add_argument("--layers", type=int, default=4, help="transformer blocks (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="after one to warm up (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=5, help="per contender and round (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    arguments = parser.parse_args()
    config = {
        "vocab_size": 21128,
        "hidden_size": 768,
        "num_hidden_layers": arguments.layers,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "initializer_range": 0.02,
    }
    sizes = {"config": config, "vocab_size": config["vocab_size"], "batch_size": 8, "length": 128, "classes": 15}
    report(arguments, sizes, *measure(arguments, sizes))


if __name__ == "__main__":
    main()
