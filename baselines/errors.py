"""What a user can mend: one line that says where, expected, received and what to do next. `run.py` exits with 2 on it."""

import difflib


class InputError(ValueError):
    """A mistake in a file, a flag or a checkpoint. Its message is complete: it is printed without a traceback."""


def nearest(name, known):
    """A sentence for an unknown `name`: its nearest neighbours among `known`, or all of them when none is near.

    >>> nearest("tnew", ["tnews", "wsc"])
    'Did you mean tnews?'
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known: {', '.join(known)}." if known else "There is none."
