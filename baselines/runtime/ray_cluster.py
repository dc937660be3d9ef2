"""Runs work on a Ray cluster, with one actor per CPU or GPU. Results arrive in order.

The machines need this code under the same path. RAY_ADDRESS names the cluster; without it, this machine is the cluster.
"""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from baselines.errors import InputError, excerpt
from baselines.runtime.concurrency import bounded_map

ENGINES = ("local", "ray")
IN_FLIGHT = 3
"""Items in flight per actor."""


def check_engine(engine: str) -> str:
    """Returns --engine. Raises InputError for an unknown engine."""
    if engine not in ENGINES:
        raise InputError(f"--engine: there is no engine {excerpt(engine)!r}. Choose local or ray.")
    return engine


def load_ray() -> ModuleType:
    """The module ray, connected to the cluster. Raises InputError if it is not installed."""
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError(
            "--engine ray: the package ray is not installed. Install it with: pip install -r requirements-ray.txt"
        ) from None
    if not ray.is_initialized():
        ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, logging_level="warning")
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray


def map_on_cluster(build: Callable[[], Callable], items: Iterable, on_gpus: bool = False) -> Iterator:
    """Yields work(item) for each item, in order. Only a few items are read ahead.

    Args:
        build: Called once by each actor, without arguments; returns its `work`. Both are pickled, as are items and results.
        items: Items to work on.
        on_gpus: One actor per GPU of the cluster, if it has any. Default: one single-threaded actor per CPU.

    Raises:
        InputError: An actor is lost. Errors of `build` and `work` are raised as they are.
    """
    ray = load_ray()
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if on_gpus else 0
    count = gpus or max(1, int(resources.get("CPU", 1)))
    variables = {name: os.environ[name] for name in ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL") if name in os.environ}
    if not gpus:
        variables |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    Remote = ray.remote(num_gpus=1 if gpus else 0, num_cpus=0 if gpus else 1, runtime_env={"env_vars": variables})(Actor)
    actors = [Remote.remote(build) for _ in range(count)]
    turns = itertools.cycle(actors)
    try:
        for reference in bounded_map(lambda item: next(turns).work.remote(item), items, IN_FLIGHT * count):
            yield answer(ray, reference)
    finally:
        for actor in actors:
            ray.kill(actor)


class Actor:
    """A remote worker: builds its `work` on the first item."""
    def __init__(self, build: Callable[[], Callable]):
        self._build, self._work = build, None

    def work(self, item: Any) -> Any:
        self._work = self._work or self._build()                        # here, so that its errors reach the caller
        return self._work(item)


def answer(ray: ModuleType, reference: Any) -> Any:
    """Waits for a result. Raises the error of the work, and InputError if the actor is lost."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayActorError as error:
        received = str(error).splitlines()[0]
        raise InputError(f"--engine ray: an actor was lost: {received}. Check that machine, then restart.") from None
