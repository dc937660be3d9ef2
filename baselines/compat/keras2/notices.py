"""What was translated from Keras 2, each idiom once: `run.py script --verbose` prints them as they occur."""

import sys

from baselines.errors import InputError

SEEN: dict[str, str] = {}
"""{idiom: what it became}, in the order of their first use."""
_settings = {"verbose": False}


def print_translations(verbose: bool) -> None:
    """Sets whether an idiom is printed to standard error when it is first met."""
    _settings["verbose"] = verbose


def translated(idiom: str, became: str) -> None:
    """Notes that an idiom of Keras 2 was met.

    Args:
        idiom: How it is written in the script.
        became: What it does here.
    """
    if idiom in SEEN:
        return
    SEEN[idiom] = became
    if _settings["verbose"]:
        print(f"translated: {idiom} -> {became}", file=sys.stderr)


def slow(what: str, instead: str) -> None:
    """Says once that something is correct but slow, whether or not translations are printed."""
    if what not in SEEN:
        SEEN[what] = "slow"
        print(f"slow: {what}. {instead}", file=sys.stderr)


def refused(what: str, instead: str) -> InputError:
    """The error for something that cannot work on Keras 3, which names the modern way."""
    return InputError(f"{what} cannot work on Keras 3. {instead}")
