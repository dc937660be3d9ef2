"""Fields of a configuration that only one family has: their kinds, and the check of their values.

A family's file lists them as OPTIONS = {"relative_attention_num_buckets": ("size", 32)}; `config.option(name)` has the value.
"""

from collections.abc import Callable, Mapping

KINDS = {
    "size": ("an integer above 0", lambda value: type(value) is int and 0 < value < 2**31),
    "count": ("an integer of 0 or more", lambda value: type(value) is int and 0 <= value < 2**31),
    "number": ("a number above 0", lambda value: type(value) in (int, float) and 0 < value < float("inf")),
    "share": ("a number in [0, 1)", lambda value: type(value) in (int, float) and 0 <= value < 1),
    "flag": ("true or false", lambda value: type(value) is bool),
    "text": ("a text", lambda value: isinstance(value, str)),
    "numbers": ("a list of numbers", lambda value: isinstance(value, list) and all(type(each) in (int, float) for each in value)),
}
"""{kind: (what a value must be, its check)}; a tuple of values in place of a kind lists the allowed ones. None is always allowed
where it is the default."""


def read_options(
    values: Mapping[str, object], options: Mapping[str, tuple], refuse: Callable[[str, str], None]
) -> dict[str, object]:
    """{option: value} for all of `options`.

    Args:
        values: The dict of a config.json; None counts as absent.
        options: {name: (kind, default)}.
        refuse: Called with the name and what was expected.
    """
    result = {}
    for name, (kind, default) in options.items():
        value = values.get(name)
        result[name] = default if value is None else value
        if value is None:
            continue
        if isinstance(kind, tuple):
            if value not in kind:
                refuse(name, f"one of {', '.join(map(str, kind))}")
        elif not KINDS[kind][1](value):
            refuse(name, KINDS[kind][0])
    return result
