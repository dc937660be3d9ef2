"""/paraphrase: texts are drawn from a run that writes and makes vectors, and the most similar ones told. Su, 2020, SimBERT."""

import asyncio
import dataclasses
import time
import uuid

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.decoding.distinct import distinct
from baselines.serving.api_error import ApiError, wrong
from baselines.serving.model_registry import find
from baselines.serving.replies import Replies
from baselines.serving.requests import encode, requests, writing
from baselines.serving.responses import unless_gone
from baselines.serving.routes.embeddings import embedded
from baselines.serving.schemas.embedding import MOST_SAMPLES, ParaphraseBody
from baselines.serving.schemas.parsing import read_body

PER_PARAPHRASE, TOP_K = 5, 5
"""Texts that are drawn for each one to be told, and the likeliest tokens that they are drawn from, as published."""


def router(engines, threads, limits, metrics):
    """The route of the runs that write, {run name: Engine}, and make vectors, {run name: EmbedderThread}."""
    routes = APIRouter()
    both = {name: engine for name, engine in engines.items() if name in threads}

    @routes.post("/paraphrase")
    async def paraphrase(request: Request):
        body = await read_body(request, ParaphraseBody, limits)
        if not both:
            raise ApiError(404, "No run of this server both writes and makes vectors.", "model", "model_not_found")
        name = find(body.model, both) if body.model is not None else next(iter(both))
        work = Paraphrasing(request, body, both[name], threads[name], limits, metrics)
        return JSONResponse(await unless_gone(request.receive, work.whole()))

    return routes


class Paraphrasing:
    """One request's way from its text to paraphrases."""

    def __init__(self, request, body, engine, thread, limits, metrics):
        self.body, self.engine, self.thread, self.limits, self.metrics = body, engine, thread, limits, metrics
        self.record, self.num_tokens = request.state.record, 0
        self.samples = body.samples or min(PER_PARAPHRASE * body.num, MOST_SAMPLES)
        if self.samples < body.num:
            raise wrong("samples", f"at least num, {body.num}", body.samples)

    async def whole(self):
        """The object that the response is. Raises ApiError where it takes too long."""
        try:
            async with asyncio.timeout(self.limits.timeout):
                return await self.paraphrased()
        except TimeoutError:
            raise ApiError(504, f"Expected the paraphrases within {self.limits.timeout:g} s.", code="timeout") from None

    async def paraphrased(self):
        body, writer = self.body, self.engine.writer
        chosen = writing(body, drawn_from(writer.writing), self.limits, writer.context)
        prompt, _ = await encode(writer, [body.text], chosen.max_tokens)
        self.record.update(model=self.engine.name, prompt_tokens=len(prompt.token_ids), texts=[body.text])
        drawn = await self.drawn(requests([prompt], chosen, self.samples, body.seed), len(prompt.token_ids))
        kept = distinct(drawn, body.text)
        vectors, _ = await embedded(self.thread, [body.text, *kept], self.limits, "text")
        similar = vectors[1:] @ vectors[0]
        best = np.argsort(-similar, kind="stable")[: body.num]
        data = [{"object": "paraphrase", "text": kept[place], "similarity": round(float(similar[place]), 6)} for place in best]
        self.record.update(reply_tokens=self.num_tokens, replies=[each["text"] for each in data])
        self.metrics.paraphrases.labels(self.engine.name).inc(len(data))
        usage = {"prompt_tokens": len(prompt.token_ids), "completion_tokens": self.num_tokens}
        usage["total_tokens"] = sum(usage.values())
        head = {"id": f"para-{uuid.uuid4().hex}", "object": "list", "model": self.engine.name}
        return {**head, "data": data, "samples": self.samples, "distinct": len(kept), "usage": usage}

    async def drawn(self, wanted, prompt_tokens):
        """The texts of these Requests that came to an end, a few at a time, so that others find rows too."""
        texts, ended, most = [""] * len(wanted), [], min(self.limits.max_replies, self.limits.max_queue)
        for start in range(0, len(wanted), most):
            replies, outcome, begun = Replies(self.engine, wanted[start : start + most]), "cancelled", time.monotonic()
            try:
                async with replies:
                    async for piece in replies.pieces():
                        texts[start + piece.index] += piece.text
                        if piece.finish == "stop":
                            ended.append(start + piece.index)
            except ApiError as error:
                outcome = "refused" if error.status == 429 else "error"
                raise
            finally:
                self.num_tokens += replies.num_tokens
                self.metrics.count_replies(self.engine.name, replies, 0 if start else prompt_tokens, begun, outcome)
        return [texts[number] for number in sorted(ended)]


def drawn_from(usual):
    """A Writing that draws, among the TOP_K likeliest where a run usually takes the likeliest one: texts are to differ."""
    if usual.beam or usual.top_k == 1:
        return dataclasses.replace(usual, beam=0, num=1, top_k=TOP_K, length_penalty=0.0)
    return usual
