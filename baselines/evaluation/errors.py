"""The examples with the largest losses, as a text table: the first place to look for bad labels and weak spots.

  loss  gold        prediction  example        text
 4.127  neutral     entailment  dev.json:17    今天下雨。 | 天气很好。
"""

import unicodedata
from collections.abc import Sequence

from baselines.evaluation.predictions import Predictions
from baselines.task import Example


def error_table(examples: Sequence[Example], predictions: Predictions, count: int = 50, text_width: int = 80) -> str:
    """The examples with the largest losses, worst first; correct ones may be among them.

    Args:
        examples: Those that were predicted.
        predictions: With losses.
        count: Examples in the table.
        text_width: Terminal cells for the text of an example.
    """
    losses = predictions.losses
    worst = sorted(range(len(examples)), key=lambda position: -losses[position])[:count]
    lines = [("loss", "gold", "prediction", "example", "text")]
    for position in worst:
        example = examples[position]
        text = " ".join(" | ".join(example.texts).split())
        lines.append((
            f"{losses[position]:.3f}", str(example.gold), str(predictions.by_id[example.id]),
            example.origin or str(example.id), clip(text, text_width),
        ))
    return align(lines)


def align(lines: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Rows of str as text with columns under each other: the first to the right, the others to the left."""
    widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        cells = [cell + " " * (width - display_width(cell)) for cell, width in zip(line, widths, strict=True)]
        cells[0] = " " * (widths[0] - display_width(line[0])) + line[0]
        text.append(gap.join(cells).rstrip() + "\n")
    return "".join(text)


def display_width(text: str) -> int:
    """Cells of a terminal that a text takes: Chinese characters take two, combining marks none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def clip(text: str, width: int) -> str:
    """The beginning of a text that fits `width` cells, with "…" where it is cut."""
    if len(text) <= width and display_width(text) <= width:
        return text
    text = text[:width]
    while display_width(text) > width - 1:
        text = text[:-1]
    return text + "…"
