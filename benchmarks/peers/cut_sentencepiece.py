"""SentencePiece's CPU seconds for the cuts of some lines, likeliest and random. Trains a unigram model unless one is given.

    PYTHON_WITH_SENTENCEPIECE cut_sentencepiece.py MODEL LINES ALPHA
"""

import json
import pathlib
import sys
import time

import sentencepiece


def cpu_seconds(work: object) -> tuple:
    """(CPU seconds, result) of a call."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


model, path, alpha = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
if not model.exists():
    sentencepiece.SentencePieceTrainer.train(
        input=path, model_prefix=str(model.with_suffix("")), model_type="unigram", vocab_size=8000, character_coverage=0.9995,
        normalization_rule_name="identity", minloglevel=2, num_threads=1,
    )  # fmt: skip
processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
lines = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
best, pieces = cpu_seconds(lambda: [processor.encode(line, out_type=str) for line in lines])
drawn, _ = cpu_seconds(
    lambda: [processor.encode(line, enable_sampling=True, alpha=alpha, nbest_size=-1) for line in lines]
)  # fmt: skip
print(json.dumps({"best": best, "drawn": drawn, "pieces": sum(map(len, pieces)), "version": sentencepiece.__version__}))
