"""Chinese NLP baselines: train, score and use them from one command.

    python run.py VERB [TASK] [flags]          python run.py VERB --help          python run.py list
"""

import ast
import errno
import importlib
import os
import sys
from pathlib import Path

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
              errno.ENAMETOOLONG, errno.EFBIG}  # fmt: skip
"""What the system answers to a path that cannot be written: the user's to mend."""
COMMANDS = Path(__file__).resolve().parent / "baselines" / "commands"


def commands():
    """{verb: first line of its docstring}: each file of baselines/commands is one, with - for _. Nothing is imported."""
    files = sorted(path for path in COMMANDS.glob("*.py") if path.stem != "__init__")
    summary = lambda path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).partition("\n")[0]  # noqa: E731
    return {path.stem.replace("_", "-"): summary(path) for path in files}


def usage():
    known = commands()
    width = max(map(len, known))
    verbs = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in known.items())
    return f"{__doc__.strip()}\n\nverbs:\n{verbs}\n"


def main(argv):
    """Runs one verb. Returns the exit code: 2 for a mistake that the user can mend, told in one line."""
    from baselines.errors import InputError, nearest

    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    verb, *rest = argv
    try:
        if verb not in commands():
            raise InputError(f"run.py {verb}: there is no such verb. {nearest(verb, commands())} See `run.py --help`.")
        return importlib.import_module(f"baselines.commands.{verb.replace('-', '_')}").main(rest) or 0
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


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stdout.reconfigure(errors="backslashreplace")                   # a terminal that cannot show Chinese is no reason to stop
    sys.exit(main(sys.argv[1:]))
