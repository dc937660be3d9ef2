"""The verbs of run.py: each file here is one, with `main(argv)`, and its first line is what `run.py --help` shows."""

import json
import sys

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write


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


def write_answers(inputs, answer, flags, label, together):
    """Writes a JSON line for each input, to --output or standard output once all are answered. Returns the exit code.

    inputs     a list; answer: some of them -> a dict for each
    label      what the progress bar says; together: inputs that are answered between two of its movements
    """
    from baselines.runtime.progress import Display

    groups = [inputs[start : start + together] for start in range(0, len(inputs), together)]
    with Display(flags.quiet) as display:
        rows = [row for group in display.track(groups, label, len(groups)) for row in answer(group)]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    if not flags.output:
        sys.stdout.writelines(lines)
        return 0
    with atomic_write(flags.output, "w") as file:
        file.writelines(lines)
    return 0


def converse(answer):
    """Calls `answer` with each line that is typed, until Ctrl-D; a mistake is told and the next line awaited."""
    while True:
        try:
            text = input("> " if sys.stdin.isatty() else "").strip()
            if text:
                answer(text)
        except EOFError:
            return 0
        except KeyboardInterrupt:                                       # as shells do: a new line
            print(file=sys.stderr)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
