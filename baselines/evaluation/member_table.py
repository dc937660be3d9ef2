"""The scores of runs beside those of what was made of them, as a text table."""

from collections.abc import Mapping, Sequence

TABLE = "members.txt"
"""Its file in the folder of what was made of the runs."""


def member_table(rows: Sequence[tuple[str, float | None, Mapping[str, float]]]) -> str:
    """One line per run, and one for what was made of them.

    Args:
        rows: (name, weight or None, scores) of each, the joint one last; a score that the last row lacks is left out.

    Returns:
        Lines of aligned columns.
    """
    names = list(rows[-1][2])
    cells = [["run", "weight", *names]]
    for name, weight, scores in rows:
        numbers = [f"{scores[each]:.4f}" if each in scores else "-" for each in names]
        cells.append([name, "" if weight is None else f"{weight:.3f}", *numbers])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [[cell.rjust(width) for cell, width in zip(line, widths, strict=True)] for line in cells]
    return "".join(f"{line[0].strip():<{widths[0]}}  {'  '.join(line[1:])}\n" for line in lines)
