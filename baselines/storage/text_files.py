"""Text files as bytes, plain or gzipped: what is wrong with one is told in a line."""

import gzip
import zlib

from baselines.errors import InputError


def read_lines(path):
    """Yields the lines of a Path, bytes with their ends. Raises InputError where it cannot be read, or is a broken gzip."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: expected a whole gzip file. Received: {error}. Fetch it again.") from None
    except OSError as error:
        raise InputError(f"{path}: expected a text file. Received: {error.strerror}.") from None
