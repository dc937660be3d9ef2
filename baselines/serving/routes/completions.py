"""/v1/chat/completions, /v1/completions and /v1/models: OpenAI's API for the runs that write."""

import asyncio
import contextlib
import time
import uuid

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.serving.api_error import ApiError, wrong
from baselines.serving.model_registry import find
from baselines.serving.replies import Replies
from baselines.serving.requests import DRAWN, encode, most_tokens, requests, utterances, writing
from baselines.serving.responses import ChatForm, EventStream, TextForm, unless_gone
from baselines.serving.schemas.generation import ChatBody, CompletionBody
from baselines.serving.schemas.parsing import read_body


def router(engines, embedding, limits, metrics):
    """The routes of these engines, {run name: Engine}; those that make vectors, {run name: EmbedderThread}, are listed too."""
    routes, started, listed = APIRouter(), int(time.time()), {**engines, **embedding}

    def model(name):
        shown = {"id": name, "object": "model", "created": started, "owned_by": "baselines"}
        if name in embedding:
            shown |= {"dimensions": embedding[name].embedder.dimensions}
        if name not in engines:
            return {**shown, "task": embedding[name].task_name, "kind": "embedding"}
        engine = engines[name]
        writer, nothing = engine.writer, CompletionBody(prompt="…")
        usual = writing(nothing, writer.writing, limits, writer.context)
        shown |= {"task": engine.task_name, "kind": writer.kind, "most_tokens": most_tokens(limits, writer.context)}
        return {**shown, "defaults": {field: getattr(usual, field) for field in ("max_tokens", "min_tokens", *DRAWN)}}

    @routes.get("/v1/models")
    async def models():
        return {"object": "list", "data": [model(name) for name in listed]}

    @routes.get("/v1/models/{name:path}")
    async def one_model(name: str):
        return model(find(name, listed))

    @routes.post("/v1/chat/completions")
    async def chat(request: Request):
        body = await read_body(request, ChatBody, limits)
        engine = chosen(engines, body.model)
        texts = utterances(body.messages, engine.writer.kind)
        return await Answer(request, body, engine, ChatForm, limits, metrics).answer([texts])

    @routes.post("/v1/completions")
    async def complete(request: Request):
        body = await read_body(request, CompletionBody, limits)
        engine = chosen(engines, body.model)
        return await Answer(request, body, engine, TextForm, limits, metrics).answer([[text] for text in body.prompt])

    return routes


def chosen(engines, name):
    """The engine that a request names; without a name the first."""
    if not engines:
        raise ApiError(404, "No run of this server writes text; see GET /predict.", "model", "model_not_found")
    return engines[find(name, engines) if name is not None else next(iter(engines))]


class Answer:
    """One request's way from texts to its response."""

    def __init__(self, request, body, engine, form, limits, metrics):
        self.request, self.body, self.engine, self.form = request, body, engine, form
        self.limits, self.metrics, self.arrived = limits, metrics, time.monotonic()
        self.head = {"id": f"{form.prefix}-{uuid.uuid4().hex}", "created": int(time.time()), "model": engine.name}

    async def answer(self, several):
        """The response to `several` lists of texts, each of which is replied to `n` times."""
        writer, n = self.engine.writer, self.body.n or 1
        if n * len(several) > self.limits.max_replies:
            raise wrong("n", f"at most {self.limits.max_replies} replies to one request", f"{n} for each of {len(several)}")
        chosen = writing(self.body, writer.writing, self.limits, writer.context)
        encoded = [await encode(writer, texts, chosen.max_tokens) for texts in several]
        prompts, dropped = [prompt for prompt, _ in encoded], sum(number for _, number in encoded)
        headers = {"X-Dropped-Messages": str(dropped)}
        self.head["dropped_messages"] = dropped
        self.prompt_tokens = sum(len(prompt.token_ids) for prompt in prompts)
        self.replies = Replies(self.engine, requests(prompts, chosen, n, self.body.seed), self.body.stop)
        self.request.state.record.update(model=self.engine.name, prompt_tokens=self.prompt_tokens, texts=several)
        if self.body.stream:
            return EventStream(self.stream(), headers)
        return JSONResponse(await unless_gone(self.request.receive, self.whole()), headers=headers)

    @contextlib.asynccontextmanager
    async def writing(self):
        """Has the replies written, for as long as --timeout allows, and keeps account of them however it ends."""
        outcome = "cancelled"
        try:
            async with asyncio.timeout(self.limits.timeout), self.replies:
                yield self.replies.pieces()
        except TimeoutError:
            outcome = "timeout"
            message = f"Expected the reply within {self.limits.timeout:g} s; it is not complete."
            raise ApiError(504, message, code="timeout") from None
        except ApiError as error:
            outcome = "refused" if error.status == 429 else "error"
            raise
        finally:
            self.metrics.count_replies(self.engine.name, self.replies, self.prompt_tokens, self.arrived, outcome)
            finishes = [self.replies.finished.get(index, outcome) for index in range(len(self.replies.requests))]
            self.request.state.record.update(reply_tokens=self.replies.num_tokens, finish=finishes)

    async def whole(self):
        """The object that a response without a stream is."""
        texts = [""] * len(self.replies.requests)
        async with self.writing() as pieces:
            async for piece in pieces:
                texts[piece.index] += piece.text
        self.request.state.record.update(replies=texts)
        choices = [self.form.choice(index, text, self.replies.finished[index]) for index, text in enumerate(texts)]
        return {**self.head, "object": self.form.whole, "choices": choices, "usage": self.usage()}

    @contextlib.asynccontextmanager
    async def stream(self):
        """Yields an async iterator of the events of a stream."""
        async with self.writing() as pieces:
            yield self.events(pieces)

    async def events(self, pieces):
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

    def usage(self):
        written = self.replies.num_tokens
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": written, "total_tokens": self.prompt_tokens + written}
