"""Responses: OpenAI's objects, complete or streamed. Work is canceled when its client disconnects."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from baselines.serving.api_error import ApiError, ClientGone

CLOSING_SECONDS = 1.0
"""Seconds to send the last event to a client that reads slowly."""


class ChatForm:
    """Objects of /v1/chat/completions."""

    prefix, whole, part = "chatcmpl", "chat.completion", "chat.completion.chunk"

    @staticmethod
    def choice(index: int, text: str, finish: str | None) -> dict:
        message = {"role": "assistant", "content": text}
        return {"index": index, "message": message, "logprobs": None, "finish_reason": finish}

    @staticmethod
    def opening(index: int) -> dict:
        return {"index": index, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}

    @staticmethod
    def piece(piece: Any) -> dict:
        delta = {"content": piece.text} if piece.text else {}
        return {"index": piece.index, "delta": delta, "logprobs": None, "finish_reason": piece.finish}


class TextForm:
    """Objects of /v1/completions."""

    prefix, whole, part, opening = "cmpl", "text_completion", "text_completion", None

    @staticmethod
    def choice(index: int, text: str, finish: str | None) -> dict:
        return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}

    @staticmethod
    def piece(piece: Any) -> dict:
        return TextForm.choice(piece.index, piece.text, piece.finish)


async def unless_gone(receive: Callable, work: Coroutine) -> Any:
    """Returns the result of `work`. If the client disconnects first, cancels it and raises ClientGone."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(until_gone(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def until_gone(receive: Callable) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream(Response):
    """A response of server-sent events, JSON objects and a last [DONE].

    Args:
        source: Async context manager that yields an async iterator of objects. It is entered before the response starts: an error
            then has a status. Later errors are sent as an event.
        headers: Further headers.
    """

    media_type = "text/event-stream"

    def __init__(self, source: contextlib.AbstractAsyncContextManager, headers: dict[str, str]):
        super().__init__(headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no", **headers})
        del self.headers["content-length"]
        self.source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(ClientGone):
            await unless_gone(receive, self._write(send))

    async def _write(self, send):
        refusal = await self._write_events(send)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_SECONDS):
                if refusal:
                    await send_event(send, json.dumps(refusal.to_dict(), ensure_ascii=False))
                await send({"type": "http.response.body", "body": b""})

    async def _write_events(self, send):
        """Returns the ApiError that ended a started stream, or None."""
        started = False
        try:
            async with self.source as events:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                started = True
                async for event in events:
                    await send_event(send, json.dumps(event, ensure_ascii=False, separators=(",", ":")))
                await send_event(send, "[DONE]")
        except ApiError as error:
            if not started:
                raise
            return error


async def send_event(send: Callable, data: str) -> None:
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})
