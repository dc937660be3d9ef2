"""List the available tasks, models, strategies, optimizers, losses.

run.py list        run.py list tasks|models|strategies|optimizers|losses        the last three with their settings
"""

from baselines import losses
from baselines.errors import InputError, excerpt, nearest
from baselines.models import families
from baselines.plugins import task_catalog
from baselines.plugins.settings import described
from baselines.training import optimizers, strategies

KINDS = {
    "tasks": task_catalog.names, "models": families.families, "strategies": strategies.names, "optimizers": optimizers.names,
    "losses": losses.names,
}  # fmt: skip
PARTS = {"strategies": strategies, "optimizers": optimizers, "losses": losses}
"""Kinds whose members have settings."""


def main(argv: list[str]) -> None:
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    for kind in argv:
        if kind not in KINDS:
            raise InputError(f"list: there is no list of {excerpt(kind)!r}. {nearest(kind, KINDS)}")
    for kind in argv or KINDS:
        summaries = KINDS[kind]()
        width = max(map(len, summaries), default=0)
        print(f"{kind}:")
        for name, summary in summaries.items():
            print(f"  {name:<{width}}  {summary}")
            if argv and kind in PARTS:
                print_settings(name, PARTS[kind].kind(name), indent=width + 4)
        if not summaries:
            print("  none yet")


def print_settings(name: str, kind: type, indent: int) -> None:
    """Prints a line per setting of a part: the flag with its default, and its meaning.

    Args:
        name: Name of the part, such as "fgm".
        kind: Its class.
        indent: Number of spaces before each line.
    """
    settings = [(f"--{name}.{field} {'VALUE' if default is None else default}", text) for field, default, text in described(kind)]
    width = max((len(flag) for flag, _ in settings), default=0)
    for flag, text in settings:
        print(f"{'':{indent}}{flag:<{width}}  {' '.join(text.split())}")
