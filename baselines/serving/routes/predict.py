"""/predict/NAME predicts one example with a run that classifies, tags or reads."""

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, Field, create_model
from starlette.responses import JSONResponse

from baselines.errors import InputError
from baselines.serving.api_error import ApiError
from baselines.serving.limits import Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import find
from baselines.serving.responses import unless_gone
from baselines.serving.schemas.generation import Strict, readable
from baselines.serving.schemas.parsing import parse, read_bytes
from baselines.serving.workers.prediction import PredictionWorker

Text = Annotated[str, AfterValidator(readable)]


def body_kind(names: tuple[str, ...]) -> type[BaseModel]:
    """The pydantic model of a body: `texts`, a list in order, or each text by its name."""
    fields = {name: (Text | None, None) for name in names}
    count = Field(min_length=len(names), max_length=len(names))
    return create_model("PredictBody", __base__=Strict, texts=(Annotated[list[Text], count] | None, None), **fields)


def texts_of(body: BaseModel, names: tuple[str, ...]) -> tuple[str, ...]:
    """The texts of an example, in order. Raises ApiError if a text is missing or given twice."""
    named = [getattr(body, name) for name in names]
    if (body.texts is not None) == any(text is not None for text in named):
        ways = f"{' and '.join(map(repr, names))}, or 'texts' as an array of {len(names)}"
        raise ApiError(400, f"The texts are missing, or given twice. Send {ways}.", names[0], "invalid_value")
    missing = [name for name, text in zip(names, named, strict=True) if text is None]
    if body.texts is None and missing:
        raise ApiError(400, f"Missing required parameter: '{missing[0]}'.", missing[0], "invalid_value")
    return tuple(body.texts or named)


def router(workers: dict[str, PredictionWorker], limits: Limits, metrics: ServingMetrics) -> APIRouter:
    """Creates the routes for the workers by run name."""
    routes = APIRouter()
    kinds = {name: body_kind(worker.model.texts) for name, worker in workers.items()}

    @routes.get("/predict")
    async def predictors():
        return {"object": "list", "data": [
            {"id": name, "task": worker.task_name, "kind": worker.model.kind, "texts": worker.model.texts}
            for name, worker in workers.items()
        ]}  # fmt: skip

    @routes.post("/predict/{name:path}")
    async def predict(name: str, request: Request):
        worker = workers[find(name, workers, "task or run")]
        body = parse(await read_bytes(request, limits), kinds[worker.name])
        texts = texts_of(body, worker.model.texts)
        request.state.record.update(model=worker.name, texts=texts)
        prediction = await unless_gone(request.receive, predict_with(worker, texts, limits))
        request.state.record["prediction"] = prediction["prediction"]
        metrics.predictions.labels(worker.name).inc()
        return JSONResponse({**prediction, "id": f"pred-{uuid.uuid4().hex}", "object": "prediction", "model": worker.name})

    return routes


async def predict_with(worker: PredictionWorker, texts: tuple[str, ...], limits: Limits) -> dict:
    """Predicts an example. Raises ApiError for texts that the task cannot take, a full queue, and after --timeout."""
    try:
        async with asyncio.timeout(limits.timeout):
            return await asyncio.wrap_future(worker.submit(texts))
    except TimeoutError:
        raise ApiError(504, f"The prediction took longer than {limits.timeout:g} s. Retry later.", code="timeout") from None
    except InputError as error:
        raise ApiError(400, str(error), code="invalid_value") from None
