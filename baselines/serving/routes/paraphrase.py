"""/paraphrase: samples texts from a run that generates and embeds, and returns the most similar. Su, 2020, SimBERT."""

import asyncio
import dataclasses
import time
import uuid

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.paraphrase_ranking import distinct_texts, rank_paraphrases
from baselines.serving.api_error import ApiError, invalid
from baselines.serving.limits import Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import find
from baselines.serving.replies import Replies
from baselines.serving.requests import encode, generation_config, requests
from baselines.serving.responses import unless_gone
from baselines.serving.routes.embeddings import embed
from baselines.serving.schemas.embedding import MAX_SAMPLES, ParaphraseBody
from baselines.serving.schemas.parsing import read_body
from baselines.serving.workers.embedding import EmbeddingWorker
from baselines.serving.workers.generation import GenerationWorker

SAMPLES_PER_PARAPHRASE, TOP_K = 5, 5
"""Samples per returned paraphrase, and top_k of the sampling, as published."""


def router(
    generation: dict[str, GenerationWorker], embedding: dict[str, EmbeddingWorker], limits: Limits, metrics: ServingMetrics
) -> APIRouter:
    """Creates the route for the runs that are among both the generation and the embedding workers."""
    routes = APIRouter()
    both = {name: worker for name, worker in generation.items() if name in embedding}

    @routes.post("/paraphrase")
    async def paraphrase(request: Request):
        body = await read_body(request, ParaphraseBody, limits)
        if not both:
            raise ApiError(404, "No run of this server both generates and embeds texts. Add one.", "model", "model_not_found")
        name = find(body.model, both) if body.model is not None else next(iter(both))
        work = Paraphrasing(request, body, both[name], embedding[name], limits, metrics)
        return JSONResponse(await unless_gone(request.receive, work.whole()))

    return routes


class Paraphrasing:
    """One request, from its text to paraphrases."""

    def __init__(
        self,
        request: Request,
        body: ParaphraseBody,
        generation: GenerationWorker,
        embedding: EmbeddingWorker,
        limits: Limits,
        metrics: ServingMetrics,
    ):
        self.body, self.generation, self.embedding, self.limits, self.metrics = body, generation, embedding, limits, metrics
        self.record, self.num_tokens = request.state.record, 0
        self.samples = body.samples or min(SAMPLES_PER_PARAPHRASE * body.num, MAX_SAMPLES)
        if self.samples < body.num:
            raise invalid("samples", f"at least num, {body.num}", body.samples)

    async def whole(self) -> dict:
        """The response object. Raises ApiError if it takes too long."""
        try:
            async with asyncio.timeout(self.limits.timeout):
                return await self._paraphrase()
        except TimeoutError:
            message = f"Paraphrasing took longer than {self.limits.timeout:g} s. Ask for fewer samples, or retry later."
            raise ApiError(504, message, code="timeout") from None

    async def _paraphrase(self):
        body, generator = self.body, self.generation.generator
        config = generation_config(body, sampled_config(generator.generation_config), self.limits, generator.context)
        prompt, _ = await encode(generator, [body.text], config.max_tokens)
        self.record.update(model=self.generation.name, prompt_tokens=len(prompt.token_ids), texts=[body.text])
        sampled = await self._sample(requests([prompt], config, self.samples, body.seed), len(prompt.token_ids))
        texts = distinct_texts(sampled, body.text)
        vectors, _ = await embed(self.embedding, [body.text, *texts], self.limits, "text")
        best = rank_paraphrases(texts, vectors[1:], vectors[0], body.num)
        data = [{"object": "paraphrase", "text": each.text, "similarity": each.score} for each in best]
        self.record.update(reply_tokens=self.num_tokens, replies=[each["text"] for each in data])
        self.metrics.paraphrases.labels(self.generation.name).inc(len(data))
        usage = {"prompt_tokens": len(prompt.token_ids), "completion_tokens": self.num_tokens}
        usage["total_tokens"] = sum(usage.values())
        head = {"id": f"para-{uuid.uuid4().hex}", "object": "list", "model": self.generation.name}
        return {**head, "data": data, "samples": self.samples, "distinct": len(texts), "usage": usage}

    async def _sample(self, samples, prompt_tokens):
        """The texts of the Requests that ended by themselves. They run in small groups, so that other requests get rows, too."""
        texts, complete, size = [""] * len(samples), [], min(self.limits.max_replies, self.limits.max_queue)
        for start in range(0, len(samples), size):
            replies, outcome, started = Replies(self.generation, samples[start : start + size]), "cancelled", time.monotonic()
            try:
                async with replies:
                    async for piece in replies.pieces():
                        texts[start + piece.index] += piece.text
                        if piece.finish == "stop":
                            complete.append(start + piece.index)
            except ApiError as error:
                outcome = "refused" if error.status == 429 else "error"
                raise
            finally:
                self.num_tokens += replies.num_tokens
                self.metrics.count_replies(self.generation.name, replies, 0 if start else prompt_tokens, started, outcome)
        return [texts[number] for number in sorted(complete)]


def sampled_config(default: GenerationConfig) -> GenerationConfig:
    """A GenerationConfig that samples; with TOP_K if the run's default is greedy or beam search."""
    if default.beam or default.top_k == 1:
        return dataclasses.replace(default, beam=0, num=1, top_k=TOP_K, length_penalty=0.0)
    return default
