"""The one place that opens text: byte order marks, gzip, other encodings, JSON that only Python writes; one line for each fault."""

import gzip

import pytest

from baselines.errors import InputError
from baselines.storage.text_files import disk_position, open_text, parse_json, read_lines, read_text

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
