"""run.py in a process of its own, to be stopped at an update."""

import json
import subprocess
import sys
import time

from conftest import ROOT


class Process:
    """run.py in a process of its own, stopped by a signal once its run has come to an update."""

    def __init__(self, *argv):
        command = [sys.executable, "run.py", *map(str, argv)]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def stop(self, folder, update, number):
        """Sends the signal when metrics.jsonl shows `update`. Returns (exit code, stderr)."""
        deadline = time.monotonic() + 300
        while last_update(folder) < update:
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.002)
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=300)
        return self.process.returncode, errors


def last_update(folder):
    path = folder / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    return json.loads(lines[-1])["step"] if lines else 0
