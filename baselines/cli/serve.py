"""Serve runs over HTTP: pages, an OpenAI-compatible API, /predict for runs that classify, tag or read, /search, /paraphrase.

run.py serve --run DIR [--run DIR2 …]    run.py serve --init GPT2    run.py serve --demo    run.py serve --run SIMBERT --index INDEX
"""

import dataclasses
import ipaddress
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.errors import InputError, excerpt
from baselines.experiment.export_folder import ExportFolder
from baselines.experiment.run_folder import RunFolder
from baselines.storage.text_files import read_text

if TYPE_CHECKING:
    from socket import socket as Socket

    from baselines.runtime.progress import Display
    from baselines.serving.model_registry import ModelRegistry

KEY = "BASELINES_API_KEY"
GRACE_SECONDS = 30
"""Seconds that running replies have to finish when the server shuts down."""


@dataclasses.dataclass(frozen=True)
class Flags:
    """Serve runs over HTTP until Ctrl-C."""

    run: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Run folder, or an export of one, which onnxruntime runs alone. Repeat the flag for several: --run A --run B."""
    init: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Published checkpoint that continues texts or replies, such as a GPT2 or CDial-GPT. Repeat the flag for several."""
    index: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Index to search (`run.py index`), or that runs answer from (`run.py kg build`; default: the one they were trained with).
    Repeat the flag for several."""
    demo: bool = False
    """Serve a small chat run. It is trained first, which takes some minutes, unless runs/demo has one."""
    host: str = "127.0.0.1"
    """Address to listen at. 0.0.0.0 lets other machines in: see --api_key_file."""
    port: int = 8000
    """Port to listen at; 0 chooses a free one."""
    api_key: str | None = None
    """Key that clients must send. Other users of this machine can see it in the process list: prefer --api_key_file."""
    api_key_file: str | None = None
    """File whose first line is the key. Default: the environment variable BASELINES_API_KEY, if it is set."""
    rows: int = 8
    """Replies that a run generates at once."""
    max_queue: int = 64
    """Replies that may wait for a run. Further ones are refused with status 429."""
    timeout: float = 120.0
    """Seconds from a request to the end of its reply, including waiting."""
    max_body: int = 1_000_000
    """Largest request, in bytes."""
    max_tokens: int = 256
    """Longest reply, in tokens."""
    cors: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Web site, such as https://example.org, whose pages may use the API. Repeat the flag for several. Default: none."""
    log_text: bool = False
    """Also log the texts of users and models."""
    quiet: bool = False
    """Log errors only."""


def main(argv: list[str]) -> int | None:
    flags = parse(Flags, argv, "run.py serve")
    check(flags)
    key = api_key(flags)
    exports, runs = by_kind(flags.run)
    for folder in runs:
        RunFolder.open(folder).require_best()
    for folder in exports:
        ExportFolder.open(folder).require_onnx()
    if exports and flags.index:
        raise InputError(f"--index: {exports[0]} is an export, which does not search. Give the run folder itself.")

    from baselines.serving import server

    with server.listening(flags.host, flags.port) as socket:            # before the work, not after
        return serve(flags, key, socket)


def serve(flags: Flags, key: str | None, socket: "Socket") -> int | None:
    """Loads the runs and serves them until Ctrl-C.

    Args:
        flags: Checked flags.
        key: Key that clients must send, or None.
        socket: Bound socket to listen at.

    Returns:
        The exit code.
    """
    from baselines.runtime.progress import Display
    from baselines.serving import server
    from baselines.serving.app import create_app
    from baselines.serving.limits import Access, Limits

    with Display(flags.quiet) as display:
        registry = open_models(flags, display)
        limits = Limits(
            max_body=flags.max_body, max_tokens=flags.max_tokens, timeout=flags.timeout, max_queue=flags.max_queue
        )
        app = create_app(registry, limits, Access(key, flags.cors), flags.log_text)
        if key is None and not is_local(flags.host):
            display.result(f"anyone who can reach {flags.host} can use this server: consider --api_key_file")
        names, page = ", ".join(registry.runs), page_of(registry)
        server.log_to(sys.stderr, flags.quiet)
        ready = f"serving {names} at {server.address(socket)}{page}   (Ctrl-C ends it)"
        return server.run(app, socket, GRACE_SECONDS, lambda: display.result(ready))


def open_models(flags: Flags, display: "Display") -> "ModelRegistry":
    """The models of these flags. Exports alone start no backend."""
    from baselines.serving.model_registry import ModelRegistry

    exports, runs = by_kind(flags.run)
    registry = ModelRegistry()
    if runs or flags.init or flags.demo:
        from baselines.cli.startup import start_backend

        start_backend()
        from baselines.serving import model_loading
        from baselines.workflows import demo_chat

        folders = [*runs, *([demo_chat.demo_run(display)] if flags.demo else [])]
        registry = model_loading.load_models(folders, flags.rows, flags.max_queue, display, flags.index, flags.init)
    if exports:
        from baselines.serving.export_loading import add_export

        for folder in exports:
            add_export(registry, folder, display)
    return registry


def by_kind(folders: Sequence[str]) -> tuple[list[str], list[str]]:
    """(exports, run folders) among folders."""
    exports = [folder for folder in folders if ExportFolder.is_export(folder)]
    return exports, [folder for folder in folders if folder not in exports]


def page_of(registry: "ModelRegistry") -> str:
    """The path of the page that fits the served runs best."""
    if registry.generators.keys() - registry.embedders.keys():
        return "/"
    return "/similar" if registry.embedders else "/try"


def check(flags: Flags) -> None:
    """Raises InputError for flags that are out of range."""
    if bool(flags.run or flags.init) == flags.demo:
        given = "--run" if flags.run else "--init"
        problem = f"{given} and --demo exclude each other" if flags.demo else "no run is given"
        raise InputError(f"serve: {problem}. Give --run DIR, --init CHECKPOINT or --demo.")
    for name, what in (("run", "a run"), ("init", "a checkpoint")):
        given = getattr(flags, name)
        if len(set(map(os.path.realpath, given))) < len(given):
            raise InputError(f"--{name}: {' '.join(given)} names {what} twice. Give each once.")
    for name, least in (("rows", 1), ("max_queue", 1), ("max_body", 1), ("max_tokens", 1), ("timeout", 0.001), ("port", 0)):
        if not getattr(flags, name) >= least:
            raise InputError(f"--{name}: {getattr(flags, name)} is out of range. Give at least {least}.")
    for origin in flags.cors:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "/" in host or "*" in host:
            raise InputError(f"--cors: {excerpt(origin)!r} is not the address of a web site. Give one such as https://example.org.")


def api_key(flags: Flags) -> str | None:
    """The key that clients must send, or None. Raises InputError for an empty key, and for two keys."""
    if flags.api_key is not None and flags.api_key_file is not None:
        raise InputError("serve: --api_key and --api_key_file exclude each other. Leave one out.")
    origin, key = "--api_key", flags.api_key
    if flags.api_key_file is not None:
        origin = f"--api_key_file {flags.api_key_file}"
        key = next(iter(read_text(existing(flags.api_key_file, "--api_key_file")).splitlines()), "")
    elif key is None and KEY in os.environ:
        origin, key = KEY, os.environ[KEY]
    if key is None:
        return None
    if not key.strip() or not key.isascii() or not key.isprintable():
        raise InputError(f"{origin}: the key is empty or has characters that are not visible ASCII. Choose another key.")
    return key.strip()


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
