"""List what there is: tasks, models, strategies, optimizers.

run.py list [tasks|models|strategies|optimizers]
"""

from baselines import catalog
from baselines.errors import InputError, nearest
from baselines.models import families
from baselines.training import optimizers, strategies

KINDS = {"tasks": catalog.names, "models": families.families, "strategies": strategies.names, "optimizers": optimizers.names}


def main(argv):
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    for kind in argv:
        if kind not in KINDS:
            raise InputError(f"run.py list: expected one of {', '.join(KINDS)}. Received: {kind!r}. {nearest(kind, KINDS)}")
    for kind in argv or KINDS:
        found = KINDS[kind]()
        width = max(map(len, found), default=0)
        print(f"{kind}:")
        print("\n".join(f"  {name:<{width}}  {summary}" for name, summary in found.items()) or "  none yet")
