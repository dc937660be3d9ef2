"""Downloads a file over HTTP: resumed where it broke off, checked by size and SHA-256, and renamed into place when it is whole."""

import hashlib
import http.client
import os
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.atomic_files import move
from baselines.storage.folder_lock import only_builder
from baselines.storage.hubs.client import prepare_client

TIMEOUT = 20
"""Seconds without a byte after which a connection counts as broken."""
ATTEMPTS = 4
PIECE = 1 << 20
BROKEN = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


class Broken(Exception):
    """The connection broke, as often as it was tried again. Its text is the reason."""


class Corrupted(Exception):
    """All bytes came, but they are not those of the file. Its text is the reason."""


def open_url(url: str, credentials: Mapping[str, str], start: int = 0) -> http.client.HTTPResponse:
    """The response to a GET.

    Args:
        url: Of the file.
        credentials: Headers for this host only: a redirection to another one does not get them.
        start: First byte to send; a server may send all bytes all the same (status 200 in place of 206).
    """
    request = urllib.request.Request(url, headers={"User-Agent": "chinese-nlp-baselines"})
    for header, value in credentials.items():
        request.add_unredirected_header(header, value)
    if start:
        request.add_header("Range", f"bytes={start}-")
    return urllib.request.urlopen(request, timeout=TIMEOUT)


def download(
    url: str, path: Path, size: int, sha256: str | None, credentials: Mapping[str, str], description: str
) -> None:
    """Downloads a file, unless it is there already. What came of it so far is kept beside it, in PATH.partial.

    Args:
        url: Of the file.
        path: Where it goes.
        size: Its bytes.
        sha256: Hex digest of its bytes; None if it is not known.
        credentials: See `open_url`.
        description: Of the progress bar.

    Raises:
        Broken: The connection broke again and again.
        Corrupted: The bytes are others.
        urllib.error.HTTPError: The server refuses.
        OSError: The disk is full, or the file cannot be written.
    """
    with only_builder(path, wait=True):
        if path.is_file() and path.stat().st_size == size:
            return
        partial = path.with_name(f"{path.name}.partial")
        resumed = partial.is_file()
        _fetch(url, partial, size, credentials, description)
        problem = _problem(partial, size, sha256)
        if problem and resumed:                                         # its beginning may be that of another version
            partial.unlink()
            _fetch(url, partial, size, credentials, description)
            problem = _problem(partial, size, sha256)
        if problem:
            partial.unlink()
            raise Corrupted(problem)
        move(partial, path)


def _fetch(url, partial, size, credentials, description):
    """Appends to a partial file until it is as long as it has to be."""
    from huggingface_hub.utils import tqdm

    prepare_client()
    have = partial.stat().st_size if partial.is_file() else 0
    with tqdm(total=size, initial=min(have, size), unit="B", unit_scale=True, desc=description) as bar:
        for attempt in range(ATTEMPTS):
            try:
                _append(url, partial, size, credentials, bar)
                reason = "the connection ended early"
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise
                reason = f"HTTP {error.code}"
            except BROKEN as error:
                reason = str(getattr(error, "reason", error)) or type(error).__name__
            have = partial.stat().st_size if partial.is_file() else 0
            if have >= size:
                return
            if attempt + 1 < ATTEMPTS:
                time.sleep(2**attempt)
        raise Broken(f"{reason}; {have} of {size} bytes of {partial.name.removesuffix('.partial')} are here")


def _append(url, partial, size, credentials, bar):
    start = partial.stat().st_size if partial.is_file() else 0
    if start >= size:
        return
    with open_url(url, credentials, start) as response, open(partial, "ab") as file:
        if start and response.status != 206:                            # the server sends all of it again
            file.truncate(0)
            bar.update(-start)
        while piece := response.read(PIECE):
            file.write(piece)
            bar.update(len(piece))
        os.fsync(file.fileno())


def _problem(partial, size, sha256):
    received = partial.stat().st_size
    if received != size:
        return f"{received} bytes came in place of {size}"
    if sha256 is None:
        return None
    with open(partial, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return None if digest == sha256.lower() else f"its SHA-256 is {digest[:12]}, not {sha256[:12]}"


def require_space(folder: Path, size: int) -> None:
    """Raises InputError if the disk of a folder has no room for `size` more bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise InputError(f"{folder}: the files have {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free. Free some space.")
