"""The scores of runs beside those of what was made of them, as a text table."""

from collections.abc import Mapping, Sequence

from baselines.runtime.text_table import aligned

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
    return aligned(cells, "<>")
