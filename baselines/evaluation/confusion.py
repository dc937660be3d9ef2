"""The confusion matrix, rows gold and columns predicted, as text and picture."""

import collections
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.runtime.text_table import aligned, clip, display_width
from baselines.storage.atomic_files import atomic_path

CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans CN", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC", "Heiti TC", "Arial Unicode MS",
    "Droid Sans Fallback",
)
MAX_CLASSES_IN_FULL = 20
"""Classes up to which the whole matrix is printed; more do not fit on a screen."""
MAX_DRAWN = 200
"""Classes up to which the matrix is computed and drawn: a picture of 1,200 took 18 GB of memory."""


def confusion_matrix(golds: list, predictions: list, names: Sequence[str]) -> np.ndarray:
    """Counts, int64 (C, C): [g, p] examples of class names[g] were taken for names[p]."""
    ids = {name: index for index, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)), np.int64)
    np.add.at(matrix, ([ids[gold] for gold in golds], [ids[prediction] for prediction in predictions]), 1)
    return matrix


def confusion_text(matrix: np.ndarray, names: Sequence[str], most_confused: int = 3) -> str:
    """A table: the whole matrix for up to 20 classes, else per class its count, recall, and what it is taken for."""
    if len(names) <= MAX_CLASSES_IN_FULL:
        lines = [("gold \\ predicted", *(clip(name, 16) for name in names), "recall")]
        for index, (name, row) in enumerate(zip(names, matrix, strict=True)):
            counts = (str(count) if count else "." for count in row)
            lines.append((clip(name, 16), *counts, share(row[index], row.sum())))
        return aligned(lines, "><")
    rows = zip(names, matrix, strict=True)
    counts = {name: {names[other]: int(row[other]) for other in np.flatnonzero(row)} for name, row in rows}
    return class_table(counts, names, most_confused)


def class_table(counts: Mapping, names: Sequence[str], most_confused: int = 3) -> str:
    """A line per class: its count, recall, and what it is taken for. `counts` is {gold: {predicted: examples}}, without zeros.

    Memory grows with the examples, not with the square of the classes.
    """
    lines, positions = [("gold", "count", "recall", "mostly taken for")], {name: index for index, name in enumerate(names)}
    for name in names:
        row = counts.get(name, {})
        wrong = sorted((other for other in row if other != name), key=lambda other: (-row[other], positions[other]))[:most_confused]
        taken_for = ", ".join(f"{other} ({row[other]})" for other in wrong)
        total = sum(row.values())
        lines.append((clip(name, 24), str(total), share(row.get(name, 0), total), taken_for))
    return aligned(lines, "><")


def pair_counts(golds: list, predictions: list) -> dict:
    """{gold: {predicted: number of examples}}."""
    counts = collections.defaultdict(collections.Counter)
    for gold, prediction in zip(golds, predictions, strict=True):
        counts[gold][prediction] += 1
    return counts


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def draw_confusion(path: str | Path, matrix: np.ndarray, names: Sequence[str]) -> None:
    """A .png heat map: shade is the share of the gold class's examples, numbers (up to 20 classes) are counts.

    Names that no installed font can draw (Chinese without a Chinese font) are replaced by their class ids.
    """
    from matplotlib.figure import Figure  # only runs that draw wait for its import

    size, font = len(names), chinese_font()
    labels = drawn_names(names, font)
    family = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    letters = {"fontsize": 9 if size <= MAX_CLASSES_IN_FULL else 6, "family": family}

    inches = max(4.5, 0.42 * size + 2) if size <= MAX_CLASSES_IN_FULL else 0.13 * size + 2
    figure = Figure(figsize=(inches, inches), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(size), labels, rotation=90, **letters)
    axes.set_yticks(range(size), labels, **letters)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    if size <= MAX_CLASSES_IN_FULL:
        for gold, predicted in np.argwhere(matrix):
            color = "white" if shares[gold, predicted] > 0.5 else "black"
            axes.text(predicted, gold, matrix[gold, predicted], ha="center", va="center", color=color, fontsize=7)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def drawn_names(names: Sequence[str], font: str | None) -> list[str]:
    """Names as they are drawn: class ids where a name is Chinese and there is no font for it."""
    if font is None and any(display_width(name) > len(name) for name in names):
        return [str(index) for index in range(len(names))]
    return [clip(name, 16) for name in names]


def chinese_font() -> str | None:
    """The first installed font of those that hold Chinese characters, or None."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in installed), None)
