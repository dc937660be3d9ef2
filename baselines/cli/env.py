"""Show versions and devices, for bug reports."""

import json

from baselines import __version__
from baselines.errors import InputError
from baselines.runtime.environment import devices, versions


def main(argv):
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if argv:
        raise InputError(f"run.py env: expected nothing after it. Received: {' '.join(argv)}.")
    found = devices()
    print(json.dumps({"baselines": __version__, **versions(), "devices": found}, indent=2))
