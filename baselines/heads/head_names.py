"""The check of a flag that names a head."""

from collections.abc import Sequence

from baselines.errors import InputError, nearest


def check_head(name: str, known: Sequence[str]) -> None:
    """Raises InputError for a value of --head that is not among the known ones."""
    if name not in known:
        raise InputError(f"--head {name!r} is unknown. Choose one of {', '.join(known)}. {nearest(name, known)}")
