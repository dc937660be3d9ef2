"""The training record: metrics.jsonl, TensorBoard events and curves.png, written from the same lines."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from baselines.storage.atomic_files import atomic_path

SPEED = "tokens_per_second"
LIKELIHOOD = "log_likelihood"
"""The loss again where a language is modeled: drawn where there is no other score, which would look flat beside it."""
APART = ("epoch", "step", "split", "loss", "perplexity", SPEED)
"""What is drawn in another panel than scores, or would not fit on their scale."""

SECONDS = 60
"""Between two drawings of a run that goes on, since the first one takes a second of work and later ones a third of it."""


class Curves:
    """Call it with a line: {"epoch", "step", "split", name: number, …}. `with Curves(folder, metrics) as record: …`

    size(), truncate(bytes)   of metrics.jsonl, for a run that resumes
    """

    def __init__(self, folder: Path, metrics: Any):
        self.folder, self.metrics = folder, metrics
        self.size, self.truncate = metrics.size, metrics.truncate
        self.drawn, self.is_old = time.monotonic(), False

    def __enter__(self):
        from tensorboard.summary import DirectoryOutput, Writer

        self.writer = Writer(DirectoryOutput(str(self.folder / "tensorboard")))
        return self

    def __exit__(self, *exception):
        self.writer.close()
        if self.is_old:
            self.draw()

    def __call__(self, line: dict) -> None:
        self.metrics(line)
        for name, value in line.items():
            if name not in ("epoch", "step", "split"):
                self.writer.add_scalar(f"{line['split']}/{name}", np.float32(value), step=line["step"])
        if line["split"] == "dev":
            self.writer.flush()
            self.is_old = True
            if time.monotonic() - self.drawn > SECONDS:
                self.draw()

    def draw(self) -> None:
        """Draws all lines up to now."""
        draw(self.folder / "curves.png", self.metrics.read())
        self.drawn, self.is_old = time.monotonic(), False


def draw(path: Path, lines: list[dict]) -> None:
    """A .png with the loss of both splits, the dev scores, and the speed where it was measured, over updates."""
    from matplotlib.figure import Figure

    dev = [line for line in lines if line["split"] == "dev"]
    speeds = [line for line in dev if SPEED in line]
    panels = 3 if speeds else 2
    figure = Figure(figsize=(4.5 * panels, 3.4), dpi=120, layout="constrained")
    losses, scores, *rest = figure.subplots(1, panels)
    for split, style in (("train", "-"), ("dev", "o-")):
        chosen = [line for line in lines if line["split"] == split and "loss" in line]
        losses.plot([line["step"] for line in chosen], [line["loss"] for line in chosen], style, label=split, ms=3)
    names = [name for name in dev[0] if name not in APART] if dev else []
    if len(names) > 1 and LIKELIHOOD in names:
        names.remove(LIKELIHOOD)
    for name in names:
        scored = [line for line in dev if name in line]
        scores.plot([line["step"] for line in scored], [line[name] for line in scored], "o-", label=name, ms=3)
    for axes in rest:
        axes.plot([line["step"] for line in speeds], [line[SPEED] for line in speeds], "o-", label="with padding", ms=3)
    for axes, label in zip((losses, scores, *rest), ("loss", "dev score", "tokens per second"), strict=False):
        axes.set_xlabel("update")
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
