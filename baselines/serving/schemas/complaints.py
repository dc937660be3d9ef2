"""Turns pydantic's validation errors into OpenAI's wording."""

from baselines.errors import excerpt

TYPES = {
    "string_type": "a string", "int_type": "an integer", "int_from_float": "an integer", "float_type": "a number",
    "bool_type": "a boolean", "list_type": "an array", "tuple_type": "an array", "dict_type": "an object",
    "model_type": "an object", "model_attributes_type": "an object", "finite_number": "a finite number",
}  # fmt: skip
BOUNDS = {
    "greater_than_equal": (">=", "ge"), "greater_than": (">", "gt"), "less_than_equal": ("<=", "le"), "less_than": ("<", "lt"),
}  # fmt: skip
NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a decimal", list: "an array", dict: "an object"}
SIZES = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}


class Unsupported(ValueError):
    """A value of an OpenAI parameter that this server does not support. The message lists the supported values."""


def complaint(error: dict, param: str) -> str:
    """Formats a pydantic error: the expected and the received value, truncated.

    Args:
        error: One of ValidationError.errors().
        param: Name of the parameter, "" for the body as a whole.
    """
    kind, received = error["type"], error["input"]
    if kind == "missing":
        return f"Missing required parameter: '{param}'."
    if kind == "value_error":
        reason = error["ctx"]["error"]
        if isinstance(reason, Unsupported):
            return f"Unsupported value: '{param}' does not support {_quoted(received)} on this server. {reason}"
        return f"Invalid '{param}': {reason}" if param else str(reason)
    if kind in TYPES:
        return f"Invalid type for '{param}': expected {TYPES[kind]}, but got {_named(received)} instead."
    if kind in BOUNDS:
        sign, bound = BOUNDS[kind]
        return f"Invalid '{param}': expected a value {sign} {error['ctx'][bound]}, but got {_quoted(received)} instead."
    if kind in SIZES:
        words, bound = SIZES[kind]
        return f"Invalid '{param}': expected an array of {words} {error['ctx'][bound]}, but got one of {len(received)} instead."
    if kind == "literal_error":
        return f"Invalid value: {_quoted(received)}. Supported values of '{param}' are: {error['ctx']['expected']}."
    return f"Invalid '{param}': {error['msg'][:1].lower()}{error['msg'][1:]}. Received: {_quoted(received)}."


def _named(value):
    """ "a string ('abc')": the type of a value and, if it is a scalar, the value."""
    if value is None:
        return "null"
    name = NAMES.get(type(value), type(value).__name__)
    return f"{name} ({_quoted(value)})" if isinstance(value, str | bool | int | float) else name


def _quoted(value):
    return excerpt(repr(value) if not isinstance(value, int) or abs(value) < 10**60 else "a number of more than 60 digits")
