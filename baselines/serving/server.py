"""Running an application on a socket until a signal ends it: running replies are finished first."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys

import uvicorn

from baselines.errors import InputError
from baselines.serving.watch import JsonLines

MOST_CONNECTIONS = 2000
LAST_WORDS = 5
"""Seconds to tell clients why their reply ends."""


def listening(host, port):
    """A bound socket. Raises InputError if the address is in use or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)   # so named, asyncio sends tokens without delay
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        in_use = getattr(error, "errno", None) == errno.EADDRINUSE
        advice = "Another server is there; take another --port, or 0 for any that is free." if in_use else "Is --host right?"
        raise InputError(f"--host {host} --port {port}: expected an address to listen at. Received: {error}. {advice}") from None
    return found


def address(found):
    """http://… of a bound socket."""
    host, port = found.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn with plain asyncio and h11 and no log but ours.

    grace   seconds that running replies have when the server is told to end; those that need more end with an error
    ready   called when it answers
    """

    def __init__(self, app, grace, ready=lambda: None):
        settings = {"http": "h11", "loop": "asyncio", "ws": "none", "lifespan": "on", "proxy_headers": False}
        logs = {"log_config": None, "access_log": False, "server_header": False}
        limits = {"limit_concurrency": MOST_CONNECTIONS, "timeout_graceful_shutdown": grace + LAST_WORDS}
        super().__init__(uvicorn.Config(app, **settings, **logs, **limits))
        self.engines, self.grace, self.ready = app.state.engines, grace, ready

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready()

    async def shutdown(self, sockets=None):
        loop = asyncio.get_running_loop()
        for engine in self.engines:
            loop.call_later(self.grace, engine.stop)
        await super().shutdown(sockets)


def log_to(stream=None, quiet=False):
    """Lines of JSON for what this package and uvicorn have to tell; quiet: only of what goes wrong."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("baselines", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if quiet else logging.INFO)


def allow_connections():
    """Lets the process have as many files open as there may be connections, where the system leaves that to it."""
    with contextlib.suppress(ImportError, ValueError, OSError):         # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        needed = 2 * MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * MOST_CONNECTIONS)
        if soft != resource.RLIM_INFINITY and soft < needed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def run(app, found, grace, ready=lambda: None):
    """Serves until SIGTERM or Ctrl-C. New connections are refused from then on, running replies have `grace` seconds."""
    allow_connections()
    server = Server(app, grace, ready)
    ends = (signal.SIGTERM, signal.SIGINT)
    before = {each: signal.signal(each, lambda *_: None) for each in ends}  # uvicorn raises the signal again when it is done
    try:
        with contextlib.closing(found):
            server.run(sockets=[found])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0 if server.started else 1
