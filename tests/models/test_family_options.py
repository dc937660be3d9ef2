"""Fields that only one family has: kinds, defaults, refusals."""

import pytest

from baselines.models import families
from baselines.models.family_options import read_options

OPTIONS = {"buckets": ("size", 32), "offset": ("count", 0), "theta": ("number", 1e4), "tied": ("flag", True),
           "mode": (("one", "two"), "one")}  # fmt: skip


def refuse(name, expected):
    raise ValueError(f"{name} must be {expected}")


def test_what_is_absent_has_its_default_and_the_rest_is_kept():
    assert read_options({"buckets": 8, "mode": "two", "offset": None, "other": 1}, OPTIONS, refuse) == {
        "buckets": 8, "offset": 0, "theta": 1e4, "tied": True, "mode": "two"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("buckets", 0, "an integer above 0"),
        ("buckets", True, "an integer above 0"),
        ("offset", -1, "an integer of 0 or more"),
        ("theta", "1e4", "a number above 0"),
        ("theta", float("inf"), "a number above 0"),
        ("tied", 1, "true or false"),
        ("mode", "three", "one of one, two"),
    ],
)
def test_other_values_are_refused_by_name(name, value, expected):
    with pytest.raises(ValueError, match=f"^{name} must be {expected}$"):
        read_options({name: value}, OPTIONS, refuse)


def test_a_familys_literals_are_read_without_its_module():
    for name in families.families():
        for options in families.literals(name)["OPTIONS"].values():
            assert len(options) == 2
    assert families.family_name("no-such-family") == "no-such-family"
    assert families.literals("no-such-family") == families.LITERALS
