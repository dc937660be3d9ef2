"""/search: the items of an index whose vectors are nearest to that of a text, optionally reranked by their tokens."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError, invalid
from baselines.serving.limits import Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import ServedIndex, find
from baselines.serving.responses import unless_gone
from baselines.serving.routes.embeddings import embed, usage
from baselines.serving.schemas.embedding import SearchBody
from baselines.serving.schemas.parsing import read_body
from baselines.serving.workers.embedding import EmbeddingWorker


def router(
    indexes: dict[str, ServedIndex], workers: dict[str, EmbeddingWorker], limits: Limits, metrics: ServingMetrics
) -> APIRouter:
    """Creates the routes.

    Args:
        indexes: Index by name.
        workers: Worker by name of the run that made the vectors.
        limits: Limits of a request.
        metrics: Metrics to count in.
    """
    routes = APIRouter()

    @routes.get("/search")
    async def served():
        return {"object": "list", "data": [
            {"id": name, "object": "index", "model": index.model, "size": index.size, "rerankers": index.rerankers,
             "ways": index.ways}
            for name, index in indexes.items()
        ]}  # fmt: skip

    @routes.post("/search")
    async def search(request: Request):
        body = await read_body(request, SearchBody, limits)
        name, index = _index_of(indexes, body.index)
        if body.rerank is not None and body.rerank not in index.rerankers:
            raise invalid("rerank", f"one of {', '.join(index.rerankers)}", repr(body.rerank[:50]))
        if body.by not in index.ways:
            raise invalid("by", f"one of {', '.join(index.ways)}, as the index has no counts of words", repr(body.by))
        request.state.record.update(model=index.model, index=name, texts=[body.query])
        items, counts = await unless_gone(request.receive, search_in(index, workers[index.model], body, limits))
        metrics.searches.labels(name).inc()
        data = [{"object": "search.item", **item} for item in items]
        return JSONResponse({"object": "list", "data": data, "index": name, "model": index.model, "usage": usage(counts)})

    return routes


def _index_of(indexes, name):
    """(name, ServedIndex) that a request names, or the first."""
    if not indexes:
        message = "This server has no index. Start it with --index; see docs/serve.md."
        raise ApiError(404, message, "index", "index_not_found")
    name = find(name, indexes, "index") if name is not None else next(iter(indexes))
    return name, indexes[name]


async def search_in(
    index: ServedIndex, worker: EmbeddingWorker, body: SearchBody, limits: Limits
) -> tuple[list[dict], list[int]]:
    """(items, best first; tokens of the query). Raises ApiError as `embed` does."""
    vectors, counts = await embed(worker, [body.query], limits, "query")
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.to_thread(index.search, body.query, vectors[0], body.k, body.rerank, body.by), counts
    except TimeoutError:
        raise ApiError(504, f"The search took longer than {limits.timeout:g} s. Retry later.", code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), "query", "invalid_value") from None
