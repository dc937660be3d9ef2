"""The process of a contender, and what it is asked: the other end of worker.py."""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

PEERS = pathlib.Path(__file__).parent
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}


class Contender:
    """A process that makes steps when it is asked to. It stays alive until `close`; `ready` is its first answer."""

    def __init__(
        self, name: str, python: str, script: str, sizes: dict, options: list = (), verbose: bool = False, **environment: Any
    ):
        self.name = name
        command = [python, str(PEERS / script), json.dumps(sizes), *options]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": None if verbose else subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env={**os.environ, **QUIET, **environment}, text=True, **pipes)
        self.ready = self.answer()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: the process ended with {self.process.wait()}; --verbose shows what it says")
        return json.loads(line)

    def ask(self, request: Any) -> dict:
        """Its answer to what JSON can say."""
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.answer()

    def steps(self, count: int) -> dict:
        """{"wall", "cpu": seconds of a step, "seconds": [of every step], "peak_bytes"}."""
        found = self.ask(count)
        return {**found, "wall": sum(found["seconds"]) / count, "cpu": found["cpu_seconds"] / count}

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def start(stack: Any, contenders: Any) -> dict:
    """{name: contender} of an iterable that starts them one after another; `stack` closes them."""
    started = {}
    for contender in contenders:
        stack.callback(contender.close)
        started[contender.name] = contender
        print(f"{contender.name}: first step after {contender.ready['compile_seconds']:.1f} s", file=sys.stderr, flush=True)
    return started
