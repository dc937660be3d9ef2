"""A command of run.py in a process of its own, so that its peak memory is its own."""

import signal
import subprocess
from collections.abc import Callable

from baselines.runtime.command_name import own_command


def run_in_process(words: list[str], stop: Callable[[], bool] = lambda: False) -> int:
    """Exit code of `run.py` in a process of its own, so that its peak memory is its own. Ctrl-C lets it save its state.

    Args:
        words: What follows run.py.
        stop: Called every second; True stops the process as Ctrl-C does.
    """
    process, stopped = subprocess.Popen([*own_command(), *words], process_group=0), False
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                if not stopped and stop():
                    stopped = True
                    process.terminate()
            except KeyboardInterrupt:                                   # its group is another one: it comes here only
                process.terminate()                                     # as Ctrl-C, which background jobs of a shell ignore
    finally:
        signal.signal(signal.SIGTERM, before)


def was_stopped(code: int) -> bool:
    """Whether an exit code of `run_in_process` is that of a process that was stopped, by Ctrl-C or as by it."""
    return code in (130, -signal.SIGINT, -signal.SIGTERM)
