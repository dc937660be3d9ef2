"""Opens all text files that are read: plain, .gz, or the only file in a .zip, without byte order marks. Every error is one line."""

import contextlib
import gzip
import json
import math
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from baselines.errors import InputError, nearest

BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


@contextlib.contextmanager
def input_errors(path: str | Path) -> Iterator[None]:
    """Raises InputError in place of the system's errors about a file that cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(missing(path)) from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a file. It holds {listing(path)}.") from None
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        kind = "zip" if isinstance(error, zipfile.BadZipFile) or str(path).lower().endswith(".zip") else "gzip"
        raise InputError(f"{path}: the {kind} file is damaged ({error}). Copy or download it again.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"Cannot read {path}: {reason}. Check the path and its permissions.") from None


def text_name(path: str | Path) -> str:
    """The name of a text file in lower case, without .gz or .zip: its suffix decides the format."""
    return Path(path).name.lower().removesuffix(".gz").removesuffix(".zip")


def is_compressed(path: str | Path) -> bool:
    """Whether a file has no byte positions of its lines: it can be read from its start only."""
    return Path(path).suffix.lower() in (".gz", ".zip")


def open_text(path: str | Path) -> BinaryIO:
    """Opens a text file, its .gz, or the only file in a .zip for reading bytes, after its byte order mark.

    Raises:
        InputError: The file is missing, a folder, unreadable, not compressed as its name says, or UTF-16, whose lines cannot be cut
            at the byte of a newline, even where bytes are only copied; or a .zip has several files.
    """
    path = Path(path)
    with input_errors(path):
        openers = {".gz": gzip.open, ".zip": _open_member}
        file = openers.get(path.suffix.lower(), lambda path: path.open("rb"))(path)
        try:
            first = file.peek(len(BOM))
            if first.startswith(BOM):
                file.read(len(BOM))
            elif first.startswith(UTF16_BOMS):
                decode(first, path, 1)
        except BaseException:
            file.close()
            raise
    return file


def _open_member(path):
    with zipfile.ZipFile(path) as archive:
        members = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")]
        if len(members) != 1:
            names = ", ".join(each.filename for each in members[:6]) or "nothing"
            raise InputError(f"{path}: expected one file in it. Received: {len(members)} ({names}). Unzip it and name one.")
        if members[0].flag_bits & 1:
            raise InputError(f"{path}: {members[0].filename} is encrypted. Unzip it with its password first.")
        file = archive.open(members[0])
    file.share_on_disk = members[0].compress_size / max(members[0].file_size, 1)
    return file


def disk_position(file: BinaryIO) -> int:
    """Bytes read so far on disk from a file of `open_text`: for a .gz or .zip, compressed bytes."""
    if isinstance(file, zipfile.ZipExtFile):
        return int(file.tell() * file.share_on_disk)
    return (file.fileobj if isinstance(file, gzip.GzipFile) else file).tell()


def read_lines(path: str | Path) -> Iterator[bytes]:
    """Yields the lines of a text file or its .gz as bytes, with their line ends.

    Raises:
        InputError: The file cannot be read, or the gzip file is damaged.
    """
    with open_text(path) as file, input_errors(path):
        yield from file


def read_text(path: str | Path) -> str:
    """The whole text of a UTF-8 file, \\r\\n as \\n. Raises InputError for a file that cannot be read or is not UTF-8."""
    return "".join(decode(line, path, number) for number, line in enumerate(read_lines(path), start=1)).replace("\r\n", "\n")


def decode(line: bytes, path: str | Path, number: int) -> str:
    """Decodes a line. Raises InputError with the file and the line number if it is not UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{Path(path).name}:{number}: {not_utf8(line, error, path)}") from None


def not_utf8(line: bytes, error: UnicodeDecodeError, path: str | Path) -> str:
    """Two sentences on a line that is not UTF-8: where it fails, and how to convert its file."""
    encoding = encoding_of(line)
    advice = "Save the file as UTF-8."
    if encoding:
        advice = f"It reads as {encoding}: convert it with iconv -f {encoding} -t UTF-8 {path} > NEW"
    return f"not UTF-8, byte 0x{line[error.start]:02x} at position {error.start}. {advice}"


def encoding_of(line: bytes) -> str | None:
    """The likely encoding of a line that is not UTF-8."""
    if line.startswith(UTF16_BOMS):
        return "UTF-16"
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return "GB18030"


def parse_json(text: str) -> Any:
    """The value of a JSON text. NaN, which Python writes for a missing value, becomes None.

    Raises:
        ValueError: The text is not JSON, holds Infinity, a number too large or half a surrogate pair, or is nested too deeply.
    """
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if "\\u" in text and "\\ud" in text.lower():
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair is not a character") from None
    return value


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:20]} is too large for a number")
    return value


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_finite)


def missing(path: str | Path, source: str = "") -> str:
    """The message for a missing file: similar names beside it, and `source`, which says where to get it."""
    path = Path(path)
    message, folder = f"{path} does not exist.", path.parent
    if not folder.is_dir():
        message += f" Nor does the folder {folder}."
    else:
        names = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
        close = nearest(path.name, names)
        location = "The working folder" if folder == Path(".") else folder
        message += f" {close}" if close.startswith("Did you mean") else f" {location} holds {listing(folder)}."
    return f"{message} {source}".strip()


def listing(folder: str | Path, max_names: int = 12) -> str:
    """The names in a folder, in one phrase."""
    names = sorted(entry.name for entry in Path(folder).iterdir() if not entry.name.startswith("."))
    text = ", ".join(names[:max_names]) + (f" and {len(names) - max_names} more" if len(names) > max_names else "")
    return text or "nothing"
