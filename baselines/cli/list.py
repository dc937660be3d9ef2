"""List the available tasks, models, strategies, optimizers, losses, ways to learn from few labels, and published checkpoints.

run.py list        run.py list tasks|models|strategies|optimizers|losses|few    the last four with their settings
run.py list checkpoints [--family roformer]                                     what --init can download
"""

from baselines import losses
from baselines.cli.argument_parser import take_option
from baselines.errors import InputError, excerpt, nearest
from baselines.models import families
from baselines.models.published_checkpoints import published_checkpoints
from baselines.plugins import task_catalog
from baselines.plugins.settings import describe_settings
from baselines.runtime.text_table import aligned
from baselines.task_models import few_labels
from baselines.training import optimizers, strategies

KINDS = {
    "tasks": task_catalog.names, "models": families.families, "strategies": strategies.names, "optimizers": optimizers.names,
    "losses": losses.names, "few": few_labels.names,
}  # fmt: skip
CHECKPOINTS = "checkpoints"
PARTS = {
    "strategies": strategies.strategy_class, "optimizers": optimizers.optimizer_class, "losses": losses.loss_class,
    "few": few_labels.mode_class,
}  # fmt: skip
"""Kinds whose members have settings: name -> class."""


def main(argv: list[str]) -> None:
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    argv, family = take_option(argv, "--family")
    for kind in argv:
        if kind not in (*KINDS, CHECKPOINTS):
            raise InputError(f"list: there is no list of {excerpt(kind)!r}. {nearest(kind, [*KINDS, CHECKPOINTS])}")
    if CHECKPOINTS in argv or family:
        if argv not in ([CHECKPOINTS], []):
            others = " ".join(word for word in argv if word != CHECKPOINTS)
            raise InputError(f"list: {CHECKPOINTS} is a table of its own. Leave out {others}.")
        return print_checkpoints(family)
    for kind in argv or KINDS:
        summaries = KINDS[kind]()
        width = max(map(len, summaries), default=0)
        print(f"{kind}:")
        for name, summary in summaries.items():
            print(f"  {name:<{width}}  {summary}")
            if argv and kind in PARTS:
                print_settings(few_labels.PART if kind == "few" else name, PARTS[kind](name), indent=width + 4)
        if not summaries:
            print("  none yet")
    if not argv:
        count = len(published_checkpoints())
        print(f"{CHECKPOINTS}:\n  {count} published ones: `run.py list {CHECKPOINTS}` prints what --init downloads")


def print_checkpoints(family: str | None) -> None:
    """Prints a table of the published checkpoints, or of those of a family."""
    rows = [("--init", "family", "parameters", "vocabulary", "license", "good for")]
    rows += [(each.init, each.family, f"{each.parameters}M", str(each.vocabulary), each.license, each.use)
             for each in published_checkpoints(family)]  # fmt: skip
    print(aligned(rows, "<<>><"), end="")


def print_settings(name: str, kind: type, indent: int) -> None:
    """Prints a line per setting of a part: the flag with its default, and its meaning.

    Args:
        name: Name of the part, such as "fgm".
        kind: Its class.
        indent: Number of spaces before each line.
    """
    described = describe_settings(kind)
    settings = [(f"--{name}.{field} {'VALUE' if default is None else default}", text) for field, default, text in described]
    width = max((len(flag) for flag, _ in settings), default=0)
    for flag, text in settings:
        print(f"{'':{indent}}{flag:<{width}}  {' '.join(text.split())}")
