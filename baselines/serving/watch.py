"""Middleware around every request: an id, a log line, metrics, and the check of the API key."""

import hashlib
import hmac
import json
import logging
import time
import uuid
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from baselines.errors import escaped
from baselines.serving.api_error import CLIENT_GONE, ApiError
from baselines.serving.metrics import ServingMetrics

log = logging.getLogger("baselines.serving.requests")
TEXTS = ("texts", "replies", "prediction")
OPEN = ("/health",)
"""Paths that need no key besides the pages, for health probes."""


class Watch:
    """ASGI: gives the request a record, which handlers add to, and logs it when the response is complete.

    Args:
        app: The application to wrap.
        metrics: Metrics to count in.
        with_text: Also log the texts of users and models.
    """

    def __init__(self, app: ASGIApp, metrics: ServingMetrics, with_text: bool = False):
        self.app, self.metrics, self.with_text = app, metrics, with_text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, request_id, status = time.monotonic(), uuid.uuid4().hex, CLIENT_GONE
        record = scope.setdefault("state", {})["record"] = {}

        async def send_with_id(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            status = 500
            raise
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.count_request(route, status, started)
            fields = {name: value for name, value in record.items() if self.with_text or name not in TEXTS}
            client = (scope.get("client") or ("",))[0]
            line = {"request": request_id, "client": client, "method": scope["method"][:20], "route": route, "status": status}
            log.info("request", extra={"fields": {**line, "seconds": round(time.monotonic() - started, 4), **fields}})


class KeyCheck:
    """ASGI: rejects requests without `Authorization: Bearer KEY`. The comparison takes constant time."""

    def __init__(self, app: ASGIApp, api_key: str, free: Iterable[str]):
        self.app, self.digest, self.free = app, digest(api_key.encode()), frozenset((*free, *OPEN))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in self.free and not self._fits(scope["headers"]):
            given = any(name == b"authorization" for name, _ in scope["headers"])
            problem = "Incorrect API key provided." if given else "You didn't provide an API key."
            message = f"{problem} Send this server's key in the header Authorization: Bearer YOUR_KEY."
            headers = {"WWW-Authenticate": "Bearer", "Connection": "close"}
            return await ApiError(401, message, code="invalid_api_key", headers=headers).response()(scope, receive, send)
        await self.app(scope, receive, send)

    def _fits(self, headers):
        given = next((value for name, value in headers if name == b"authorization"), b"")
        scheme, _, key = given.partition(b" ")
        return hmac.compare_digest(digest(key.strip()), self.digest) and scheme.lower() == b"bearer"


def digest(key: bytes) -> bytes:
    """A hash of a key, whose length does not depend on the key's."""
    return hashlib.sha256(key).digest()


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON, without terminal control characters."""

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return escaped(json.dumps(line, ensure_ascii=False, default=str))
