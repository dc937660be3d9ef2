"""The one place that opens text: byte order marks, gzip, other encodings, JSON that only Python writes; one line for each fault."""

import gzip
import zipfile

import pytest

from baselines.errors import InputError
from baselines.storage.text_files import (
    disk_position,
    is_compressed,
    open_text,
    parse_json,
    read_lines,
    read_text,
    text_name,
)

MARKED = b"\xef\xbb\xbf" + "一\r\n\ufeff二\n".encode()


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "A.TXT.GZ"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path, name):
    """Only the first bytes are one: elsewhere U+FEFF is a character of the text."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(MARKED) if name.lower().endswith(".gz") else MARKED)
    assert list(read_lines(path)) == ["一\r\n".encode(), "\ufeff二\n".encode()]
    assert read_text(path) == "一\n\ufeff二\n"
    with open_text(path) as file:
        file.read()
        assert disk_position(file) == path.stat().st_size


@pytest.mark.parametrize("content", [b"", b"\xef\xbb", b"\xef\xbb\xbf", b"a"])
def test_short_files(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert b"".join(read_lines(tmp_path / "a.txt")) == content.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize("text, value", [
    ('{"a": NaN, "b": [NaN, 1.5]}', {"a": None, "b": [None, 1.5]}), ('"NaN"', "NaN"), ('"\\ud83d\\ude00"', "😀"),
])  # fmt: skip
def test_nan_is_a_missing_value(text, value):
    assert parse_json(text) == value


@pytest.mark.parametrize("text, part", [
    ("Infinity", "Infinity is not a JSON number"), ("[-Infinity]", "-Infinity is not a JSON number"),
    ("1e999", "1e999 is too large"),
    ('"\\ud83d"', "half of a surrogate pair"), ("[" * 100_000, "nested too deeply"), ("{", "Expecting property name"),
])  # fmt: skip
def test_what_is_no_json_is_a_value_error(text, part):
    with pytest.raises(ValueError, match=part):
        parse_json(text)


def test_a_file_of_another_encoding_says_how_to_convert_it(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\n" + "文: 字".encode("gbk"))
    with pytest.raises(InputError, match=f"a.yaml:2: not UTF-8, byte 0xce at position 0. .* iconv -f GB18030 -t UTF-8 {path}"):
        read_text(path)


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_refused_where_bytes_are_copied_too(tmp_path, name, encoding):
    """Windows' "Unicode" files: cut at the byte 0a, their lines are no text any more."""
    path, content = tmp_path / name, "\ufeff你好\n世界\n".encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with pytest.raises(InputError, match=rf"{name}:1: not UTF-8, .* iconv -f UTF-16 -t UTF-8 {path}"):
        open_text(path)


def zipped(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return path


def test_the_only_file_in_a_zip_is_read(tmp_path):
    path = zipped(tmp_path / "A.json.zip", ("folder/", ""), ("folder/a.json", "\ufeff一\r\n二\n"), ("__MACOSX/._a.json", "x"))
    assert read_text(path) == "一\n二\n" and text_name(path) == "a.json" and is_compressed(path)
    with open_text(path) as file:
        file.read()
        assert 0 < disk_position(file) <= path.stat().st_size
    for name, members, message in (
        ("two.zip", [("a", "1"), ("b", "2")], r"expected one file in it. Received: 2 \(a, b\). Unzip it"),
        ("none.zip", [], r"Received: 0 \(nothing\)"),
    ):
        with pytest.raises(InputError, match=message):
            read_text(zipped(tmp_path / name, *members))


def test_a_damaged_zip_is_one_line(tmp_path):
    data = bytearray(zipped(tmp_path / "a.zip", ("a.txt", "一二三" * 400)).read_bytes())
    (tmp_path / "cut.zip").write_bytes(data[:-30])
    data[60] ^= 255
    (tmp_path / "bits.zip").write_bytes(data)
    for name in ("cut.zip", "bits.zip"):
        with pytest.raises(InputError, match=f"{name}: the zip file is damaged") as caught:
            read_text(tmp_path / name)
        assert "\n" not in str(caught.value)
