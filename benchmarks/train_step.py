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
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

PEERS = pathlib.Path(__file__).parent / "peers"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
REFERENCES = {"bert4keras": ("bert4keras",), "torch": ("transformers, SDPA", "transformers, eager")}
"""What a ratio is taken to: the fastest of these contenders."""


class Contender:
    """A process that makes steps when it is asked to; see peers/worker.py."""

    def __init__(self, name, python, script, sizes, *options, **environment):
        self.name, self.peak_bytes = name, 0
        self.rounds = {"wall": [], "cpu": []}                           # seconds per step, one number per round
        self.seconds = []                                               # wall, of every step
        command = [python, str(PEERS / script), json.dumps(sizes), *options]
        environment = {**os.environ, **QUIET, **environment}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        pipes["stderr"] = subprocess.DEVNULL if "--verbose" not in sys.argv else None
        self.process = subprocess.Popen(command, env=environment, text=True, **pipes)
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: the process ended with {self.process.wait()}; --verbose shows what it says")
        return json.loads(line)

    def steps(self, count):
        print(count, file=self.process.stdin, flush=True)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def contenders(arguments, sizes):
    """Yields the contenders one after another, each after its first step."""
    ours, bert4keras, torch = "step_ours.py", "step_bert4keras.py", "step_transformers.py"
    yield Contender("ours, TensorFlow", sys.executable, ours, sizes, "graph", KERAS_BACKEND="tensorflow")
    yield Contender("ours, TensorFlow + XLA", sys.executable, ours, sizes, "jit", KERAS_BACKEND="tensorflow")
    yield Contender("ours, JAX", sys.executable, ours, sizes, "jit", KERAS_BACKEND="jax")
    if arguments.oracle:
        yield Contender("bert4keras", arguments.oracle, bert4keras, sizes)
    if arguments.torch:
        yield Contender("transformers, SDPA", arguments.torch, torch, sizes, "sdpa")
        yield Contender("transformers, eager", arguments.torch, torch, sizes, "eager")


def measure(arguments, sizes):
    """The contenders after all rounds. Raises SystemExit if they train models of different sizes."""
    with contextlib.ExitStack() as stack:
        started = []
        for contender in contenders(arguments, sizes):
            stack.callback(contender.close)
            started.append(contender)
            log(f"{contender.name}: first step after {contender.ready['compile_seconds']:.1f} s")
        parameters = {contender.name: contender.ready["parameters"] for contender in started}
        if len(set(parameters.values())) > 1:
            sys.exit(f"expected models of one size. Received: {parameters}")
        for number in range(arguments.rounds + 1):
            for contender in started:
                found = contender.steps(arguments.steps)
                contender.peak_bytes = found["peak_bytes"]
                if number:                                              # round 0 warms up
                    contender.seconds += found["seconds"]
                    contender.rounds["wall"].append(sum(found["seconds"]) / arguments.steps)
                    contender.rounds["cpu"].append(found["cpu_seconds"] / arguments.steps)
            shown = ", ".join(f"{1000 * contender.rounds['wall'][-1]:.0f}" for contender in started if number)
            log(f"round {number} of {arguments.rounds}: {shown or 'warm-up'}")
    return started


def ratios(contender, started, clock):
    """The contender's time in that of each reference, the median over rounds of the ratio within a round; "" without it."""
    for names in REFERENCES.values():
        peers = [peer for peer in started if peer.name in names]
        if not peers:
            yield ""
            continue
        peer = min(peers, key=lambda peer: statistics.median(peer.rounds[clock]))
        rounds = zip(contender.rounds[clock], peer.rounds[clock], strict=True)
        yield f"{statistics.median(own / other for own, other in rounds):.2f}"


def log(text):
    print(text, file=sys.stderr, flush=True)


def report(arguments, sizes, started):
    versions = {}
    for contender in started:
        versions |= contender.ready["versions"]
    config = sizes["config"]
    print(
        f"{config['num_hidden_layers']} layers x {config['hidden_size']}, {sizes['batch_size']} x {sizes['length']} tokens, "
        f"{started[0].ready['parameters'] / 1e6:.1f} M parameters (pooler of transformers left out)"
    )
    print(f"{arguments.rounds} rounds of {arguments.steps} steps, {datetime.date.today()}; {machine()}, {platform.system()}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}\n")
    compared = [f"x {name}" for name in REFERENCES]
    header = ["trained by", "ms per step, median (min)", *compared, "CPU ms per step", *compared]
    header += ["peak GiB", "first step, s"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for contender in started:
        median, least = 1000 * statistics.median(contender.seconds), 1000 * min(contender.seconds)
        cells = [contender.name, f"{median:.0f} ({least:.0f})", *ratios(contender, started, "wall")]
        cells += [f"{1000 * statistics.median(contender.rounds['cpu']):.0f}", *ratios(contender, started, "cpu")]
        cells += [f"{contender.peak_bytes / 2**30:.2f}", f"{contender.ready['compile_seconds']:.1f}"]
        print(f"| {' | '.join(cells)} |")


def machine():
    names = []
    with contextlib.suppress(OSError):
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores, load averages at the end {load}"


def main():
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
    report(arguments, sizes, measure(arguments, sizes))


if __name__ == "__main__":
    main()
