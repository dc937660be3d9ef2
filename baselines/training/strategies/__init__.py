"""Tricks around the loss or the gradients, one per file: `strategies/fgm.py` is `--strategies fgm`, by its `STRATEGY = FGM`."""

from pathlib import Path

from baselines import registry
from baselines.settings import make

FOLDER = Path(__file__).parent


def names():
    """{name: what it is}."""
    return registry.offered(FOLDER, "STRATEGY")


def kind(name):
    """The dataclass of a strategy. Raises InputError for an unknown one."""
    return registry.load(__name__, name, names(), "--strategies").STRATEGY


def build(chosen, settings):
    """Strategies by name, outermost first, with the settings {"name.field": value}. Raises InputError for unknown or unfit ones."""
    return [make(kind(name), name, settings) for name in chosen]
