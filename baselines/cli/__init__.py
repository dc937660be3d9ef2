"""The verbs of run.py: each file here is one, with `main(argv)`, and its first line is what `run.py --help` shows."""

import json
import sys
from collections.abc import Callable

from baselines.errors import InputError
from baselines.runtime.command_name import as_typed
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination


def task_of(argv: list[str], verb: str, usage: str) -> tuple[str, list[str]]:
    """(task name, other arguments) of `run.py VERB TASK …`. Prints `usage` and leaves for --help alone."""
    if argv and argv[0] in ("-h", "--help"):
        print(f"{usage.strip()}\n\nrun.py {verb} TASK --help shows a task's flags and their defaults; run.py list, the tasks.")
        raise SystemExit(0)
    if not argv or argv[0].startswith("-"):
        raise InputError(f"run.py {verb}: no task is given. Choose one from `run.py list`.")
    return argv[0], argv[1:]


def optional_task(argv: list[str]) -> tuple[str | None, list[str]]:
    """(task name or None, other arguments): verbs that take a run know its task already."""
    return (argv[0], argv[1:]) if argv and not argv[0].startswith("-") else (None, argv)


def check_output(flags) -> None:
    """Raises InputError, before long work, where --output cannot be a file."""
    if flags.output is not None:
        file_destination(flags.output)


def write_results(inputs: list, process: Callable, flags, label: str, chunk_size: int) -> int:
    """Writes a JSON line for each input, to --output or standard output, once all are processed.

    Args:
        inputs: What is processed.
        process: Takes a group of inputs, returns a dict for each.
        flags: Flags with `output` and `quiet`.
        label: Text of the progress bar.
        chunk_size: Inputs of a group.

    Returns:
        The exit code.
    """
    from baselines.runtime.progress import Display

    groups = [inputs[start : start + chunk_size] for start in range(0, len(inputs), chunk_size)]
    with Display(flags.quiet) as display:
        rows = [row for group in display.track(groups, label, len(groups)) for row in process(group)]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    if not flags.output:
        sys.stdout.writelines(lines)
        return 0
    with atomic_write(flags.output, "w") as file:
        file.writelines(lines)
    return 0


def converse(answer: Callable[[str], None]) -> int:
    """Calls `answer` with each line that is typed, until Ctrl-D. An error is printed, and the next line read."""
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
            print(f"error: {as_typed(str(error))}", file=sys.stderr)
