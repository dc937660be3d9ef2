"""The command line: finds the file of a verb in this folder and runs it.

Nothing but the standard library is imported before the verb is known, so that `--help` answers at once.
"""

import contextlib
import errno
import importlib
import io
import os
import sys
from pathlib import Path

from baselines.errors import InputError, excerpt, nearest, printable
from baselines.plugins.discovery import find_modules
from baselines.runtime.command_name import as_typed

USAGE = """Chinese NLP baselines: train, score and use them from one command.

    python run.py VERB [TASK] [flags]          python run.py VERB --help          python run.py list"""

HELP = ("-h", "--help")
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
              errno.ENAMETOOLONG, errno.EFBIG, errno.ELOOP, errno.EBUSY, errno.EXDEV}  # fmt: skip
"""Errors of the system that the user can resolve: the path cannot be written."""
FOLDER = Path(__file__).resolve().parent
ALIASES = {"fit-to-card": "plan-memory", "tricks": "ablate"}
"""Former names of verbs: they work for one more release, and name the new one."""


def verbs() -> dict[str, str]:
    """{verb: first line of its docstring}. A verb is another file of this folder that defines `main`, with - in place of _."""
    known = find_modules(FOLDER, "main")
    return {name.replace("_", "-"): summary for name, summary in known.items() if name != Path(__file__).stem}


def usage() -> str:
    known = verbs()
    width = max(map(len, known))
    rows = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in known.items())
    return f"{USAGE}\n\nverbs:\n{rows}\n"


def start() -> None:
    """Entry point of the process: runs the command line and exits with its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")                  # 2 prints pages on each program of the compile cache
    sys.stdout.reconfigure(errors="backslashreplace")                   # do not fail on a terminal without Chinese
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Runs one verb.

    Args:
        argv: The words after the program's name.

    Returns:
        The exit code: 0; 2 for a user's mistake, which is reported in one line; 130 after Ctrl-C.
    """
    if not argv or argv[0] in (*HELP, "help"):
        print(as_typed(usage()))
        return 0
    verb, *rest = argv
    if verb in ALIASES:
        message = f"run.py {verb} is now run.py {ALIASES[verb]}. The old name will be removed in the next release."
        print(as_typed(message), file=sys.stderr)
        verb = ALIASES[verb]
    try:
        if verb not in verbs():
            raise InputError(f"run.py {verb}: there is no such verb. {nearest(verb, verbs())} See `run.py --help`.")
        run = importlib.import_module(f"baselines.cli.{verb.replace('-', '_')}").main
        return (_help(run, rest) if any(word in HELP for word in rest) else run(rest)) or 0
    except InputError as error:
        _complain(error)
        return 2
    except BrokenPipeError:                                             # the reader of a pipe, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        if error.errno == errno.ENAMETOOLONG:
            _complain(f"{excerpt(printable(str(error.filename)))}: this name is too long for a file. Check the path.")
            return 2
        destination = error.filename or "the output"
        _complain(printable(f"Cannot write to {destination}: {error.strerror}. Choose another path, or free some space."))
        return 2
    except KeyboardInterrupt as stop:
        print(as_typed(f"stopped. {stop}".rstrip()), file=sys.stderr)
        return 130


def _help(run, argv):
    """Runs a verb that prints its help, with the commands written as the user typed them."""
    printed = io.StringIO()
    printed.isatty = sys.stdout.isatty
    try:
        with contextlib.redirect_stdout(printed):
            return run(argv)
    finally:
        print(as_typed(printed.getvalue()), end="")


def _complain(error):
    print(f"error: {as_typed(str(error))}", file=sys.stderr)


if __name__ == "__main__":
    start()
