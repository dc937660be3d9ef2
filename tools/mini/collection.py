"""All files of datasets/mini: of every module here with a FOLDER and files(), and README.md's table of checksums."""

import hashlib
import importlib
import json
import pathlib
import pkgutil
from collections.abc import Mapping

import tools.mini

ROOT = pathlib.Path(__file__).parents[2] / "datasets" / "mini"
TABLE_START, TABLE_END = "<!-- files: written by python -m tools.mini -->\n", "<!-- end of files -->\n"


def generate() -> dict[str, str]:
    """{path below datasets/mini: the text of that file}. Rows are JSON lines, or text as it is."""
    texts = {}
    for found in pkgutil.iter_modules(tools.mini.__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"tools.mini.{found.name}")
        if hasattr(module, "FOLDER") and hasattr(module, "files"):
            for name, rows in module.files().items():
                lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                texts[f"{module.FOLDER}/{name}".lstrip("/")] = "".join(lines)
    return dict(sorted(texts.items()))


def table(texts: Mapping[str, str]) -> str:
    """Markdown: lines, bytes and SHA-256 of each file."""
    rows = ["| file | lines | bytes | sha256 |", "| --- | --- | --- | --- |"]
    for path, text in texts.items():
        content = text.encode()
        rows.append(f"| {path} | {text.count(chr(10))} | {len(content)} | {hashlib.sha256(content).hexdigest()} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str, texts: Mapping[str, str]) -> str:
    """README.md's text with the table between its two marks replaced."""
    before, _, rest = readme.partition(TABLE_START)
    _, _, after = rest.partition(TABLE_END)
    return before + TABLE_START + table(texts) + TABLE_END + after


def write(root: pathlib.Path = ROOT) -> None:
    texts = generate()
    readme = root / "README.md"
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), texts), encoding="utf-8", newline="\n")
    return texts
