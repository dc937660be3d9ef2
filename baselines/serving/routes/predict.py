"""/predict/NAME: one example in, what a run makes of it out; for runs that classify, tag or read."""

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AfterValidator, Field, create_model
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError
from baselines.serving.model_registry import find
from baselines.serving.responses import unless_gone
from baselines.serving.schemas.generation import Strict, readable
from baselines.serving.schemas.parsing import parse, read_bytes

Text = Annotated[str, AfterValidator(readable)]


def body_kind(names):
    """The pydantic model of a body: `texts`, a list in order, or each text by its name; and `text` where there is one only."""
    fields = {name: (Text | None, None) for name in names}
    count = Field(min_length=len(names), max_length=len(names))
    return create_model("PredictBody", __base__=Strict, texts=(Annotated[list[Text], count] | None, None), **fields)


def texts_of(body, names):
    """The texts of an example, in order. Raises ApiError if one is missing, or given twice."""
    named = [getattr(body, name) for name in names]
    if (body.texts is not None) == any(text is not None for text in named):
        raise ApiError(400, f"Expected {' and '.join(names)}, or texts, a list of {len(names)}.", names[0], "invalid_value")
    missing = [name for name, text in zip(names, named, strict=True) if text is None]
    if body.texts is None and missing:
        raise ApiError(400, f"{missing[0]}: expected a text. Received: none.", missing[0], "invalid_value")
    return tuple(body.texts or named)


def router(threads, limits, metrics):
    """The routes of these predictors, {run name: PredictorThread}."""
    routes = APIRouter()
    kinds = {name: body_kind(thread.predictor.texts) for name, thread in threads.items()}

    @routes.get("/predict")
    async def predictors():
        return {"object": "list", "data": [
            {"id": name, "task": thread.task_name, "kind": thread.predictor.kind, "texts": thread.predictor.texts}
            for name, thread in threads.items()
        ]}  # fmt: skip

    @routes.post("/predict/{name:path}")
    async def predict(name: str, request: Request):
        thread = threads[find(name, threads, "task or run")]
        body = parse(await read_bytes(request, limits), kinds[thread.name])
        texts = texts_of(body, thread.predictor.texts)
        request.state.record.update(model=thread.name, texts=texts)
        found = await unless_gone(request.receive, predicted(thread, texts, limits))
        request.state.record["prediction"] = found["prediction"]
        metrics.predictions.labels(thread.name).inc()
        return JSONResponse({**found, "id": f"pred-{uuid.uuid4().hex}", "object": "prediction", "model": thread.name})

    return routes


async def predicted(thread, texts, limits):
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.wrap_future(thread.submit(texts))
    except TimeoutError:
        raise ApiError(504, f"Expected the prediction within {limits.timeout:g} s.", code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), code="invalid_value") from None
