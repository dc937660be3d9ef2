"""Published Chinese checkpoints and what they are good for, from published_checkpoints.yaml."""

import dataclasses
from pathlib import Path

from baselines.errors import InputError, excerpt, nearest
from baselines.storage.yaml_files import read_yaml

FILE = Path(__file__).with_suffix(".yaml")


@dataclasses.dataclass(frozen=True)
class PublishedCheckpoint:
    """A checkpoint on a hub.

    Attributes:
        init: Its name, as --init takes it.
        family: File of baselines/models that builds it.
        parameters: Millions, without task heads.
        vocabulary: Number of tokens.
        license: As its page states it.
        use: What it is good for.
    """

    init: str
    family: str
    parameters: int
    vocabulary: int
    license: str
    use: str


def published_checkpoints(family: str | None = None) -> list[PublishedCheckpoint]:
    """All of them, or those of a family, in the order of the file. Raises InputError for a family without any."""
    families = read_yaml(FILE)
    if family is not None and family not in families:
        raise InputError(f"--family: no published checkpoint of {excerpt(family)!r} is listed. {nearest(family, families)}")
    return [
        PublishedCheckpoint(init, name, **fields)
        for name, checkpoints in families.items() if family in (None, name)
        for init, fields in checkpoints.items()
    ]  # fmt: skip
