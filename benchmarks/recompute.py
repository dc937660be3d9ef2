"""What recomputation saves and costs: compiled memory by depth, the largest batch in a budget, time per sample, TensorFlow's peak.

    python benchmarks/recompute.py memory [--layers 6 12 24] [--batch 16] [--length 256] [--budget GiB] [--backend tensorflow]
    python benchmarks/recompute.py time [--layers 12] [--batch 8] [--length 128]

Blocks of BERT-base width (768, 12 heads, 3072) with a classifier, dropout 0.1, AdamW, clipping, float32. `memory` compiles the
update for JAX on abstract shapes, so that nothing is allocated, and prints XLA's own figures: temporary buffers, beside the
arguments (weights and optimizer), which are the same both ways. For TensorFlow an update has to run for XLA to tell them. The
largest batch in a budget (default: what the first batch takes without recomputation) is found by compiling, not by a formula.
`time` trains: every contender is a process of its own that stays alive; they take turns; a ratio is the median over rounds of
the ratio within a round. Growth is what the process had in memory at most, in steps after the first, beyond what it had before
that one. Each part prints a Markdown table with versions.
"""

import argparse
import contextlib
import datetime
import functools
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from peers.driver import Contender, start
from rounds import log, machine, ratio, take_turns

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MIB = 2**20
VOCABULARY, CLASSES = 21128, 15
BACKENDS = {"TensorFlow + XLA": "tensorflow", "JAX": "jax"}


def config(layers: int) -> dict:
    return {
        "vocab_size": VOCABULARY, "hidden_size": 768, "num_hidden_layers": layers, "num_attention_heads": 12,
        "intermediate_size": 3072, "max_position_embeddings": 512,
    }  # fmt: skip


def sizes_of(layers: int, batch: Any, length: int) -> dict:
    """What a contender is told of the classifier and its rows."""
    return {"config": config(layers), "vocab_size": VOCABULARY, "batch_size": batch, "length": length, "classes": CLASSES}


def classifier(layers: int) -> tuple:
    """(model, optimizer), with the recipe's defaults."""
    from baselines.heads.classification import ClassificationHead
    from baselines.models.builder import build_transformer_model
    from baselines.task import Recipe
    from baselines.training import optimizers

    model = ClassificationHead(CLASSES)(build_transformer_model(config(layers)))
    return model, optimizers.build_optimizer(Recipe(), 2e-5, model.trainable_variables)


def compiled_bytes(layers: int, batch: Any, length: int, recompute: bool) -> tuple:
    """(temporary, arguments, seconds to compile, FLOPs) of an update as XLA compiles it for JAX; nothing is allocated."""
    import jax
    import keras

    from baselines.losses.cross_entropy import cross_entropy
    from baselines.training.objective import Objective
    from baselines.training.steps import clip_gradients

    keras.backend.clear_session()
    made = []
    jax.eval_shape(lambda: made.extend(classifier(layers)))             # variables that hold shapes only
    model, optimizer = made
    objective = Objective(model, cross_entropy, recompute=bool(recompute))

    def once(values, state, slots, batch):
        loss, _, gradients, state = objective.gradients(values, state, batch, lambda loss: loss)
        gradients, _ = clip_gradients(gradients, 1.0)
        values, slots = optimizer.stateless_apply(slots, gradients, values)
        return values, state, slots, loss

    shape = jax.ShapeDtypeStruct
    groups = [[shape(v.shape, v.dtype) for v in group] for group in (objective.weights, objective.state, optimizer.variables)]
    ids = shape((batch, length), "int32")
    rows = {
        "features": {"token_ids": ids, "segment_ids": ids},
        "targets": shape((batch,), "int32"),
        "weights": shape((batch,), "float32"),
    }
    started = time.perf_counter()
    compiled = jax.jit(once, donate_argnums=(0, 1, 2)).lower(*groups, rows).compile()
    found, seconds = compiled.memory_analysis(), time.perf_counter() - started
    return found.temp_size_in_bytes, found.argument_size_in_bytes, seconds, compiled.cost_analysis()["flops"]


def in_process(*arguments: Any) -> tuple:
    """compiled_bytes in a process of its own: compilers keep memory."""
    command = [sys.executable, __file__, "compile", *map(str, arguments)]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def allotted_bytes(layers: int, batch: Any, length: int, recompute: bool) -> tuple:
    """As compiled_bytes, for TensorFlow: a contender makes an update, of which XLA writes a report. FLOPs are not told: None."""
    with tempfile.TemporaryDirectory() as reports, contextlib.ExitStack() as stack:
        flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_dump_to={reports}".strip()
        options = ["jit", "recompute"] if recompute else ["jit"]
        sizes = sizes_of(layers, batch, length)
        update = Contender("update", sys.executable, "step_ours.py", sizes, options, KERAS_BACKEND="tensorflow", XLA_FLAGS=flags)
        stack.callback(update.close)
        [report] = pathlib.Path(reports).glob("*update*memory-usage-report.txt")
        line = r"(?m)^allocation \d+: size ([\d.]+)(B|KiB|MiB|GiB), (preallocated-temp|parameter)"
        found = re.findall(line, report.read_text())
    units = {"B": 1, "KiB": 2**10, "MiB": MIB, "GiB": 2**30}
    total = {kind: sum(float(size) * units[unit] for size, unit, other in found if other == kind) for *_, kind in found}
    return total["preallocated-temp"], total["parameter"], update.ready["compile_seconds"], None


MEASURES = {"jax": in_process, "tensorflow": allotted_bytes}


def measured(backend: str, *arguments: Any) -> Any:
    found = MEASURES[backend](*arguments)
    log(f"{backend}, {arguments}: {found[0] / MIB:.0f} MiB, compiled in {found[2]:.0f} s")
    return found


def largest_batch(backend: str, layers: int, batch: Any, length: int, recompute: bool, budget: int) -> Any:
    """The largest batch whose temporary buffers fit; one row more was compiled too, and does not.

    A line through two compiled sizes tells which to compile next: memory grows nearly straight, so that few are needed.
    """
    compiled = functools.cache(lambda size: measured(backend, layers, size, length, recompute)[0])
    fits, fails, other = 0, None, 2 * batch
    while fails is None or fails - fits > 1:
        slope = (compiled(other) - compiled(batch)) / (other - batch)
        size = max(int(batch + (budget - compiled(batch)) / slope), fits + 1)
        size = size if fails is None else min(size, fails - 1)
        if compiled(size) <= budget:
            fits = size
        else:
            fails = size
        other = size if size != batch else other
    return fits


def memory(arguments: argparse.Namespace) -> None:
    size = f"{arguments.batch} x {arguments.length} tokens, BERT-base width"
    print(f"{size}, {datetime.date.today()}; CPU, {versions(arguments.backend)}")
    print("\n| layers | plain, MiB | recomputed, MiB | ratio | FLOPs x plain | largest batch in the plain one's memory | x |")
    print("|---|---|---|---|---|---|---|")
    for layers in arguments.layers:
        sizes = arguments.backend, layers, arguments.batch, arguments.length
        found = [measured(*sizes, int(on)) for on in (False, True)]
        (plain, *_, once), (computed, *_, again) = found
        budget = arguments.budget * 2**30 if arguments.budget else plain
        largest = "" if arguments.no_largest else largest_batch(*sizes, 1, budget)
        times = f"{largest / arguments.batch:.1f}" if largest else ""
        ratios = f"{plain / computed:.2f} | {f'{again / once:.2f}' if once else ''}"
        print(f"| {layers} | {plain / MIB:.0f} | {computed / MIB:.0f} | {ratios} | {largest} | {times} |", flush=True)


def contenders(arguments: argparse.Namespace) -> Iterator:
    """Yields ours on both backends, without and with recomputation, each after its first step."""
    sizes = sizes_of(arguments.layers[0], arguments.batch, arguments.length)
    ours = functools.partial(Contender, python=sys.executable, script="step_ours.py", sizes=sizes, verbose=arguments.verbose)
    for name, backend in BACKENDS.items():
        yield ours(name, options=["jit"], KERAS_BACKEND=backend)
        yield ours(f"{name}, recomputed", options=["jit", "recompute"], KERAS_BACKEND=backend)


def timing(arguments: argparse.Namespace) -> None:
    with contextlib.ExitStack() as stack:
        started = start(stack, contenders(arguments))
        rounds = take_turns(started, arguments.rounds, lambda contender: contender.steps(arguments.steps))
    print(
        f"{arguments.layers[0]} layers x 768, {arguments.batch} x {arguments.length} tokens, {arguments.rounds} rounds of "
        f"{arguments.steps} steps, {datetime.date.today()}; {versions('tensorflow', 'jax')}, {machine()}"
    )
    print("\n| trained by | ms per sample | time x plain | growth of peak memory, GiB | x plain | first step, s |")
    print("|---|---|---|---|---|---|")
    wall = {name: [answer["wall"] for answer in answers] for name, answers in rounds.items()}
    growth = {name: answers[-1]["peak_bytes"] - started[name].ready["bytes_before"] for name, answers in rounds.items()}
    for name, contender in started.items():
        plain = name.removesuffix(", recomputed")
        print(
            f"| {name} | {1000 * statistics.median(wall[name]) / arguments.batch:.0f} | {ratio(wall[name], wall[plain])} | "
            f"{growth[name] / 2**30:.2f} | {growth[name] / growth[plain]:.2f} | {contender.ready['compile_seconds']:.0f} |"
        )


def versions(*names: Any) -> str:
    return ", ".join(f"{name} {installed(name)}" for name in ("keras", *names)) + f", Python {platform.python_version()}"


def installed(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return version(f"{name}-cpu")


def main() -> Any:
    if sys.argv[1:2] == ["compile"]:
        return print(json.dumps(compiled_bytes(*map(int, sys.argv[2:]))))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["memory", "time"])
    parser.add_argument("--backend", choices=["jax", "tensorflow"], default="jax", help="memory: whose update (default: jax)")
    parser.add_argument("--layers", type=int, nargs="+", help="transformer blocks (default: 6 12 24, for time 12)")
    parser.add_argument("--batch", type=int, help="rows (default: 16, for time 8)")
    parser.add_argument("--length", type=int, help="tokens of a row (default: 256, for time 128)")
    parser.add_argument("--budget", type=float, help="GiB of temporary buffers (default: what the plain update takes)")
    parser.add_argument("--no_largest", action="store_true", help="leave out the search for the largest batch")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2, help="per contender and round")
    parser.add_argument("--verbose", action="store_true", help="time: show what the contenders print")
    arguments = parser.parse_args()
    usual = {"memory": ([6, 12, 24], 16, 256), "time": ([12], 8, 128)}[arguments.part]
    for name, value in zip(("layers", "batch", "length"), usual, strict=True):
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    {"memory": memory, "time": timing}[arguments.part](arguments)


if __name__ == "__main__":
    main()
