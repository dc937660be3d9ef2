"""/v1/embeddings: OpenAI's API for the runs that make vectors of texts."""

import asyncio
import base64

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError, wrong
from baselines.serving.model_registry import find
from baselines.serving.responses import unless_gone
from baselines.serving.schemas.embedding import EmbeddingBody
from baselines.serving.schemas.parsing import read_body


def router(threads, limits, metrics):
    """The route of these embedders, {run name: EmbedderThread}."""
    routes = APIRouter()

    @routes.post("/v1/embeddings")
    async def embeddings(request: Request):
        body = await read_body(request, EmbeddingBody, limits)
        thread = chosen(threads, body.model)
        size = thread.embedder.dimensions
        if body.dimensions not in (None, size):
            raise wrong("dimensions", f"{size}, which all vectors of this model have, or to leave it out", body.dimensions)
        request.state.record.update(model=thread.name, num_texts=len(body.input), texts=body.input)
        vectors, counts = await unless_gone(request.receive, embedded(thread, body.input, limits))
        metrics.embeddings.labels(thread.name).inc(len(body.input))
        told = encoded if body.encoding_format == "base64" else np.ndarray.tolist
        data = [{"object": "embedding", "index": index, "embedding": told(vector)} for index, vector in enumerate(vectors)]
        return JSONResponse({"object": "list", "data": data, "model": thread.name, "usage": usage(counts)})

    return routes


def chosen(threads, name):
    """The EmbedderThread that a request names; without a name the first."""
    if not threads:
        raise ApiError(404, "No run of this server makes vectors; see GET /v1/models.", "model", "model_not_found")
    return threads[find(name, threads) if name is not None else next(iter(threads))]


async def embedded(thread, texts, limits, param="input"):
    """(float32 (N, D), tokens of each text). Raises ApiError for texts without tokens, a full queue, and after --timeout.

    param   the parameter that the texts came in
    """
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.wrap_future(thread.submit(texts))
    except TimeoutError:
        raise ApiError(504, f"Expected the vectors within {limits.timeout:g} s.", code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), param, "invalid_value") from None


def encoded(vector):
    """A vector in base64, little-endian float32: a third of its length as decimal digits."""
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()


def usage(counts):
    """OpenAI's account of the tokens read."""
    return {"prompt_tokens": sum(counts), "total_tokens": sum(counts)}
