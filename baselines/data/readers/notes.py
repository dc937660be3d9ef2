"""Notes of a reader about a file format that it recognized: one line, once per process."""

import functools
import logging

log = logging.getLogger(__name__)


@functools.cache
def note_once(message: str) -> None:
    """Logs a line, unless the same one was logged before: files are read several times."""
    log.warning(message)
