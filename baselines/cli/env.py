"""Show versions, devices and the cache of compiled programs, for bug reports."""

import json

from baselines import __version__
from baselines.errors import InputError, excerpt
from baselines.runtime.compile_cache import cache_folder
from baselines.runtime.environment import devices, versions


def main(argv: list[str]) -> None:
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if argv:
        raise InputError(f"env takes no arguments. Leave out {excerpt(' '.join(argv))}.")
    cache = str(cache_folder() or "off")
    print(json.dumps({"baselines": __version__, **versions(), "devices": devices(), "compile_cache": cache}, indent=2))
