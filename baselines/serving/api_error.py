"""Errors of requests: an HTTP status and OpenAI's {"error": {"message", "type", "param", "code"}}."""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from baselines.errors import excerpt, printable

TYPES = {401: "authentication_error", 429: "rate_limit_error"}
CLIENT_GONE = 499
"""nginx's status, in the log, of requests whose client did not wait for the response."""
MAX_MESSAGE_LENGTH = 600
"""Maximum length of a message in characters, whatever a client sent."""


class ApiError(Exception):
    """An error that the client can act on.

    Args:
        status: HTTP status.
        message: What is wrong, with its value, and what to do. It is escaped and truncated.
        param: The parameter at fault.
        code: Machine-readable name of the error.
        headers: Further headers of the response, such as Retry-After.
    """

    def __init__(self, status: int, message: str, param: str | None = None, code: str | None = None, headers: dict | None = None):
        self.message = excerpt(printable(message), MAX_MESSAGE_LENGTH)
        super().__init__(self.message)
        self.status, self.param, self.code, self.headers = status, param and excerpt(param, 100), code, headers

    def to_dict(self) -> dict:
        """The body of the response."""
        kind = TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        """The HTTP response."""
        return JSONResponse(self.to_dict(), self.status, headers=self.headers)


def invalid(param: str, expected: str, received: object, code: str = "invalid_value") -> ApiError:
    """The ApiError 400 for a parameter's value, in OpenAI's words.

    Args:
        param: Name of the parameter.
        expected: Allowed values, in words.
        received: The value; it is quoted and truncated.
        code: Machine-readable name of the error.
    """
    return ApiError(400, f"Invalid '{excerpt(param, 100)}': expected {expected}, but got {excerpt(received)} instead.", param, code)


def queue_full(name: str) -> ApiError:
    """The ApiError 429 of a model whose queue is full."""
    return ApiError(429, f"The queue of {name} is full. Retry in one second.", code="queue_full", headers={"Retry-After": "1"})


def shutting_down() -> ApiError:
    """The ApiError 503 of a server that shuts down."""
    return ApiError(503, "The server is shutting down. Retry later.", code="shutting_down", headers={"Retry-After": "5"})


class ClientGone(Exception):
    """The client closed the connection and does not wait for the response."""


def add_handlers(app: Any) -> None:
    """Gives every error of `app` this form, including unknown URLs and bugs, whose details only the log shows."""

    async def ours(request, error):
        return error.response()

    async def framework(request, error):
        api = "/v1, /predict, /search, /paraphrase, /health and /metrics"
        message = f"Invalid URL ({request.method} {excerpt(request.url.path, 100)}): {error.detail}. The API is {api}."
        return ApiError(error.status_code, message, code="unknown_url", headers=error.headers).response()

    async def gone(request, error):
        return Response(status_code=CLIENT_GONE)

    async def bug(request, error):
        return ApiError(500, "The server had an error. Its log has the details.", code="internal_error").response()

    app.add_exception_handler(ApiError, ours)
    for kind in (ClientGone, ClientDisconnect):                         # the second while its body was being sent
        app.add_exception_handler(kind, gone)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(Exception, bug)
