"""/v1/chat/completions, /v1/completions and /v1/models: OpenAI's API for the runs that generate."""

import asyncio
import contextlib
import time
import uuid

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from baselines.serving.api_error import ApiError, invalid
from baselines.serving.model_registry import find
from baselines.serving.replies import Replies
from baselines.serving.requests import SAMPLING, encode, generation_config, max_reply_tokens, requests, utterances
from baselines.serving.responses import ChatForm, EventStream, TextForm, unless_gone
from baselines.serving.schemas.generation import ChatBody, CompletionBody
from baselines.serving.schemas.parsing import read_body

KINDS = {True: "chat", False: "seq2seq"}
"""What clients read as the kind of a model: whether it generates dialogues."""


def router(generation, embedding, limits, metrics) -> APIRouter:
    """The routes of {run name: GenerationWorker}; the runs that embed, {run name: EmbeddingWorker}, are listed too."""
    routes, started, listed = APIRouter(), int(time.time()), {**generation, **embedding}

    def model(name):
        about = {"id": name, "object": "model", "created": started, "owned_by": "baselines"}
        if name in embedding:
            about |= {"dimensions": embedding[name].model.dimensions}
        if name not in generation:
            return {**about, "task": embedding[name].task_name, "kind": "embedding"}
        generator = generation[name].generator
        default = generation_config(CompletionBody(prompt="…"), generator.generation_config, limits, generator.context)
        most = max_reply_tokens(limits, generator.context)
        about |= {"task": generation[name].task_name, "kind": KINDS[generator.dialogue], "most_tokens": most}
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
    """The worker that a request names; without a name the first."""
    if not generation:
        raise ApiError(404, "No run of this server generates text. See GET /predict for the others.", "model", "model_not_found")
    return generation[find(name, generation) if name is not None else next(iter(generation))]


class Completion:
    """One request's way from texts to its response."""

    def __init__(self, request, body, worker, form, limits, metrics):
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
    async def generating(self):
        """Has the replies written, for as long as --timeout allows, and counts them however it ends."""
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

    async def whole(self):
        """The object that a response without a stream is."""
        texts = [""] * len(self.replies.requests)
        async with self.generating() as pieces:
            async for piece in pieces:
                texts[piece.index] += piece.text
        self.request.state.record.update(replies=texts)
        choices = [self.form.choice(index, text, self.replies.finished[index]) for index, text in enumerate(texts)]
        return {**self.head, "object": self.form.whole, "choices": choices, "usage": self.usage()}

    @contextlib.asynccontextmanager
    async def stream(self):
        """Yields an async iterator of the events of a stream."""
        async with self.generating() as pieces:
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
