"""Texts encoded per second: ours one at a time and in batches, the `tokenizers` library alone, and bert4keras.

    python benchmarks/tokenization.py --text LINES.txt --oracle VENV/bin/python
    python benchmarks/tokenization.py --text LINES.txt --model unigram          # or bpe: trained on the lines

The oracle is a Python with bert4keras 0.11.5 (tests/goldens/tokenizer/make.py says how to get one). It runs now,
on the same lines and vocabulary. Without --text the lines are random Chinese text. Prints a Markdown table; where
other work shares the machine, the rates per CPU second (all threads) are the ones to compare.
"""

import argparse
import collections
import json
import os
import pathlib
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from baselines.tokenizers.normalization import Normalizer, is_cjk  # noqa: E402
from baselines.tokenizers.tokenizer import Tokenizer  # noqa: E402
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary  # noqa: E402

MAX_LENGTH = 128
PEER = """
import json, sys, time
from importlib.metadata import version
from bert4keras.tokenizers import Tokenizer
vocabulary, lines, repeats, max_length = sys.argv[1], open(sys.argv[2], encoding="utf-8").read().split("\\n"), *map(int, sys.argv[3:])
tokenizer, seconds = Tokenizer(vocabulary, do_lower_case=True), []
for _ in range(repeats):
    start, cpu = time.perf_counter(), time.process_time()
    rows = [tokenizer.encode(line, maxlen=max_length)[0] for line in lines]
    seconds.append((time.perf_counter() - start, time.process_time() - cpu))
print(json.dumps({"seconds": list(map(min, zip(*seconds))), "tokens": sum(map(len, rows)), "check": sum(map(sum, rows)), "version": version("bert4keras")}))
"""  # noqa: E501


def synthetic_lines(count: int) -> Iterator:
    random_ = random.Random(0)
    characters = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
    weights = [1 / rank for rank in range(1, len(characters) + 1)]
    for _ in range(count):
        text = "".join(random_.choices(characters, weights, k=random_.randint(8, 40)))
        yield text + random_.choice(["。", "！", " iPhone 12，", "2020年", "?"])


def vocabulary_of(lines: Any) -> Any:
    """Characters, their ## forms and words that come twice: enough to encode `lines` like a BERT vocabulary would."""
    words = collections.Counter(word for line in lines for word in Normalizer().words(line))
    characters = sorted({character for word in words for character in word})
    continued = [f"##{character}" for character in characters if not is_cjk(character)]
    frequent = [word for word, count in words.items() if count > 1]
    return Vocabulary(dict.fromkeys([*SPECIAL_TOKENS, *characters, *continued, *frequent]))


def best_seconds(function: Callable, repeats: int) -> tuple:
    """((wall, CPU) seconds of the fastest runs, result); `function` is made anew each time, with nothing remembered."""
    runs = []
    for _ in range(repeats):
        run = function()
        start, cpu = time.perf_counter(), time.process_time()
        result = run()
        runs.append((time.perf_counter() - start, time.process_time() - cpu))
    return tuple(map(min, zip(*runs, strict=True))), result


def trained(model: str, lines: list[str]) -> Tokenizer:
    """A unigram or byte-level BPE tokenizer, trained on the lines."""
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    if model == "unigram":
        rust = tokenizers.Tokenizer(models.Unigram())
        stage, decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=8000, special_tokens=["<unk>", "</s>", "<pad>"], unk_token="<unk>", show_progress=False
        )
    else:
        rust = tokenizers.Tokenizer(models.BPE())
        stage, decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=8000, special_tokens=["<|endoftext|>"], show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip
    rust.pre_tokenizer, rust.decoder = stage, decoder
    rust.train_from_iterator(lines, trainer)
    with tempfile.TemporaryDirectory() as folder:
        rust.save(f"{folder}/tokenizer.json")
        return Tokenizer.from_folder(folder)


def measure(make: Callable[[], Tokenizer], lines: Any, repeats: int) -> dict:
    """{name: ((wall, CPU) seconds, sum of all ids)} of ours and of the library alone."""

    def single():
        tokenizer = make()
        return lambda: [tokenizer.encode(line, MAX_LENGTH)["token_ids"] for line in lines]

    def batch():
        tokenizer = make()
        return lambda: [
            tokenizer.encode_batch(lines[i : i + 32], MAX_LENGTH)["token_ids"] for i in range(0, len(lines), 32)
        ]

    def rust():
        import tokenizers

        with tempfile.TemporaryDirectory() as folder:
            make().save(folder)
            tokenizer = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
        tokenizer.enable_truncation(MAX_LENGTH)
        return lambda: [encoding.ids for encoding in tokenizer.encode_batch_fast(lines)]

    found, pad_id = {}, make().vocabulary.pad_id
    contenders = {"ours, one at a time": single, "ours, batches of 32": batch, "tokenizers alone": rust}
    for name, function in contenders.items():
        seconds, rows = best_seconds(function, repeats)
        found[name] = seconds, sum(int(row[row != pad_id].sum()) for row in map(np.asarray, rows))
    return found


def measure_peer(python: str, vocabulary: Any, lines: Any, repeats: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        vocabulary.save(f"{folder}/vocab.txt")
        pathlib.Path(folder, "lines.txt").write_text("\n".join(lines), encoding="utf-8", newline="\n")
        arguments = [f"{folder}/vocab.txt", f"{folder}/lines.txt", str(repeats), str(MAX_LENGTH)]
        environment = {**os.environ, "TF_KERAS": "1", "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run([python, "-c", PEER, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"--oracle {python}: expected a Python with bert4keras. Received: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.strip().split("\n")[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", help="UTF-8 file, one text per line")
    parser.add_argument("--lines", type=int, default=20000, help="how many lines, at most (default: %(default)s)")
    parser.add_argument("--oracle", metavar="PYTHON", help="a Python that has bert4keras")
    parser.add_argument("--model", choices=("wordpiece", "unigram", "bpe"), default="wordpiece", help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=5, help="the fastest of N counts (default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.text:
        lines = pathlib.Path(arguments.text).read_text(encoding="utf-8").split("\n")[: arguments.lines]
    else:
        lines = list(synthetic_lines(arguments.lines))
    characters = sum(map(len, lines))
    if arguments.model == "wordpiece":
        vocabulary = vocabulary_of(lines)
        found = measure(lambda: Tokenizer.from_vocabulary(vocabulary), lines, arguments.repeats)
    else:
        model = trained(arguments.model, lines).model
        vocabulary = model.vocabulary
        found = measure(lambda: Tokenizer(model.subset(range(len(vocabulary)))), lines, arguments.repeats)
    versions = [f"tokenizers {version('tokenizers')}", f"Python {platform.python_version()}"]
    if arguments.oracle and arguments.model == "wordpiece":
        peer = measure_peer(arguments.oracle, vocabulary, lines, arguments.repeats)
        found["bert4keras"] = peer["seconds"], peer["check"]
        versions.append(f"bert4keras {peer['version']}")
    reference = found.get("bert4keras", found["tokenizers alone"])
    print(f"{len(lines)} texts of {characters / len(lines):.1f} characters, {len(vocabulary)} tokens in the vocabulary")
    print(f"{', '.join(versions)}; {platform.machine()}, {len(os.sched_getaffinity(0))} cores, {platform.system()}\n")
    print("| encoded by | texts/s | characters/s | ratio | texts per CPU second | ratio | same ids |")
    print("|---|---|---|---|---|---|---|")
    for name, ((wall, cpu), check) in found.items():
        rates = f"{len(lines) / wall:,.0f} | {characters / wall:,.0f} | {reference[0][0] / wall:.1f}"
        cpu_rates = f"{len(lines) / cpu:,.0f} | {reference[0][1] / cpu:.1f}"
        print(f"| {name} | {rates} | {cpu_rates} | {'yes' if check == reference[1] else 'no'} |")


if __name__ == "__main__":
    main()
