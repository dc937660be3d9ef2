"""What a request is refused with: an HTTP status and OpenAI's {"error": {"message", "type", "param", "code"}}."""

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

TYPES = {401: "authentication_error", 429: "rate_limit_error"}
CLIENT_GONE = 499
"""Status for the log, nginx's, of requests whose client did not wait for an answer."""


class ApiError(Exception):
    """A refusal that the client can act on. `param` is the parameter at fault, `code` a word for programs.

    headers   further ones of the response, such as Retry-After
    """

    def __init__(self, status, message, param=None, code=None, headers=None):
        super().__init__(message)
        self.status, self.message, self.param, self.code, self.headers = status, message, param, code, headers

    def to_dict(self):
        kind = TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self):
        return JSONResponse(self.to_dict(), self.status, headers=self.headers)


def wrong(param, expected, received, code="invalid_value"):
    """The ApiError 400 for a parameter's value."""
    return ApiError(400, f"{param}: expected {expected}. Received: {received}.", param, code)


class ClientGone(Exception):
    """The client closed the connection: nobody waits for an answer."""


def add_handlers(app):
    """Lets every refusal of `app` have this form: ours, unknown addresses, and bugs, of which the client learns no detail."""

    async def ours(request, error):
        return error.response()

    async def framework(request, error):
        api = "/v1, /predict, /search, /paraphrase, /health and /metrics"
        message = f"{request.method} {request.url.path[:100]}: {error.detail}. The API is {api}."
        return ApiError(error.status_code, message, code="unknown_url", headers=error.headers).response()

    async def gone(request, error):
        return Response(status_code=CLIENT_GONE)

    async def bug(request, error):
        return ApiError(500, "The server made a mistake; its log has the details.", code="internal_error").response()

    app.add_exception_handler(ApiError, ours)
    app.add_exception_handler(ClientGone, gone)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(Exception, bug)
