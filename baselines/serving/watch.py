"""Around every request: an id, a line in the log and in the metrics, and the API key where one is required."""

import hashlib
import hmac
import json
import logging
import time
import uuid

from baselines.errors import escaped
from baselines.serving.api_error import CLIENT_GONE, ApiError

log = logging.getLogger("baselines.serving.requests")
TEXTS = ("texts", "replies", "prediction")
OPEN = ("/health",)
"""What needs no key besides the pages, so that probes need none."""


class Watch:
    """ASGI: gives the request a record, which handlers add to, and logs it when the response is complete.

    Args:
        app: The application around which it stands.
        metrics: ServingMetrics.
        with_text: Also log what users and models wrote.
    """

    def __init__(self, app, metrics, with_text=False):
        self.app, self.metrics, self.with_text = app, metrics, with_text

    async def __call__(self, scope, receive, send):
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
            logged = {name: value for name, value in record.items() if self.with_text or name not in TEXTS}
            client = (scope.get("client") or ("",))[0]
            line = {"request": request_id, "client": client, "method": scope["method"][:20], "route": route, "status": status}
            log.info("request", extra={"fields": {**line, "seconds": round(time.monotonic() - started, 4), **logged}})


class KeyCheck:
    """ASGI: refuses requests without `Authorization: Bearer KEY`. Comparing takes the same time whatever is sent."""

    def __init__(self, app, api_key, free):
        self.app, self.digest, self.free = app, digest(api_key.encode()), frozenset((*free, *OPEN))

    async def __call__(self, scope, receive, send):
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
    """Of one length for all keys: how long the right one is shows nowhere."""
    return hashlib.sha256(key).digest()


class JsonLines(logging.Formatter):
    """A log record as one line of JSON, in which no character controls a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return escaped(json.dumps(line, ensure_ascii=False, default=str))
