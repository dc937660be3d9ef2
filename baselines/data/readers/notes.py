"""What a reader tells about a file that it understood in another way than the plainest: one line, once per process."""

import functools
import logging

log = logging.getLogger(__name__)


@functools.cache
def note_once(message: str) -> None:
    """Logs a line, unless the same one was logged before: files are read several times."""
    log.warning(message)
