"""Tricks around the loss or the gradients, one per file: `strategies/fgm.py` is `--strategies fgm`, by its `STRATEGY = FGM`."""

from pathlib import Path

from baselines import registry

FOLDER = Path(__file__).parent


def names():
    """{name: what it is}."""
    return registry.offered(FOLDER, "STRATEGY")


def build(chosen):
    """Strategies by name, outermost first. Raises InputError for an unknown one."""
    return [registry.load(__name__, name, names(), "--strategies").STRATEGY() for name in chosen]
