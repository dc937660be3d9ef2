"""How the user calls this program: `python run.py` in a checkout, `baselines` once it is installed."""

import re
import sys
from pathlib import Path

_OURS = re.compile(r"(?<![\w./\\-])(?:python )?run\.py\b")
_RUN_PY = Path(__file__).resolve().parents[2] / "run.py"


def command_name() -> str:
    """The name of this program, "run.py" or "baselines": as typed or, in a program that imports the library, as it can be typed."""
    typed = Path(sys.argv[0]).name if sys.argv else ""
    if typed == "run.py":
        return typed
    return "run.py" if _RUN_PY.is_file() and Path(typed).stem != "baselines" else "baselines"


def own_command() -> list[str]:
    """The words that start this program in another process, before the verb."""
    return [sys.executable, str(_RUN_PY)] if _RUN_PY.is_file() else [sys.executable, "-m", "baselines.cli.main"]


def as_typed(text: str) -> str:
    """Rewrites the commands of a message as the user types them.

    Args:
        text: A message with commands such as `run.py VERB` or `python run.py VERB`.

    Returns:
        The message, with `baselines VERB` if the program is installed.
    """
    return text if command_name() == "run.py" else _OURS.sub("baselines", text)
