"""/v1/embeddings: OpenAI's API for the runs that embed texts."""

import asyncio
import base64

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError, invalid
from baselines.serving.limits import Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import find
from baselines.serving.responses import unless_gone
from baselines.serving.schemas.embedding import EmbeddingBody
from baselines.serving.schemas.parsing import read_body
from baselines.serving.workers.embedding import EmbeddingWorker


def router(workers: dict[str, EmbeddingWorker], limits: Limits, metrics: ServingMetrics) -> APIRouter:
    """Creates the route for the workers by run name."""
    routes = APIRouter()

    @routes.post("/v1/embeddings")
    async def embeddings(request: Request):
        body = await read_body(request, EmbeddingBody, limits)
        worker = _worker_of(workers, body.model)
        size = worker.model.dimensions
        if body.dimensions not in (None, size):
            raise invalid("dimensions", f"{size}, which all vectors of this model have", body.dimensions)
        request.state.record.update(model=worker.name, num_texts=len(body.input), texts=body.input)
        vectors, counts = await unless_gone(request.receive, embed(worker, body.input, limits))
        metrics.embeddings.labels(worker.name).inc(len(body.input))
        encode = to_base64 if body.encoding_format == "base64" else np.ndarray.tolist
        data = [{"object": "embedding", "index": index, "embedding": encode(vector)} for index, vector in enumerate(vectors)]
        return JSONResponse({"object": "list", "data": data, "model": worker.name, "usage": usage(counts)})

    return routes


def _worker_of(workers, name):
    """The worker that a request names, or the first."""
    if not workers:
        raise ApiError(404, "No run of this server embeds texts. See GET /v1/models for the others.", "model", "model_not_found")
    return workers[find(name, workers) if name is not None else next(iter(workers))]


async def embed(worker: EmbeddingWorker, texts: list[str], limits: Limits, param: str = "input") -> tuple[np.ndarray, list[int]]:
    """Embeds texts with a worker.

    Args:
        worker: Worker of the model.
        texts: The texts.
        limits: Limits of this server.
        param: Name of the parameter with the texts.

    Returns:
        float32 (N, D), and the number of tokens of each text.

    Raises:
        ApiError: A text has no tokens, the queue is full, or --timeout has passed.
    """
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.wrap_future(worker.submit(texts))
    except TimeoutError:
        message = f"Embedding took longer than {limits.timeout:g} s. Send fewer texts, or retry later."
        raise ApiError(504, message, code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), param, "invalid_value") from None


def to_base64(vector: np.ndarray) -> str:
    """Encodes a vector as base64 of little-endian float32, which is a third as long as decimal digits."""
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()


def usage(counts: list[int]) -> dict:
    """OpenAI's usage object."""
    return {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
