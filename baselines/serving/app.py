"""The HTTP application: routes, wrapped in logging, the API key check and CORS."""

import contextlib

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response

from baselines.serving.api_error import add_handlers
from baselines.serving.limits import Access, Limits
from baselines.serving.metrics import ServingMetrics
from baselines.serving.model_registry import ModelRegistry
from baselines.serving.routes import completions, embeddings, paraphrase, predict, search
from baselines.serving.routes.pages import addresses, page_routes
from baselines.serving.watch import KeyCheck, Watch
from baselines.serving.workers.embedding import EmbeddingWorker
from baselines.serving.workers.generation import GenerationWorker
from baselines.serving.workers.prediction import PredictionWorker


def create_app(registry: ModelRegistry, limits: Limits, access: Access, log_text: bool = False) -> FastAPI:
    """Builds the application. Its workers run during its lifespan.

    Args:
        registry: The models and indexes to serve.
        limits: Bounds of a request.
        access: Who may use it.
        log_text: Also log what users and models write.
    """
    generation = {name: GenerationWorker(name, generator) for name, generator in registry.generators.items()}
    prediction = {name: PredictionWorker(name, predictor, limits.max_queue) for name, predictor in registry.predictors.items()}
    embedding = {name: EmbeddingWorker(name, embedder, limits.max_queue) for name, embedder in registry.embedders.items()}
    workers = (*generation.values(), *prediction.values(), *embedding.values())
    metrics = ServingMetrics()
    metrics.watch(generation, prediction, embedding)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            worker.close()

    app = FastAPI(title="baselines", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)  # their pages need a CDN
    app.state.generation = list(generation.values())
    add_handlers(app)
    app.include_router(completions.router(generation, embedding, limits, metrics))
    app.include_router(predict.router(prediction, limits, metrics))
    app.include_router(embeddings.router(embedding, limits, metrics))
    app.include_router(search.router(registry.indexes, embedding, limits, metrics))
    app.include_router(paraphrase.router(generation, embedding, limits, metrics))
    app.router.routes.extend(page_routes())

    @app.get("/health")
    async def health():
        dead = [worker.name for worker in workers if not worker.alive()]
        if access.api_key:                                              # probes need no key, and get no details
            return JSONResponse({"status": "not working" if dead else "ok"}, 503 if dead else 200)
        status = {"status": f"not working: {', '.join(dead)}" if dead else "ok", "models": registry.runs}
        return JSONResponse(status, 503 if dead else 200)

    @app.get("/metrics")
    async def metrics_text():
        content, media_type = metrics.text()
        return Response(content, media_type=media_type)

    if access.api_key:                                                  # later middleware wraps earlier middleware
        app.add_middleware(KeyCheck, api_key=access.api_key, free=addresses())
    if access.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=access.origins, allow_methods=["GET", "POST"], allow_headers=["*"],
            expose_headers=["X-Dropped-Messages", "X-Request-Id", "Retry-After"],
        )  # fmt: skip
    app.add_middleware(Watch, metrics=metrics, with_text=log_text)
    return app
