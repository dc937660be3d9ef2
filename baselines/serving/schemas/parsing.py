"""Bodies of requests: read within limits of size and time, parsed strictly, and what is wrong told by parameter."""

import asyncio
import json

from pydantic import ValidationError

from baselines.errors import nearest
from baselines.serving.api_error import ApiError

DEEPEST = 32
"""Lists and objects inside one another; no request needs so many."""


async def read_body(request, kind, limits):
    """The pydantic model `kind` that the JSON body of a request is. Raises ApiError."""
    return parse(await read_bytes(request, limits), kind)


async def read_bytes(request, limits):
    """The body. Raises ApiError for another type than JSON (415), too many bytes (413), and too slow a client (408)."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":                              # others come from foreign web pages without asking
        raise ApiError(415, f"Expected the header Content-Type: application/json. Received: {content_type[:50] or 'none'}.")
    announced = request.headers.get("content-length", "0")
    chunks, size = [], int(announced) if announced.isdecimal() else 0
    if size <= limits.max_body:
        size = 0
        try:
            async with asyncio.timeout(limits.body_seconds):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limits.max_body:
                        break
                    chunks.append(chunk)
        except TimeoutError:
            raise ApiError(408, f"Expected the whole body within {limits.body_seconds:g} s.", code="body_timeout") from None
    if size > limits.max_body:
        message = f"Expected a body of at most {limits.max_body} bytes. Received: {size} or more."
        raise ApiError(413, message, code="body_too_large", headers={"Connection": "close"})
    return b"".join(chunks)


def parse(body, kind):
    """The pydantic model `kind` of JSON bytes."""
    try:
        values = json.loads(body.decode("utf-8"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise no_json(f"Expected JSON in UTF-8. Received: another byte at {error.start}.") from None
    except RecursionError:
        raise no_json(f"Expected JSON of at most {DEEPEST} levels.") from None
    except ValueError as error:
        raise no_json(f"Expected JSON. Received: {error}.") from None
    if not isinstance(values, dict):
        raise no_json(f"Expected a JSON object. Received: {type(values).__name__}.")
    check_values(values)
    unknown = [name for name in values if name not in kind.model_fields]
    if unknown:
        name = unknown[0][:50]
        raise ApiError(400, f"There is no parameter {name!r} here. {nearest(name, kind.model_fields)}", name, "unknown_parameter")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])[1:]
        raise ApiError(400, f"{param}: {told(first)}" if param else told(first), param or None, "invalid_value") from None


def no_json(message):
    return ApiError(400, message, code="invalid_json")


def refuse_constant(name):
    raise ValueError(f"{name}, which is no JSON number")


def check_values(value, depth=0):
    """Raises ApiError for texts that no tokenizer takes (halves of a UTF-16 pair) and for too deep a structure."""
    if depth > DEEPEST:
        raise no_json(f"Expected JSON of at most {DEEPEST} levels.")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise no_json("Expected Unicode. Received: half of a character, \\ud800 to \\udfff.") from None
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_values(name, depth + 1)
            check_values(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            check_values(inner, depth + 1)


def told(error):
    """A pydantic complaint in our words: what was expected, and what was received, cut short."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    expected = error["msg"].replace("Input should be", "expected").replace("Field required", "expected a value, but there is none")
    received = repr(error["input"])
    received = "" if error["type"] == "missing" else f" Received: {received if len(received) <= 60 else received[:60] + '…'}."
    return f"{expected}.{received}"
