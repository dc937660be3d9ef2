"""Tokens per second of pretraining: the step on TensorFlow + XLA and on JAX, and the data pipeline alone.

    python benchmarks/pretrain.py [--objective roberta] [--rounds 5] [--steps 3]

The model has the configuration of checkpoints/mini. Steps are on random rows without padding; the backends take turns, some steps
each per round, and measure the product of two 1024 x 1024 matrices in the same round: the peak that the share is of. FLOPs of a
step are counted, not measured: 2 per weight and token forward and twice that backward, embeddings left out, the vocabulary only at
the places that are predicted. Tokens include special ones and padding. The pipeline reads, segments, tokenizes and packs made-up
text in one process, then makes batches of it as training does. Prints Markdown tables.
"""

import argparse
import contextlib
import datetime
import pathlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from peers.driver import Contender, start
from rounds import machine, ratio, take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
MINI = ROOT / "checkpoints" / "mini"
BACKENDS = {"TensorFlow + XLA": "tensorflow", "JAX": "jax"}


def steps(arguments: argparse.Namespace) -> float:
    """Prints the table of the step. Returns the tokens per second of the fastest."""
    sizes = {
        "objective": arguments.objective, "config": str(MINI / "config.json"), "batch_size": arguments.batch_size,
        "length": arguments.length, "dropout": arguments.dropout,
    }  # fmt: skip
    tokens = arguments.batch_size * arguments.length
    with contextlib.ExitStack() as stack:
        contenders = (
            Contender(name, sys.executable, "pretrain_ours.py", sizes, verbose=arguments.verbose, KERAS_BACKEND=backend)
            for name, backend in BACKENDS.items()
        )
        started = start(stack, contenders)
        rounds = take_turns(started, arguments.rounds, lambda contender: contender.steps(arguments.steps))
    first = next(iter(rounds))
    versions = {name: value for each in started.values() for name, value in each.ready["versions"].items()}
    print(f"{arguments.objective}, {arguments.batch_size} x {arguments.length} tokens, dropout {arguments.dropout}, AdamW, "
          f"float32; {arguments.rounds} rounds of {arguments.steps} steps, {datetime.date.today()}; {machine()}; "
          f"{', '.join(f'{name} {value}' for name, value in versions.items())}\n")  # fmt: skip
    header = ["step on", "ms, median (min)", "x " + first, "tokens/s", "tokens per CPU second", "share of peak", "peak, GFLOP/s"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    speeds = []
    for name, answers in rounds.items():
        wall = [answer["wall"] for answer in answers]
        work = started[name].ready["flops"]
        shares = [work / answer["wall"] / answer["peak"] for answer in answers]
        speeds.append(tokens / statistics.median(wall))
        cells = [
            name, f"{1000 * statistics.median(wall):.0f} ({1000 * min(wall):.0f})",
            ratio(wall, [answer["wall"] for answer in rounds[first]]), f"{speeds[-1]:,.0f}",
            f"{tokens / statistics.median(answer['cpu'] for answer in answers):,.0f}",
            f"{statistics.median(shares):.0%}", f"{statistics.median(answer['peak'] for answer in answers) / 1e9:.0f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |")
    return max(speeds)


def text(lines: Any, seed: int = 7) -> Iterator:
    """Lines of made-up Chinese: words of jieba's dictionary in random order, with stops."""
    import jieba

    jieba.setLogLevel("WARNING")
    jieba.initialize()
    dice = random.Random(seed)
    words = [word for word, count in jieba.dt.FREQ.items() if count > 20]
    for _ in range(lines):
        yield "".join("".join(dice.choices(words, k=dice.randint(3, 12))) + "，。"[part % 2] for part in range(8)) + "\n"


def pipeline(arguments: argparse.Namespace, fastest: float) -> None:
    """Prints the table of the data pipeline, against the fastest step."""
    from baselines.cli.pretrain import find
    from baselines.data.packed.packed_batches import PackedBatches
    from baselines.data.packed.packed_dataset import PackedDataset, write_records
    from baselines.data.packed.text_corpus import TextCorpus
    from baselines.tokenizers.tokenizer import Tokenizer

    tokenizer = Tokenizer.from_folder(MINI)
    _, objective = find(arguments.objective)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "text.txt")
        path.write_text("".join(text(arguments.lines)), encoding="utf-8")
        started, cpu = time.perf_counter(), time.process_time()
        counts = write_records(pathlib.Path(folder, "records"), {"train": TextCorpus((path,))}, tokenizer, arguments.length)
        packing = counts["train_tokens"] / (time.perf_counter() - started), counts["train_tokens"] / (time.process_time() - cpu)
        records = PackedDataset.open(pathlib.Path(folder, "records"), "train")
        make = lambda token_ids, starts, rng: objective.make(token_ids, starts, tokenizer.vocabulary, rng)  # noqa: E731
        batches = PackedBatches(records, arguments.batch_size, arguments.length, make, tokenizer.vocabulary.pad_id)
        started, cpu = time.perf_counter(), time.process_time()
        tokens = sum(batch["features"]["token_ids"].size for (batch,) in batches.updates(seed=0, epoch=0))
        loading = tokens / (time.perf_counter() - started), tokens / (time.process_time() - cpu)
    header = ["pipeline, one process", "tokens/s", "x the fastest step", "tokens per CPU second"]
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for name, (wall, busy) in {"text to records, once": packing, "records to masked batches": loading}.items():
        print(f"| {name} | {wall:,.0f} | {wall / fastest:.0f} | {busy:,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objective", default="roberta")
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--lines", type=int, default=5000, help="of made-up text (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show what the contenders' processes say")
    arguments = parser.parse_args()
    pipeline(arguments, steps(arguments))


if __name__ == "__main__":
    main()
