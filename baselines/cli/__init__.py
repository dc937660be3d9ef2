"""The verbs of run.py. Each file here is one and defines `main(argv)`; `run.py --help` shows its first line."""

import json
import sys
from collections.abc import Callable
from typing import Any

from baselines.errors import InputError
from baselines.runtime.command_name import as_typed
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination


def task_of(argv: list[str], verb: str, usage: str) -> tuple[str, list[str]]:
    """(task name, other arguments) of `run.py VERB TASK …`. Prints `usage` and exits if --help comes first."""
    if argv and argv[0] in ("-h", "--help"):
        print(f"{usage.strip()}\n\nrun.py {verb} TASK --help shows a task's flags and their defaults; run.py list, the tasks.")
        raise SystemExit(0)
    if not argv or argv[0].startswith("-"):
        raise InputError(f"run.py {verb}: no task is given. Choose one from `run.py list`.")
    return argv[0], argv[1:]


def optional_task(argv: list[str]) -> tuple[str | None, list[str]]:
    """(task name or None, other arguments). The name is optional for verbs that take a run, which records its task."""
    return (argv[0], argv[1:]) if argv and not argv[0].startswith("-") else (None, argv)


def check_output(flags: Any) -> None:
    """Raises InputError, before long work, if --output cannot be written as a file, or would stay unwritten.

    Args:
        flags: Flags of a verb, with `output`: a path, or None for standard output; and `input`: the file whose results go there.
    """
    if flags.output is None:
        return
    if not flags.input:
        raise InputError("--output: only the results of --input FILE are written to a file. Give --input, or leave --output out.")
    file_destination(flags.output)


def write_results(inputs: list, process: Callable, flags: Any, label: str, chunk_size: int) -> int:
    """Writes a JSON line for each input, to --output or standard output, once all are processed.

    Args:
        inputs: Items to process.
        process: Takes a group of inputs and returns a dict for each.
        flags: Flags with `output` and `quiet`.
        label: Text of the progress bar.
        chunk_size: Number of inputs per group.

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
    """Calls `answer` with each line that is typed, until Ctrl-D. Prints an error and reads the next line."""
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
