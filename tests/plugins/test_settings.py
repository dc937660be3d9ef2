"""What `run.py list` shows of the settings of parts."""

import dataclasses

from baselines.plugins.settings import describe_settings


@dataclasses.dataclass(frozen=True)
class Parent:
    """Not a setting."""

    level: float
    """Has no default."""


@dataclasses.dataclass(frozen=True)
class Child(Parent):
    """Adds to what it inherits."""

    words: tuple[str, ...] = ("bias", "norm")
    """Several
    lines."""
    on: bool = True
    silent: int = 3


def test_fields_come_with_what_is_typed_and_what_is_written_below_them():
    assert describe_settings(Child) == [
        ("level", None, "Has no default."),
        ("words", "bias,norm", "Several\n    lines."),
        ("on", "true", ""),
        ("silent", "3", ""),
    ]
