"""/v1/chat/completions, /v1/completions and /v1/models: OpenAI's API for the runs that generate."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from baselines.serving.api_error import ApiError, invalid
from baselines.serving.limits import Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import find
from baselines.serving.replies import Piece, Replies
from baselines.serving.requests import SAMPLING, encode, generation_config, max_reply_tokens, requests, utterances
from baselines.serving.responses import ChatForm, EventStream, TextForm, unless_gone
from baselines.serving.schemas.generation import ChatBody, CompletionBody, GenerationBody
from baselines.serving.schemas.parsing import read_body
from baselines.serving.workers.embedding import EmbeddingWorker
from baselines.serving.workers.generation import GenerationWorker

KINDS = {True: "chat", False: "seq2seq"}
"""The kind of a model in responses, by whether it generates dialogues."""


def router(
    generation: dict[str, GenerationWorker], embedding: dict[str, EmbeddingWorker], limits: Limits, metrics: ServingMetrics
) -> APIRouter:
    """Creates the routes.

    Args:
        generation: Worker by name of a run that generates.
        embedding: Worker by name of a run that embeds; only listed.
        limits: Limits of a request.
        metrics: Metrics to count in.
    """
    routes, started, listed = APIRouter(), int(time.time()), {**generation, **embedding}

    def model(name):
        about = {"id": name, "object": "model", "created": started, "owned_by": "baselines"}
        if name in embedding:
            about |= {"dimensions": embedding[name].model.dimensions}
        if name not in generation:
            return {**about, "task": embedding[name].task_name, "kind": "embedding"}
        generator = generation[name].generator
        default = generation_config(CompletionBody(prompt="…"), generator.generation_config, limits, generator.context)
        limit = max_reply_tokens(limits, generator.context)
        about |= {"task": generation[name].task_name, "kind": KINDS[generator.dialogue], "most_tokens": limit}
        return {**about, "defaults": {field: getattr(default, field) for field in ("max_tokens", "min_tokens", *SAMPLING)}}

    @routes.get("/v1/models")
    async def models():
        return {"object": "list", "data": [model(name) for name in listed]}

    @routes.get("/v1/models/{name:path}")
    async def one_model(name: str):
        return model(find(name, listed))

    @routes.post("/v1/chat/completions")
    async def chat(request: Request):
        body = await read_body(request, ChatBody, limits)
        worker = _worker_of(generation, body.model)
        texts = utterances(body.messages, worker.generator.dialogue)
        return await Completion(request, body, worker, ChatForm, limits, metrics).respond([texts])

    @routes.post("/v1/completions")
    async def complete(request: Request):
        body = await read_body(request, CompletionBody, limits)
        worker = _worker_of(generation, body.model)
        return await Completion(request, body, worker, TextForm, limits, metrics).respond([[text] for text in body.prompt])

    return routes


def _worker_of(generation, name):
    """The worker that a request names, or the first."""
    if not generation:
        raise ApiError(404, "No run of this server generates text. See GET /predict for the others.", "model", "model_not_found")
    return generation[find(name, generation) if name is not None else next(iter(generation))]


class Completion:
    """One request, from its texts to its response."""

    def __init__(
        self,
        request: Request,
        body: GenerationBody,
        worker: GenerationWorker,
        form: type,
        limits: Limits,
        metrics: ServingMetrics,
    ):
        self.request, self.body, self.worker, self.form = request, body, worker, form
        self.limits, self.metrics, self.arrived = limits, metrics, time.monotonic()
        self.head = {"id": f"{form.prefix}-{uuid.uuid4().hex}", "created": int(time.time()), "model": worker.name}

    async def respond(self, several: list[list[str]]) -> Response:
        """The response to `several` lists of texts, each of which is replied to `n` times."""
        generator, n = self.worker.generator, self.body.n or 1
        if n * len(several) > self.limits.max_replies:
            raise invalid("n", f"at most {self.limits.max_replies} replies to one request", f"{n} for each of {len(several)}")
        config = generation_config(self.body, generator.generation_config, self.limits, generator.context)
        encoded = [await encode(generator, texts, config.max_tokens) for texts in several]
        prompts, dropped = [prompt for prompt, _ in encoded], sum(number for _, number in encoded)
        headers = {"X-Dropped-Messages": str(dropped)}
        self.head["dropped_messages"] = dropped
        self.prompt_tokens = sum(len(prompt.token_ids) for prompt in prompts)
        self.replies = Replies(self.worker, requests(prompts, config, n, self.body.seed), self.body.stop)
        self.request.state.record.update(model=self.worker.name, prompt_tokens=self.prompt_tokens, texts=several)
        if self.body.stream:
            return EventStream(self.stream(), headers)
        return JSONResponse(await unless_gone(self.request.receive, self.whole()), headers=headers)

    @contextlib.asynccontextmanager
    async def generating(self) -> AsyncIterator[AsyncIterator[Piece]]:
        """Generates the replies within --timeout, and counts them however they end."""
        outcome = "cancelled"
        try:
            async with asyncio.timeout(self.limits.timeout), self.replies:
                yield self.replies.pieces()
        except TimeoutError:
            outcome = "timeout"
            message = f"The reply took longer than {self.limits.timeout:g} s. Ask for fewer tokens, or retry later."
            raise ApiError(504, message, code="timeout") from None
        except ApiError as error:
            outcome = "refused" if error.status == 429 else "error"
            raise
        finally:
            self.metrics.count_replies(self.worker.name, self.replies, self.prompt_tokens, self.arrived, outcome)
            finishes = [self.replies.finished.get(index, outcome) for index in range(len(self.replies.requests))]
            self.request.state.record.update(reply_tokens=self.replies.num_tokens, finish=finishes)

    async def whole(self) -> dict[str, Any]:
        """The response object without streaming."""
        texts = [""] * len(self.replies.requests)
        async with self.generating() as pieces:
            async for piece in pieces:
                texts[piece.index] += piece.text
        self.request.state.record.update(replies=texts)
        choices = [self.form.choice(index, text, self.replies.finished[index]) for index, text in enumerate(texts)]
        return {**self.head, "object": self.form.whole, "choices": choices, "usage": self.usage()}

    @contextlib.asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[dict]]:
        """Yields an async iterator of the events of a stream."""
        async with self.generating() as pieces:
            yield self.events(pieces)

    async def events(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[dict[str, Any]]:
        """Yields the events of a stream."""
        options = self.body.stream_options
        with_usage = bool(options and options.include_usage)
        shared = {**self.head, "object": self.form.part, **({"usage": None} if with_usage else {})}
        texts = self.request.state.record["replies"] = [""] * len(self.replies.requests)
        if self.form.opening:
            yield {**shared, "choices": [self.form.opening(index) for index in range(len(texts))]}
        async for piece in pieces:
            texts[piece.index] += piece.text
            yield {**shared, "choices": [self.form.piece(piece)]}
        if with_usage:
            yield {**shared, "choices": [], "usage": self.usage()}

    def usage(self) -> dict[str, int]:
        generated = self.replies.num_tokens
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": generated, "total_tokens": self.prompt_tokens + generated}
