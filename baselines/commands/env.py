"""Show versions and devices, for bug reports."""

import json

from baselines import __version__
from baselines.environment import devices, versions


def main(argv):
    found = devices()
    print(json.dumps({"baselines": __version__, **versions(), "devices": found}, indent=2))
