"""A picture of the data: lengths in tokens per split, and how the classes are spread."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.linting.measured_split import MeasuredSplit
from baselines.storage.atomic_files import atomic_path

MAX_CLASSES = 60
BINS = 60


def draw_report(
    path: Path, splits: Sequence[MeasuredSplit], max_length: int, classes: dict, drawn: Callable = list, font: str | None = None
) -> None:
    """Writes a .png: histograms of lengths with a line at max_length and, where there are classes, their shares per split.

    Args:
        path: file to write.
        splits: all files.
        max_length: in tokens.
        classes: {split name: Counter}; empty ones are not drawn.
        drawn: class names -> the labels to draw, where no font can draw the names.
        font: family that draws them, or None for the default.
    """
    from matplotlib.figure import Figure  # only runs that draw wait for its import

    classes = {name: counts for name, counts in classes.items() if counts}
    figure = Figure(figsize=(9, 6.4 if classes else 3.4), dpi=130, layout="constrained")
    axes = np.atleast_1d(figure.subplots(2 if classes else 1, 1))
    draw_lengths(axes[0], splits, max_length)
    if classes:
        draw_classes(axes[1], classes, drawn, font)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def draw_lengths(axes: Any, splits: Sequence[MeasuredSplit], max_length: int) -> None:
    """Histograms of the splits in shares; what is beyond the last bin is counted in it."""
    lengths = [split.lengths for split in splits]
    right = max(max_length, *(int(np.quantile(each, 0.995)) for each in lengths)) + 1
    bins = np.linspace(0, right, min(right, BINS) + 1)
    for split, each in zip(splits, lengths, strict=True):
        weights = np.full(len(each), 1 / len(each))
        label = f"{split.name} ({len(each)})"
        axes.hist(np.minimum(each, right), bins, weights=weights, histtype="step", linewidth=1.5, label=label)
    axes.axvline(max_length, color="gray", linestyle="--", linewidth=1, label=f"max_length {max_length}")
    axes.set_xlabel("tokens per example, nothing trimmed")
    axes.set_ylabel("share of examples")
    axes.legend()


def draw_classes(axes: Any, classes: dict, drawn: Callable, font: str | None) -> None:
    """Bars of each class's share in every split, the most frequent of the first split on the left."""
    first = next(iter(classes.values()))
    names = sorted(set().union(*classes.values()), key=lambda name: (-first[name], str(name)))
    top = names[:MAX_CLASSES]
    width = 0.8 / len(classes)
    for index, (split, counts) in enumerate(classes.items()):
        places = np.arange(len(top)) + (index - (len(classes) - 1) / 2) * width
        axes.bar(places, [counts[name] / counts.total() for name in top], width, label=split)
    few = len(top) <= 30
    letters = {"fontsize": 8 if few else 6, "family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"]}
    axes.set_xticks(range(len(top)), drawn([str(name) for name in top]),
                   rotation=90 if len(top) > 8 else 0, **letters)  # fmt: skip
    more = f", the {len(top)} largest of {len(names)}" if len(names) > len(top) else ""
    axes.set_xlabel(f"class{more}")
    axes.set_ylabel("share")
    axes.legend()
