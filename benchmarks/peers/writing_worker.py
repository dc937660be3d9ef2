"""The process of a contender that writes texts, on its side: it answers driver.py on stdin and stdout.

    worker   {"parameters", "versions"}                                       when its model is there
    driver   {"search": "beam" or "top-k", "texts": N}
    worker   {"seconds", "cpu_seconds", "written": lists of token ids, …}     after texts for N prompts; and what `more` tells
"""

import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np


def prompts(sizes: dict) -> list:
    """[CLS] random tokens [SEP], as many as the largest batch: int32 (N, L)."""
    shape = max(sizes["batches"]), sizes["prompt"]
    found = np.random.default_rng(0).integers(sizes["first_id"], sizes["config"]["vocab_size"], shape, dtype="int32")
    found[:, 0], found[:, -1] = sizes["cls_id"], sizes["end_id"]
    return found


def serve(build: Callable) -> None:
    """build(sizes, options) -> (write, more, number of parameters, {package: version}); runs it until stdin ends.

    write(search, prompts int32 (N, L)) -> a list of token ids per text; more() -> {name: what else to answer}
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                                       # what libraries print must not look like an answer
    sizes, options = json.loads(sys.argv[1]), sys.argv[2:]
    write, more, parameters, versions = build(sizes, options)
    data = prompts(sizes)

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    answer(parameters=parameters, versions=versions)
    for line in sys.stdin:
        request = json.loads(line)
        wall, cpu = time.perf_counter(), time.process_time()
        written = write(request["search"], data[: request["texts"]])
        seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
        written = [[int(token) for token in text] for text in written]
        if any(len(text) != sizes["tokens"] or sizes["end_id"] in text for text in written):
            raise ValueError(f"expected texts of {sizes['tokens']} tokens without the end. Received: {written}")
        answer(seconds=seconds, cpu_seconds=cpu_seconds, written=written, **more())
