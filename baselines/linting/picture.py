"""A picture of the data: lengths in tokens per split, and how the classes are spread."""

import numpy as np

from baselines.storage.atomic_files import atomic_path

MOST_CLASSES = 60
BINS = 60


def draw(path, splits, max_length, classes, drawn=list, font=None):
    """Writes a .png: histograms of lengths with a line at max_length and, where there are classes, their shares per split.

    classes   {split name: Counter}; empty ones are not drawn
    drawn     class names -> the labels to draw, for names that no font can draw
    """
    from matplotlib.figure import Figure  # only runs that draw wait for its import

    classes = {name: counted for name, counted in classes.items() if counted}
    figure = Figure(figsize=(9, 6.4 if classes else 3.4), dpi=130, layout="constrained")
    axes = np.atleast_1d(figure.subplots(2 if classes else 1, 1))
    draw_lengths(axes[0], splits, max_length)
    if classes:
        draw_classes(axes[1], classes, drawn, font)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def draw_lengths(axes, splits, max_length):
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


def draw_classes(axes, classes, drawn, font):
    """Bars of each class's share in every split, the most frequent of the first split on the left."""
    first = next(iter(classes.values()))
    names = sorted(set().union(*classes.values()), key=lambda name: (-first[name], str(name)))
    shown = names[:MOST_CLASSES]
    width = 0.8 / len(classes)
    for index, (split, counted) in enumerate(classes.items()):
        places = np.arange(len(shown)) + (index - (len(classes) - 1) / 2) * width
        axes.bar(places, [counted[name] / counted.total() for name in shown], width, label=split)
    letters = {"fontsize": 8 if len(shown) <= 30 else 6, "family": [font, "DejaVu Sans"] if font else ["DejaVu Sans"]}
    axes.set_xticks(range(len(shown)), drawn([str(name) for name in shown]), rotation=90 if len(shown) > 8 else 0, **letters)
    more = f", the {len(shown)} largest of {len(names)}" if len(names) > len(shown) else ""
    axes.set_xlabel(f"class{more}")
    axes.set_ylabel("share")
    axes.legend()
