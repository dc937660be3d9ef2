"""Reads request bodies within limits of size and time, and parses them strictly. Errors name the parameter."""

import asyncio
import json

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from baselines.errors import excerpt, nearest
from baselines.serving.api_error import ApiError, ClientGone
from baselines.serving.limits import Limits
from baselines.serving.schemas.complaints import complaint

MAX_DEPTH = 32
"""Maximum nesting of arrays and objects, more than any request needs."""


async def read_body(request: Request, kind: type[BaseModel], limits: Limits) -> BaseModel:
    """Reads the JSON body of a request as the pydantic model `kind`. Raises ApiError, and ClientGone as `read_bytes` does."""
    return parse(await read_bytes(request, limits), kind)


async def read_bytes(request: Request, limits: Limits) -> bytes:
    """Reads the body of a request.

    Raises:
        ApiError: The body is not JSON (415), too large (413), or arrives too slowly (408).
        ClientGone: The client closed the connection before the body was complete.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":                              # other types need no CORS preflight from foreign pages
        received = excerpt(content_type, 50) or "no Content-Type"
        raise ApiError(415, f"Unsupported content type: {received}. Send the header Content-Type: application/json.")
    announced = request.headers.get("content-length", "0")
    chunks, size = [], int(announced) if announced.isdecimal() and len(announced) < 20 else 0
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
            message = f"The body did not arrive within {limits.body_seconds:g} s. Send it faster."
            raise ApiError(408, message, code="body_timeout") from None
        except ClientDisconnect:
            raise ClientGone from None
    if size > limits.max_body:
        message = f"The body has {size} bytes or more; this server takes at most {limits.max_body} bytes. Send less at once."
        raise ApiError(413, message, code="body_too_large", headers={"Connection": "close"})
    return b"".join(chunks)


def parse(body: bytes, kind: type[BaseModel]) -> BaseModel:
    """Parses JSON as the pydantic model `kind`. Raises ApiError 400."""
    try:
        values = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _no_json(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise _no_json(f"it has more than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise _no_json(str(error)) from None
    if not isinstance(values, dict):
        raise _no_json(f"expected a JSON object, but got {type(values).__name__}")
    _check_values(values)
    unknown = [name for name in values if name not in kind.model_fields]
    if unknown:
        name = unknown[0]
        message = f"Unknown parameter: '{excerpt(name, 50)}'. {nearest(name[:50], kind.model_fields)}"
        raise ApiError(400, message, name[:50], "unknown_parameter")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])[1:]
        raise ApiError(400, complaint(first, excerpt(param, 100)), param or None, "invalid_value") from None


def _no_json(reason):
    return ApiError(400, f"We could not parse the JSON body of your request: {reason}.", code="invalid_json")


def _refuse_constant(name):
    raise ValueError(f"{name} is not a JSON number")


def _check_values(value, depth=0):
    """Raises ApiError for text with half a UTF-16 pair, which no tokenizer takes, and for too deep nesting."""
    if depth > MAX_DEPTH:
        raise _no_json(f"it has more than {MAX_DEPTH} levels")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise _no_json("it has half a surrogate pair, \\ud800 to \\udfff") from None
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_values(name, depth + 1)
            _check_values(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_values(inner, depth + 1)
