"""The verbs of run.py: each file here is one, with `main(argv)`, and its first line is what `run.py --help` shows."""

from baselines.errors import InputError


def task_of(argv, verb, usage):
    """(task name, other arguments) of `run.py VERB TASK …`. Prints `usage` and leaves for --help alone."""
    if argv and argv[0] in ("-h", "--help"):
        print(f"{usage.strip()}\n\nrun.py {verb} TASK --help shows a task's flags and their defaults; run.py list, the tasks.")
        raise SystemExit(0)
    if not argv or argv[0].startswith("-"):
        raise InputError(f"run.py {verb}: expected a task after it. Received: {argv[0] if argv else 'nothing'}. See `run.py list`.")
    return argv[0], argv[1:]


def optional_task(argv):
    """(task name or None, other arguments): verbs that take a run know its task already."""
    return (argv[0], argv[1:]) if argv and not argv[0].startswith("-") else (None, argv)
