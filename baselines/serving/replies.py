"""Streams replies from the worker's thread to the event loop, and from tokens to text that will not change."""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncIterator

from baselines.decoding.scheduler import Finished, Request
from baselines.errors import InputError
from baselines.serving.api_error import ApiError
from baselines.serving.stop_strings import StopStrings
from baselines.serving.workers.generation import GenerationWorker
from baselines.tokenizers.streaming import TextStream


@dataclasses.dataclass(frozen=True)
class Piece:
    """The next text of reply number `index`. The last piece has `finish`: "stop" or "length"."""

    index: int
    text: str
    finish: str | None = None


class Replies:
    """All replies to one request. `async with` starts them; leaving it cancels unfinished ones.

    Args:
        worker: A GenerationWorker.
        requests: One Request per reply.
        stops: Stop strings.

    Attributes:
        num_tokens: Tokens generated so far, of all replies.
        finished: {index: "stop" or "length"}.
        first_token: Time of the first token, by time.monotonic; None before.
    """

    def __init__(self, worker: GenerationWorker, requests: list[Request], stops: tuple[str, ...] = ()):
        self.worker, self.requests = worker, requests
        self.num_tokens, self.finished, self.first_token = 0, {}, None
        self._texts = [(TextStream(worker.generator.tokenizer), StopStrings(stops)) for _ in requests]
        self._tickets, self._events, self._loop = [], asyncio.Queue(), asyncio.get_running_loop()

    async def __aenter__(self):
        try:
            for index, request in enumerate(self.requests):
                request = dataclasses.replace(request, receive=self._receiver(index))
                self._tickets.append(self.worker.submit(request))
        except ApiError:                                                # a full queue: all replies or none
            self._cancel()
            raise
        except InputError as error:
            self._cancel()
            raise ApiError(400, str(error), code="invalid_value") from None
        return self

    async def __aexit__(self, *exception):
        self._cancel()

    def _cancel(self):
        for index, ticket in enumerate(self._tickets):
            if index not in self.finished:
                self.worker.cancel(ticket)

    def _receiver(self, index):
        def receive(event):                                             # called from the worker's thread
            with contextlib.suppress(RuntimeError):                     # the event loop has ended
                self._loop.call_soon_threadsafe(self._events.put_nowait, (index, event))

        return receive

    async def pieces(self) -> AsyncIterator[Piece]:
        """Yields Pieces until every reply is complete. Raises ApiError if the model fails."""
        while len(self.finished) < len(self.requests):
            index, event = await self._events.get()
            if index in self.finished:
                continue                                                # generated before the worker saw the stop string
            piece = self._finish(index, event) if isinstance(event, Finished) else self._add(index, event)
            if piece.finish:
                self.finished[index] = piece.finish
            if piece.text or piece.finish:
                yield piece

    def _add(self, index, token):
        stream, stops = self._texts[index]
        self.num_tokens += 1
        if self.first_token is None:
            self.first_token = time.monotonic()
        text = stops.add(stream.add(token.id))
        if stops.stopped:
            self.worker.cancel(self._tickets[index])
        return Piece(index, text, "stop" if stops.stopped else None)

    def _finish(self, index, event):
        if event.reason not in ("stop", "length"):
            reason = event.message or event.reason
            message = f"{self.worker.name} could not generate this reply: {reason}. Retry, or see the server's log."
            raise ApiError(500, message, code="generation_failed")
        stream, stops = self._texts[index]
        text = stops.add(stream.finish())
        return Piece(index, text + stops.finish(), "stop" if stops.stopped else event.reason)
