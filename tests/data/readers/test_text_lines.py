"""What may be wrong with any text file, in one clear line; and what is taken without a word."""

import gzip

import pytest

from baselines.data.readers import text_lines
from baselines.errors import InputError


def message(path):
    with pytest.raises(InputError) as raised:
        list(text_lines.read(path))
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("content", [
    "一\n二\n".encode(), b"\xef\xbb\xbf" + "一\r\n二\r\n".encode(), "一\r\n二".encode(),
], ids=["plain", "bom_crlf", "no_end"])
def test_bom_crlf_and_a_missing_last_line_end_change_nothing(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert list(text_lines.read(tmp_path / "a.txt")) == [(1, "一"), (2, "二")]
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(content))
    assert list(text_lines.read(tmp_path / "a.txt.gz")) == [(1, "一"), (2, "二")]


def test_only_line_feeds_end_lines(tmp_path):
    (tmp_path / "a.txt").write_text("一\u2028二\x85三\n四", encoding="utf-8")
    assert list(text_lines.read(tmp_path / "a.txt")) == [(1, "一\u2028二\x85三"), (2, "四")]


def test_gb18030_is_told_with_the_line_and_the_command(tmp_path):
    (tmp_path / "old.csv").write_bytes(b"text,label\n" + "今天下雨,天气".encode("gb18030"))
    assert "old.csv:2: not UTF-8" in message(tmp_path / "old.csv")
    assert f"iconv -f GB18030 -t UTF-8 {tmp_path / 'old.csv'} > NEW" in message(tmp_path / "old.csv")


def test_utf16_is_told(tmp_path):
    (tmp_path / "excel.txt").write_bytes("今天".encode("utf-16"))
    assert "excel.txt:1" in message(tmp_path / "excel.txt") and "UTF-16" in message(tmp_path / "excel.txt")


def test_bytes_of_no_encoding_are_told(tmp_path):
    (tmp_path / "a.json").write_bytes(b"ok\n\xff\xff\xff\n")
    assert "a.json:2: not UTF-8, byte 0xff at position 0. Save" in message(tmp_path / "a.json")


def test_missing_file_says_what_is_there(tmp_path):
    (tmp_path / "train.json.gz").touch()
    (tmp_path / "dev.json").touch()
    assert "does not exist. Did you mean train.json.gz" in message(tmp_path / "train.json")
    assert "holds dev.json, train.json.gz" in message(tmp_path / "xyz")
    assert "Nor does the folder" in message(tmp_path / "nowhere" / "train.json")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "dev.json").touch()
    assert "is a folder, not a file. It holds dev.json" in message(tmp_path)


def test_a_cut_or_false_gzip_is_told(tmp_path):
    content = gzip.compress("一行\n".encode() * 1000)
    (tmp_path / "cut.txt.gz").write_bytes(content[:-20])
    (tmp_path / "false.txt.gz").write_bytes(b"plain text")
    assert "cut.txt.gz: the gzip file is damaged" in message(tmp_path / "cut.txt.gz")
    assert "false.txt.gz: the gzip file is damaged" in message(tmp_path / "false.txt.gz")
