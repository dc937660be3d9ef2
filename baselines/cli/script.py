"""Run a script written for bert4keras, unedited, on Keras 3.

run.py script [--verbose] FILE [the script's arguments]

bert4keras and its modules are ours in that process, and the ways of Keras 2 are understood; docs/migration.md lists every name.
--verbose prints each idiom that is translated. KERAS_BACKEND=jax runs it on JAX.
"""

from baselines.cli.startup import start_backend
from baselines.errors import InputError


def main(argv: list[str]) -> int:
    verbose = argv[:1] == ["--verbose"]
    argv = argv[verbose:]
    if argv and argv[0] in ("-h", "--help"):
        print(__doc__.strip())
        return 0
    if not argv or argv[0].startswith("-"):
        raise InputError("run.py script: no script is given. Write run.py script FILE, flags of ours in front of it.")
    start_backend()
    from baselines.compat.script import run

    return run(argv[0], argv[1:], verbose)
