"""Fine-tuning steps on an NVIDIA GPU in bf16: ours on JAX, plain, recomputed and with FGM, and transformers with SDPA.

    python benchmarks/gpu_steps.py [--torch PYTHON] [--shapes base large] [--lengths 128 512] [--cpu]

BERT shapes with random weights and 15 classes, rows without padding, 8,192 tokens a batch; AdamW, clipping, dropout 0.1, from NumPy
arrays to the loss as a float. Contenders are processes that run one after another, so that each has the whole card. Rows of the
table are printed as they are measured. Compile is the first step; TFLOP/s counts matrix products of the passes that learning needs,
two more for FGM, none for what recomputation computes again. --cpu tries the script, with a tiny shape.
"""

import argparse
import datetime
import os
import platform
import statistics
import sys
from collections.abc import Iterator
from typing import Any

from peers.driver import Contender
from rounds import machine

SHAPES = {"base": (12, 768), "large": (24, 1024), "tiny": (2, 64)}
TOKENS = 8192
OURS = {"ours, JAX": [], "ours, JAX, recomputed": ["recompute"], "ours, JAX, FGM": ["fgm"], "ours, JAX, both": ["recompute", "fgm"]}


def sizes_of(shape: Any, length: int, tokens: int) -> dict:
    layers, size = SHAPES[shape]
    config = {
        "vocab_size": 21128, "hidden_size": size, "num_hidden_layers": layers, "num_attention_heads": size // 64,
        "intermediate_size": 4 * size, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02,
    }  # fmt: skip
    return {"config": config, "vocab_size": 21128, "batch_size": max(1, tokens // length), "length": length, "classes": 15}


def flops(sizes: dict) -> float:
    """Of the matrix products of a forward and backward pass over a batch: 2 per multiplication, 3 products for each forward one."""
    config, length = sizes["config"], sizes["length"]
    size, layers = config["hidden_size"], config["num_hidden_layers"]
    return 3 * 2 * sizes["batch_size"] * length * layers * (12 * size**2 + 2 * length * size)


def contenders(arguments: argparse.Namespace) -> Iterator:
    """Yields (name, function that starts it from the sizes)."""
    visible = {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0"), "JAX_PLATFORMS": "cuda"}
    environment = {} if arguments.cpu else visible
    for name, options in OURS.items():
        words = [sys.executable, "step_ours.py"], ["jit", "bf16", *options]
        yield name, words, {**environment, "KERAS_BACKEND": "jax", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    if arguments.torch:
        yield "transformers, SDPA", ([arguments.torch, "step_transformers.py"], ["sdpa", "bf16"]), environment


def rows(arguments: argparse.Namespace, shape: Any, length: int) -> Iterator:
    """Yields the table's rows for a shape and a length."""
    sizes = sizes_of(shape, length, arguments.tokens)
    for name, (command, options), environment in contenders(arguments):
        contender = Contender(name, *command, sizes, options, verbose=arguments.verbose, **environment)
        try:
            contender.steps(arguments.warm)
            answer = contender.steps(arguments.steps)
        finally:
            contender.close()
        seconds, passes = statistics.median(answer["seconds"]), 2 if "fgm" in options else 1
        memory = answer["device_bytes"]
        cells = [f"{shape}, {sizes['batch_size']} x {length}", name, f"{1000 * seconds:.1f} ({1000 * min(answer['seconds']):.1f})"]
        cells += [f"{sizes['batch_size'] * length / seconds:,.0f}", f"{passes * flops(sizes) / seconds / 1e12:.1f}"]
        cells += ["" if memory is None else f"{memory / 2**30:.2f}", f"{contender.ready['compile_seconds']:.1f}"]
        yield f"| {' | '.join(cells)} |", contender.ready["versions"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", metavar="PYTHON", help="a Python that has transformers and torch with CUDA")
    parser.add_argument("--shapes", nargs="+", choices=[*SHAPES], default=["base", "large"])
    parser.add_argument("--lengths", nargs="+", type=int, default=[128, 512])
    parser.add_argument("--tokens", type=int, default=TOKENS, help="of a batch (default: %(default)s)")
    parser.add_argument("--warm", type=int, default=5, help="steps before those that are timed")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--cpu", action="store_true", help="try the script without a GPU")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders print")
    arguments = parser.parse_args()
    print(f"bf16, {arguments.tokens:,} tokens a batch, {arguments.steps} steps, {datetime.date.today()}; {machine()}\n")
    header = ["shape", "trained by", "ms per step, median (min)", "tokens/s", "TFLOP/s", "peak GiB on the GPU", "compile, s"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    versions = {}
    for shape in arguments.shapes:
        for length in arguments.lengths:
            for row, found in rows(arguments, shape, length):
                versions |= found
                print(row, flush=True)
    print("\n" + ", ".join(f"{name} {version}" for name, version in versions.items()) + f", Python {platform.python_version()}")


if __name__ == "__main__":
    main()
