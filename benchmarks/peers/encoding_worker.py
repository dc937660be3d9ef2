"""The process of a contender that makes vectors, on its side: it answers driver.py on stdin and stdout.

    worker   {"parameters", "versions"}                          when its model is there
    driver   {"texts": N}
    worker   {"seconds", "cpu_seconds", "vectors": the first 3}  after N texts
"""

import json
import os
import pathlib
import sys
import time
from collections.abc import Callable


def serve(build: Callable) -> None:
    """build(sizes, options) -> (encode, number of parameters, {package: version}); encode(texts) -> float (N, D) of length 1."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                                       # what libraries print must not look like an answer
    sizes, options = json.loads(sys.argv[1]), sys.argv[2:]
    encode, parameters, versions = build(sizes, options)
    texts = pathlib.Path(sizes["folder"], "texts.txt").read_text(encoding="utf-8").splitlines()
    print(json.dumps({"parameters": parameters, "versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        count = json.loads(line)["texts"]
        wall, cpu = time.perf_counter(), time.process_time()
        vectors = encode(texts[:count])
        found = {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu, "vectors": vectors[:3].tolist()}
        print(json.dumps(found), file=answers, flush=True)
