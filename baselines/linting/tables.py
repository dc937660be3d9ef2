"""A report as people read it: a table per section with a verdict per line, then where to look; and as JSON."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from baselines.linting.findings import COSTS, LOOK, OK, Share, worst

STYLES = {OK: "green", LOOK: "yellow", COSTS: "bold red"}


def show(sections, split_names, console=None, width=120):
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


def verdict(sections):
    """The worst verdict of a list of Sections."""
    return worst(finding.verdict for section in sections for finding in section.findings)


def to_json(sections):
    """[{"section", "findings": [{"what", "values", "verdict", "advice", "where"}]}]; a Share is {"count", "of", "rate"}."""
    return [{"section": section.title, "findings": [plain(finding) for finding in section.findings]} for section in sections]


def plain(finding):
    values = {
        name: {"count": value.count, "of": value.total, "rate": value.rate} if isinstance(value, Share) else value
        for name, value in finding.values.items()
    }
    return {"what": finding.what, "values": values, "verdict": finding.verdict, "advice": finding.advice,
            "where": list(finding.where)}  # fmt: skip
