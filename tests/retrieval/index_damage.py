"""Damage to a folder: any file of it changed, cut, swapped or gone; and headers that vouch for the damage."""

import json
import shutil

from hypothesis import strategies as st

from baselines.storage import array_folder

KINDS = ("flip", "cut", "grow", "gone", "swap", "zeros", "text")


@st.composite
def mutations(draw):
    """(kind, number of a file, number of another file, share of a file's length, byte)."""
    numbers = st.integers(0, 63)
    return draw(st.sampled_from(KINDS)), draw(numbers), draw(numbers), draw(st.floats(0, 1)), draw(st.integers(1, 255))


def mutate(folder, mutation):
    """Damages a folder. Returns the name of the file."""
    kind, number, other, share, byte = mutation
    files = sorted(folder.iterdir())
    path, another = files[number % len(files)], files[other % len(files)]
    data = bytearray(path.read_bytes())
    at = min(int(share * len(data)), max(len(data) - 1, 0))
    if kind == "gone":
        path.unlink()
        return path.name
    if kind == "flip" and data:
        data[at] ^= byte
    elif kind == "cut":
        data = data[:at]
    elif kind == "grow":
        data[at:at] = bytes([byte]) * 3
    elif kind == "swap":
        data = bytearray(another.read_bytes())
    elif kind == "zeros":
        data[at : at + 8] = bytes(len(data[at : at + 8]))
    elif kind == "text":
        data[at:at] = b'{"\xff": [NaN, 1e999]}'
    path.write_bytes(data)
    return path.name


def vouch(folder, kind):
    """Lets the header name the sizes and checksums that files have now: only their content can tell."""
    path = folder / kind.header
    try:
        header = json.loads(path.read_bytes())
        names = {name: array_folder.path_of(folder, name) for name in header["files"]}
        there = {name: file for name, file in names.items() if file.is_file()}
        header["files"] = {
            name: {"bytes": file.stat().st_size, "crc32": array_folder._crc32(file)} for name, file in there.items()
        }
        header["digest"] = array_folder._digest(header)
        path.write_text(json.dumps(header, ensure_ascii=False), encoding="utf-8")
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return                                                          # the header itself is damaged


def copy_of(folder, target):
    """A fresh copy of a folder."""
    shutil.rmtree(target, ignore_errors=True)
    return shutil.copytree(folder, target)
