"""Tables of plain text, in a terminal or a file. Chinese characters take two cells."""

import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], sides: str = "<", gap: str = "  ") -> str:
    """Writes rows with their columns under each other.

    Args:
        rows: Cells of each row; all rows have as many.
        sides: "<" (left) or ">" (right) for each column; the last one is that of all further columns.
        gap: Text between two columns.

    Returns:
        A line per row, each with a line end and without spaces before it.
    """
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    sides = sides + sides[-1] * len(widths)
    lines = []
    for row in rows:
        cells = []
        for cell, width, side in zip(row, widths, sides, strict=False):
            space = " " * (width - display_width(cell))
            cells.append(cell + space if side == "<" else space + cell)
        lines.append(gap.join(cells).rstrip() + "\n")
    return "".join(lines)


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
