"""Programs for export folders, one file per kind of prediction: what another program has to do, without this library.

`example.py` of an export is such a file with rows.py in place of its import.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
IMPORT = "from baselines.exporting.examples.rows import encode, ids, open_folder\n"
OTHERS = ("numpy", "onnxruntime", "tokenizers")
"""Packages that are not Python's own."""


def source(kind: str) -> str | None:
    """The text of example.py for an `output_kind`; None for a kind without one."""
    path = FOLDER / f"{kind}.py"
    if not path.is_file() or kind == "rows":
        return None
    rows = (FOLDER / "rows.py").read_text(encoding="utf-8").split('"""\n', 1)[1]
    imports, functions = rows.split("\n\n\n", 1)
    text = path.read_text(encoding="utf-8")
    head, body = text.split(IMPORT, 1)
    docstring, own = head.split('"""\n', 1)
    lines = {line: line.startswith("from") for part in (imports, own) for line in part.splitlines() if line.strip()}
    lines = sorted(lines, key=lambda line: (lines[line], line))
    plain, others = ([line for line in lines if (line.split()[1] in OTHERS) is other] for other in (False, True))
    return f'{docstring}"""\n\n' + "\n".join([*plain, "", *others]) + f"\n\n\n{functions.rstrip()}\n{body}"
