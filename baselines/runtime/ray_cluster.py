"""Work on the machines of a Ray cluster, as many actors as it has processors, or GPUs where it has any; answers come in order.

The machines need this code under the same path. A cluster is found by RAY_ADDRESS; without it this machine is one.
"""

import itertools
import os

from baselines.errors import InputError, excerpt
from baselines.runtime.concurrency import bounded_map

ENGINES = ("local", "ray")
IN_FLIGHT = 3
"""Items that wait or are worked on, for each actor."""


def check_engine(engine):
    """Raises InputError for another --engine than those that there are."""
    if engine not in ENGINES:
        raise InputError(f"--engine: there is no engine {excerpt(engine)!r}. Choose local or ray.")
    return engine


def load_ray():
    """The module ray, connected. Raises InputError where it is not installed."""
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


def worked(build, items, on_gpus=False):
    """Yields work(item) of each item, in the order of the items, of which few are read ahead.

    build     called without arguments by each actor, once, for its `work`; both it and what `work` takes and returns are sent
    on_gpus   an actor for each GPU of the cluster, if it has any; else one for each processor, which computes with one thread
    Raises what `build` and `work` raise, and InputError where an actor is lost.
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
    def __init__(self, build):
        self._build, self._work = build, None

    def work(self, item):
        self._work = self._work or self._build()                        # here, where what it raises reaches the caller
        return self._work(item)


def answer(ray, reference):
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayActorError as error:
        received = str(error).splitlines()[0]
        raise InputError(f"--engine ray: an actor was lost: {received}. Check that machine, then start again.") from None
