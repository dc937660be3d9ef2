"""The numbered lines of a UTF-8 text file: BOM, CRLF and gzip are taken silently, all else that is wrong is told."""

import gzip
import zlib
from pathlib import Path

from baselines.errors import InputError, nearest

UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def read(path):
    """Yield (number, line) of `path`, a text file or its .gz: number from 1, line a str without its end.

    Raises InputError for a file that is missing, a folder, unreadable, a broken gzip, or not UTF-8.
    """
    path = Path(path)
    number = 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                yield number, decode(line, path, number).removesuffix("\n").removesuffix("\r")
    except FileNotFoundError:
        raise InputError(missing(path)) from None
    except IsADirectoryError:
        raise InputError(f"{path}: expected a file. Received: a folder, which holds {listing(path)}.") from None
    except PermissionError:
        raise InputError(f"{path}: expected a file that may be read. Received: permission denied.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path.name}: expected a whole gzip file. Received, after line {number}: {error}. Fetch it again."
        ) from None


def decode(line, path, number):
    """The text of one line of bytes of a file."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = encoding_of(line)
        advice = "Save the file as UTF-8."
        if found:
            advice = f"It reads as {found}: iconv -f {found} -t UTF-8 {path} > NEW"
        raise InputError(
            f"{path.name}:{number}: expected UTF-8. Received: byte 0x{line[error.start]:02x} "
            f"at position {error.start}. {advice}"
        ) from None


def encoding_of(line):
    """The likely encoding of a line that is not UTF-8, or None."""
    if line.startswith(UTF16_BOMS):
        return "UTF-16"
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return "GB18030"


def missing(path, source=""):
    """The message for a file that is not there: what was looked for, what stands beside it, and where it comes from."""
    path = Path(path)
    message = f"{path}: there is no such file."
    folder = path.parent
    if not folder.is_dir():
        message += f" Nor is there a folder {folder}."
    else:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
        close = nearest(path.name, names)
        message += f" {close}" if close.startswith("Did you mean") else f" {folder} holds {listing(folder)}."
    return f"{message} {source}".strip()


def listing(folder, most=12):
    """The names in a folder, in one phrase."""
    names = sorted(entry.name for entry in Path(folder).iterdir() if not entry.name.startswith("."))
    shown = ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
    return shown or "nothing"
