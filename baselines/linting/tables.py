"""A report as people read it: a table per section with a verdict per line, then where to look; and as JSON."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from baselines.linting.findings import ERROR, OK, WARNING, Finding, Section, Share, worst

STYLES = {OK: "green", WARNING: "yellow", ERROR: "bold red"}


def print_tables(
    sections: Sequence[Section], split_names: Sequence[str], console: Console | None = None, width: int = 120
) -> None:
    """Prints the tables of a list of Sections; elsewhere than in a terminal they are `width` cells wide."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console = Console(file=console.file, highlight=False, width=width)
    for section in sections:
        table = Table()
        table.add_column(Text(section.title), overflow="fold")
        for name in split_names:
            table.add_column(Text(name), justify="right", overflow="fold")
        table.add_column("verdict")
        for finding in section.findings:
            cells = (Text(str(finding.values.get(name, ""))) for name in split_names)
            table.add_row(Text(finding.what), *cells, Text(finding.verdict, STYLES[finding.verdict]))
        console.print(table)
        for finding in section.findings:
            if finding.verdict != OK:
                reason = Text(f"{finding.verdict}: {finding.what}. {finding.advice}".rstrip(), STYLES[finding.verdict])
                console.print(reason, *(Text(f"    {line}") for line in finding.where[:3]), sep="\n", soft_wrap=True)
        console.print()


def worst_verdict(sections: Iterable[Section]) -> str:
    """The worst verdict of a list of Sections."""
    return worst(finding.verdict for section in sections for finding in section.findings)


def to_json(sections: Iterable[Section]) -> list[dict]:
    """[{"section", "findings": [{"what", "values", "verdict", "advice", "where"}]}]; a Share is {"count", "of", "rate"}."""
    return [{"section": section.title, "findings": [finding_json(finding) for finding in section.findings]} for section in sections]


def finding_json(finding: Finding) -> dict:
    values = {
        name: {"count": value.count, "of": value.total, "rate": value.rate} if isinstance(value, Share) else value
        for name, value in finding.values.items()
    }
    return {"what": finding.what, "values": values, "verdict": finding.verdict, "advice": finding.advice,
            "where": list(finding.where)}  # fmt: skip
