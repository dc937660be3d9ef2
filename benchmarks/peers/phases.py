"""Where the time of a run goes: its process writes what it did between the command and its end.

Phases follow each other without gaps: start (imports, reading, encoding, building), first step, steps, scoring (and saving what an
epoch leaves), and the end, which the process that waits for this one adds.
"""

import json
import pathlib
import time
from typing import Any


class Phases:
    """Wall and CPU seconds by phase, of this process and all its threads.

    Args:
        started: time.monotonic() when the command was given, which is one clock for all processes.
    """

    def __init__(self, started: Any):
        self.wall, self.cpu = {}, {}
        self._before = started, 0.0

    def end(self, name: str) -> None:
        """What has passed since the last phase ended belongs to `name`."""
        now = time.monotonic(), time.process_time()
        for seconds, after, before in zip((self.wall, self.cpu), now, self._before, strict=True):
            seconds[name] = seconds.get(name, 0.0) + after - before
        self._before = now

    def write(self, path: Any, **values: Any) -> None:
        pathlib.Path(path).write_text(json.dumps({"wall": self.wall, "cpu": self.cpu, **values}))
