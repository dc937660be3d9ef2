"""The HTTP application of some runs: routes, and around them the log, the key and other sites' pages."""

import contextlib

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response

from baselines.serving.api_error import add_handlers
from baselines.serving.metrics import ServingMetrics
from baselines.serving.routes import completions, embeddings, paraphrase, predict, search
from baselines.serving.routes.pages import addresses, page_routes
from baselines.serving.watch import KeyCheck, Watch
from baselines.serving.workers.embedding import EmbedderThread
from baselines.serving.workers.generation import Engine
from baselines.serving.workers.prediction import PredictorThread


def create_app(hosted, limits, access, log_text=False):
    """A FastAPI application for a Hosted; its threads live as long as its lifespan."""
    engines = {name: Engine(name, writer) for name, writer in hosted.writers.items()}
    threads = {name: PredictorThread(name, predictor, limits.max_queue) for name, predictor in hosted.predictors.items()}
    embedding = {name: EmbedderThread(name, embedder, limits.max_queue) for name, embedder in hosted.embedders.items()}
    metrics = ServingMetrics()
    metrics.watch(engines, threads, embedding)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        for worker in (*engines.values(), *embedding.values()):
            worker.start()
        yield
        for worker in (*engines.values(), *threads.values(), *embedding.values()):
            worker.close()

    app = FastAPI(title="baselines", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)  # their pages need a CDN
    app.state.engines = list(engines.values())
    add_handlers(app)
    app.include_router(completions.router(engines, embedding, limits, metrics))
    app.include_router(predict.router(threads, limits, metrics))
    app.include_router(embeddings.router(embedding, limits, metrics))
    app.include_router(search.router(hosted.indexes, embedding, limits, metrics))
    app.include_router(paraphrase.router(engines, embedding, limits, metrics))
    app.router.routes.extend(page_routes())

    @app.get("/health")
    async def health():
        dead = [worker.name for worker in (*engines.values(), *embedding.values()) if not worker.alive()]
        status = {"status": f"not working: {', '.join(dead)}" if dead else "ok", "models": hosted.runs}
        return JSONResponse(status, 503 if dead else 200)

    @app.get("/metrics")
    async def metrics_text():
        content, media_type = metrics.text()
        return Response(content, media_type=media_type)

    if access.api_key:                                                  # what is added later is around what was added before
        app.add_middleware(KeyCheck, api_key=access.api_key, free=addresses())
    if access.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=access.origins, allow_methods=["GET", "POST"], allow_headers=["*"],
            expose_headers=["X-Dropped-Messages", "X-Request-Id", "Retry-After"],
        )  # fmt: skip
    app.add_middleware(Watch, metrics=metrics, with_text=log_text)
    return app
