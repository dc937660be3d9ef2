"""Likeliest and random cuts of a unigram model per CPU second: ours, SentencePiece's, and those of the `tokenizers` library.

    python benchmarks/unigram_sampling.py --text LINES.txt --peer PYTHON_WITH_SENTENCEPIECE

SentencePiece trains a model of 8,000 pieces on the lines. Contenders take turns; CPU seconds are the median of the rounds, ratios
the median of the ratios within a round. Prints a Markdown table.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from rounds import log, machine  # noqa: E402

from baselines.tokenizers.tokenizer import Tokenizer  # noqa: E402
from baselines.tokenizers.unigram_segmenter import UnigramSegmenter  # noqa: E402
from baselines.tokenizers.vendor_files import read_pieces  # noqa: E402

PEER = pathlib.Path(__file__).resolve().parent / "peers" / "cut_sentencepiece.py"
BATCH = 64


def cpu_seconds(work: Callable) -> float:
    """CPU seconds of a call, all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start


def library(model: pathlib.Path, alpha: float | None) -> object:
    """A model of the `tokenizers` library with the pieces of a SentencePiece model."""
    from tokenizers import models

    pieces = read_pieces(model)
    vocabulary = list(zip(pieces.vocabulary.tokens, pieces.pieces.scores, strict=True))
    return models.Unigram(vocabulary, pieces.pieces.unk_id, alpha=alpha)


def contenders(model: pathlib.Path, lines: list[str], alpha: float) -> dict[str, tuple[Callable, Callable]]:
    """{name: (the likeliest cuts, random ones)} of what runs in this process."""
    segmenter, tokenizer = UnigramSegmenter.from_file(model), Tokenizer(read_pieces(model))
    best, drawing = library(model, None), library(model, alpha)
    sampled = tokenizer.sampled(alpha)
    spaced = ["▁" + line.replace(" ", "▁") for line in lines]
    batches = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]

    def drawn():
        for number, batch in enumerate(batches):
            sampled.reseed(np.random.default_rng(number), batch)
            for line in batch:
                sampled.ids(line)

    return {
        "ours, cuts alone": (lambda: segmenter.cut(spaced), lambda: segmenter.cut(spaced, alpha, np.random.default_rng(0))),
        f"ours, `Tokenizer`, batches of {BATCH}": (lambda: [tokenizer.model.ids_of_all(batch) for batch in batches], drawn),
        "tokenizers, cuts alone": tuple(lambda rust=rust: [rust.tokenize(line) for line in spaced] for rust in (best, drawing)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", required=True, help="UTF-8 file, one text per line")
    parser.add_argument("--peer", required=True, metavar="PYTHON", help="a Python that has sentencepiece")
    parser.add_argument("--lines", type=int, default=20000, help="how many lines, at most (default: %(default)s)")
    parser.add_argument("--alpha", type=float, default=0.1, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    arguments = parser.parse_args()
    lines = [line for line in pathlib.Path(arguments.text).read_text(encoding="utf-8").split("\n") if line][: arguments.lines]
    megabytes = sum(len(line.encode("utf-8")) for line in lines) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path, model = pathlib.Path(folder, "lines.txt"), pathlib.Path(folder, "spiece.model")
        path.write_text("\n".join(lines), encoding="utf-8")
        command = [arguments.peer, str(PEER), str(model), str(path), str(arguments.alpha)]
        peer = lambda: json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: E731
        first = peer()
        ours = contenders(model, lines, arguments.alpha)
        found = {name: ([], []) for name in (*ours, "SentencePiece")}
        for number in range(arguments.rounds):
            for name, works in ours.items():
                for seconds, work in zip(found[name], works, strict=True):
                    seconds.append(cpu_seconds(work))
            result = peer()
            found["SentencePiece"][0].append(result["best"])
            found["SentencePiece"][1].append(result["drawn"])
            log(f"round {number + 1} of {arguments.rounds}")
    print(f"{len(lines):,} lines, {megabytes:.2f} MB, {first['pieces']:,} pieces, alpha {arguments.alpha}")
    print(f"sentencepiece {first['version']}, tokenizers {version('tokenizers')}, NumPy {np.__version__}; {machine()}\n")
    print("| MB per CPU second | likeliest cut | ratio | random cut | ratio |")
    print("|---|---|---|---|---|")
    for name, columns in found.items():
        cells = []
        for seconds, reference in zip(columns, found["SentencePiece"], strict=True):
            ratio = statistics.median(theirs / own for own, theirs in zip(seconds, reference, strict=True))
            cells.append(f"{megabytes / statistics.median(seconds):.2f} | {ratio:.2f}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
