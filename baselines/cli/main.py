"""The command line: finds the file of a verb in this folder and runs it.

Nothing but the standard library is imported before the verb is known, so that `--help` answers at once.
"""

import errno
import importlib
import os
import sys
from pathlib import Path

from baselines.errors import InputError, nearest
from baselines.plugins.discovery import offered

USAGE = """Chinese NLP baselines: train, score and use them from one command.

    python run.py VERB [TASK] [flags]          python run.py VERB --help          python run.py list"""

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
              errno.ENAMETOOLONG, errno.EFBIG}  # fmt: skip
"""What the system answers to a path that cannot be written: the user's to mend."""
FOLDER = Path(__file__).resolve().parent


def verbs():
    """{verb: first line of its docstring}: each other file of this folder that defines `main`, with - for _."""
    known = offered(FOLDER, "main")
    return {name.replace("_", "-"): summary for name, summary in known.items() if name != Path(__file__).stem}


def usage():
    known = verbs()
    width = max(map(len, known))
    rows = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in known.items())
    return f"{USAGE}\n\nverbs:\n{rows}\n"


def start():
    """The process's entry point: the command line's words to an exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stdout.reconfigure(errors="backslashreplace")                   # a terminal that cannot show Chinese is no reason to stop
    sys.exit(main(sys.argv[1:]))


def main(argv):
    """Runs one verb. Returns the exit code: 2 for a mistake of the user's, reported in one line."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    verb, *rest = argv
    try:
        if verb not in verbs():
            raise InputError(f"run.py {verb}: there is no such verb. {nearest(verb, verbs())} See `run.py --help`.")
        return importlib.import_module(f"baselines.cli.{verb.replace('-', '_')}").main(rest) or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:                                             # the reader of a pipe, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        print(f"error: {error.filename or 'output'}: expected to write there. Received: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(f"stopped. {stop}".rstrip(), file=sys.stderr)
        return 130

