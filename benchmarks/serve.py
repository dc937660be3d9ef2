"""Latency and tokens per second of `run.py serve` on this machine, for 1, 8 and 32 clients at once: rows together or one at a time.

    python benchmarks/serve.py --run RUN

RUN is a run that writes; what it has learned does not matter. Two servers run in turns, one that writes --rows replies at once
and one that writes them one after another (--rows 1), on loopback. A client sends a request, reads the stream to its end, and
sends the next; every reply has --tokens tokens (its end may be one of them), drawn with top-k 5. After a round that warms up,
each number of clients makes --requests requests. The first token counts from the moment before the connection is opened.
Prints a Markdown table.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import datetime
import http.client
import importlib.metadata
import itertools
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from rounds import log, machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
UTTERANCES = (
    "你好", "今天天气怎么样？", "周末一起去爬山吧。", "最近在看什么书？", "我感冒了，有点难受。", "推荐一部电影吧，最好轻松一点。",
    "晚饭想吃火锅，你呢？", "明天要考试了，有点紧张，怎么办才好呢？",
)  # fmt: skip


@contextlib.contextmanager
def serving(run: Any, rows: Any, tokens: int, verbose: bool) -> Iterator:
    """Yields (host, port) of a server process."""
    flags = ["--run", run, "--rows", str(rows), "--port", "0", "--max_tokens", str(tokens), "--max_queue", "256"]
    command = [sys.executable, str(ROOT / "run.py"), "serve", *flags]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        place = None
        for line in server.stderr:
            if verbose:
                log(line.rstrip())
            if line.startswith("serving "):
                place = urlsplit(next(word for word in line.split() if word.startswith("http")))
                break
        if place is None:
            sys.exit(f"the server ended with {server.wait()}; --verbose shows what it says")
        with concurrent.futures.ThreadPoolExecutor(1) as reader:        # a full pipe would stop the server
            reader.submit(collections.deque, server.stderr, 0)
            try:
                yield place.hostname, place.port
            finally:
                server.terminate()
    finally:
        server.terminate()
        server.wait(60)


def ask(place: Any, number: int, tokens: int) -> tuple:
    """(seconds to the first token, seconds to the end, tokens written); raises on anything but a whole reply."""
    message = {"role": "user", "content": UTTERANCES[number % len(UTTERANCES)]}
    body = {"messages": [message], "stream": True, "stream_options": {"include_usage": True}, "seed": number, "top_k": 5,
            "max_tokens": tokens, "min_tokens": tokens}  # fmt: skip
    begun, first, last = time.perf_counter(), None, None
    connection = http.client.HTTPConnection(*place, timeout=300)
    with contextlib.closing(connection):
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{response.status} {response.read()[:200]}")
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            last = json.loads(line[6:])
            if first is None and last["choices"] and last["choices"][0]["delta"].get("content"):
                first = time.perf_counter() - begun
    whole = time.perf_counter() - begun
    return whole if first is None else first, whole, last["usage"]["completion_tokens"]


def load(place: Any, clients: int, requests: int, tokens: int) -> tuple:
    """([(first, whole, tokens)] of requests that were answered, [what went wrong], seconds that all took)."""
    numbers, found, wrong = itertools.count(), [], []

    def client():
        while (number := next(numbers)) < requests:
            try:
                found.append(ask(place, number, tokens))
            except Exception as error:
                wrong.append(repr(error))

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for _ in range(clients):
            pool.submit(client)
    return found, wrong, time.perf_counter() - begun


def measure(arguments: argparse.Namespace) -> dict:
    """{(rows, clients): what `load` found}."""
    measured = {}
    for rows in (arguments.rows, 1):
        with serving(arguments.run, rows, arguments.tokens, arguments.verbose) as place:
            for clients in arguments.clients:
                load(place, clients, 2 * len(UTTERANCES) + 4 * clients, arguments.tokens)       # compiles the shapes that occur
                measured[rows, clients] = load(place, clients, max(arguments.requests, clients), arguments.tokens)
                found, wrong, seconds = measured[rows, clients]
                log(f"{rows} rows, {clients} clients: {len(found)} replies in {seconds:.1f} s, {len(wrong)} errors {wrong[:1]}")
    return measured


def percentiles(seconds: Any) -> str:
    """Median, 95th and 99th percentile in milliseconds."""
    if len(seconds) < 2:
        return "-"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return " / ".join(f"{1000 * cuts[percent - 1]:.0f}" for percent in (50, 95, 99))


def report(arguments: argparse.Namespace, measured: dict) -> None:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("keras", "fastapi", "uvicorn"))
    print(f"{arguments.tokens} tokens a reply, {arguments.requests} requests (or one per client) a row, {datetime.date.today()}")
    print(f"{machine()}, {platform.system()}; {versions}, Python {platform.python_version()}\n")
    header = ["replies written at once", "clients", "first token, ms: median / 95 % / 99 %", "whole reply, ms", "tokens/s"]
    header += ["to one at a time", "errors"]
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
    speed = {key: sum(tokens for _, _, tokens in found) / seconds for key, (found, _, seconds) in measured.items()}
    for (rows, clients), (found, wrong, _) in measured.items():
        first, whole = ([each[which] for each in found] for which in (0, 1))
        cells = [rows, clients, percentiles(first), percentiles(whole), f"{speed[rows, clients]:.0f}"]
        cells += [f"{speed[rows, clients] / max(speed[1, clients], 1e-9):.2f}", len(wrong)]
        print(f"| {' | '.join(map(str, cells))} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", required=True, help="run folder of a task that writes")
    parser.add_argument("--rows", type=int, default=8, help="replies written at once by the first server (default: %(default)s)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32], help="clients at once (default: 1 8 32)")
    parser.add_argument("--requests", type=int, default=96, help="per number of clients (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=32, help="of every reply (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show what the servers print while they start")
    arguments = parser.parse_args()
    report(arguments, measure(arguments))


if __name__ == "__main__":
    main()
