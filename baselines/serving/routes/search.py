"""/search: the items of an index whose vectors are nearest to that of a text, and what an exact comparison makes of their order."""

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError, wrong
from baselines.serving.model_registry import find
from baselines.serving.responses import unless_gone
from baselines.serving.routes.embeddings import embedded, usage
from baselines.serving.schemas.embedding import SearchBody
from baselines.serving.schemas.parsing import read_body


def router(indexes, threads, limits, metrics):
    """The routes of these indexes, {name: Index}, and of the embedders that made them, {run name: EmbedderThread}."""
    routes = APIRouter()

    @routes.get("/search")
    async def served():
        return {"object": "list", "data": [
            {"id": name, "object": "index", "model": index.model, "size": index.size, "rerankers": index.rerankers}
            for name, index in indexes.items()
        ]}  # fmt: skip

    @routes.post("/search")
    async def search(request: Request):
        body = await read_body(request, SearchBody, limits)
        name, index = chosen(indexes, body.index)
        if body.rerank is not None and body.rerank not in index.rerankers:
            raise wrong("rerank", f"one of {', '.join(index.rerankers)}, or to leave it out", repr(body.rerank[:50]))
        request.state.record.update(model=index.model, index=name, texts=[body.query])
        found, counts = await unless_gone(request.receive, found_in(index, threads[index.model], body, limits))
        metrics.searches.labels(name).inc()
        data = [{"object": "search.item", **item} for item in found]
        return JSONResponse({"object": "list", "data": data, "index": name, "model": index.model, "usage": usage(counts)})

    return routes


def chosen(indexes, name):
    """(name, Index) that a request names; without a name the first."""
    if not indexes:
        message = "This server has no index: it was started without --index, see docs/serve.md."
        raise ApiError(404, message, "index", "index_not_found")
    name = find(name, indexes, "index") if name is not None else next(iter(indexes))
    return name, indexes[name]


async def found_in(index, thread, body, limits):
    """(items, best first; tokens of the query). Raises ApiError as `embedded` does."""
    vectors, counts = await embedded(thread, [body.query], limits, "query")
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.to_thread(index.search, body.query, vectors[0], body.k, body.rerank), counts
    except TimeoutError:
        raise ApiError(504, f"Expected the items within {limits.timeout:g} s.", code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), "query", "invalid_value") from None
