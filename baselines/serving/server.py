"""Runs an application on a socket until a signal stops it. Running replies finish first."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, TextIO

import uvicorn

from baselines.errors import InputError, excerpt
from baselines.serving.watch import JsonLines

MAX_CONNECTIONS = 2000
LAST_WORDS = 5
"""Seconds to send clients the reason why their reply ends."""


def listening(host: str, port: int) -> socket.socket:
    """Binds a socket. Raises InputError if the address is in use or does not belong to this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)   # makes asyncio send tokens without delay
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        in_use = getattr(error, "errno", None) == errno.EADDRINUSE
        advice = "Choose another --port, or 0 for a free one." if in_use else "Check --host and --port."
        raise InputError(f"Cannot listen at --host {excerpt(host)} --port {port}: {error}. {advice}") from None
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn with asyncio, h11 and our own log.

    Args:
        app: The application.
        grace: Seconds that running replies have to finish on shutdown; longer ones end with an error.
        ready: Called when the server accepts requests.
    """

    def __init__(self, app: Any, grace: float, ready: Callable = lambda: None):
        settings = {"http": "h11", "loop": "asyncio", "ws": "none", "lifespan": "on", "proxy_headers": False}
        logs = {"log_config": None, "access_log": False, "server_header": False}
        limits = {"limit_concurrency": MAX_CONNECTIONS, "timeout_graceful_shutdown": grace + LAST_WORDS}
        super().__init__(uvicorn.Config(app, **settings, **logs, **limits))
        self.workers, self.grace, self.ready = app.state.generation, grace, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        for worker in self.workers:
            loop.call_later(self.grace, worker.stop)
        await super().shutdown(sockets)


def log_to(stream: TextIO | None = None, quiet: bool = False) -> None:
    """Logs this package and uvicorn as lines of JSON.

    Args:
        stream: Where to log. Default: standard error.
        quiet: Log warnings and errors only.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("baselines", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if quiet else logging.INFO)


def allow_connections() -> None:
    """Raises the limit of open files for the connections, if the system allows it."""
    with contextlib.suppress(ImportError, ValueError, OSError):         # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = 2 * MAX_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * MAX_CONNECTIONS)
        if soft != resource.RLIM_INFINITY and soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def run(app: Any, listener: socket.socket, grace: float, ready: Callable = lambda: None) -> int:
    """Serves until SIGTERM or Ctrl-C, then refuses new connections. Running replies have `grace` seconds. Returns the exit code."""
    allow_connections()
    server = Server(app, grace, ready)
    ends = (signal.SIGTERM, signal.SIGINT)
    before = {each: signal.signal(each, lambda *_: None) for each in ends}  # uvicorn raises the signal again when it is done
    try:
        with contextlib.closing(listener):
            server.run(sockets=[listener])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0 if server.started else 1
