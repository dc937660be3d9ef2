"""Counts the files that a reader passes on the way of `train clue/tnews` from the command to the weights.

    python tests/walk_of_a_run.py

Trains on a few lines and notes who is on the call stack at six moments, from the first line that is read to the first update
of the weights. Each file on one of these stacks stands between the command and the weights; all others are details of one of
them. docs/architecture.md describes them in order.
"""

import collections
import os
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOMENTS = {
    ("tasks/clue/tnews.py", "read"): "a line is read",
    ("baselines/tokenizers/tokenizer.py", "encode"): "a text is encoded",
    ("baselines/models/bert.py", "build"): "the encoder is built",
    ("baselines/weights/load.py", "load_weights"): "the weights are loaded",
    ("baselines/heads/classification.py", "__call__"): "the head is attached",
    ("baselines/training/objective.py", "gradients"): "an update is computed",
}
"""(file, function) whose call is a moment, and what it is."""


def walk(argv):
    """{moment: [files on the call stack, outermost first]} of a command, the first time that each moment comes."""
    from baselines.cli.main import main

    stacks = {}

    def note(frame, event, _):
        place = file_of(frame), frame.f_code.co_name
        if event == "call" and place in MOMENTS and MOMENTS[place] not in stacks:
            files = []
            while frame is not None:
                files.append(file_of(frame))
                frame = frame.f_back
            ours = [file for file in reversed(files) if file.startswith(("baselines/", "tasks/"))]
            stacks[MOMENTS[place]] = list(dict.fromkeys(["run.py", *ours]))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        code = main(argv)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    if code:
        raise SystemExit(code)
    return stacks


def file_of(frame):
    name = frame.f_code.co_filename
    return name[len(str(ROOT)) + 1 :] if name.startswith(f"{ROOT}{os.sep}") else ""


def small_run(folder):
    """The command line of a run on a few lines of the embedded data, written to a new folder."""
    argv = ["train", "clue/tnews", "--demo", "--epochs", "1", "--max_length", "16", "--batch_size", "8", "--no_jit", "--quiet"]
    for split, count in (("train", 16), ("dev", 8)):
        lines = (ROOT / f"datasets/mini/clue/tnews/{split}.json").read_text(encoding="utf-8").splitlines()[:count]
        (folder / f"{split}.json").write_text("\n".join(lines), encoding="utf-8")
        argv += [f"--{split}", str(folder / f"{split}.json")]
    return [*argv, "--output", str(folder / "run")]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as name:
        found = walk(small_run(Path(name)))
    for moment, files in found.items():
        print(f"{moment}:\n    {' > '.join(files)}")
    counts = collections.Counter(file for files in found.values() for file in files)
    print(f"{len(counts)} files:", *counts, sep="\n    ")
