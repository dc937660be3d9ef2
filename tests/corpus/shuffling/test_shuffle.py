"""Shuffled files: what goes in comes out, byte for byte, in any order, with buffers far smaller than the text."""

import collections
import errno
import gzip
import io
import os

import numpy as np
import pytest

from baselines.corpus.shuffling import shuffle as module
from baselines.corpus.shuffling.inputs import LineReader, named_by
from baselines.corpus.shuffling.merging import Windows, merge, window_size
from baselines.corpus.shuffling.orders import uniform
from baselines.corpus.shuffling.shards import CACHED, WINDOW, shard_size, write_shards
from baselines.corpus.shuffling.shuffle import MIN_MEMORY, shuffle
from baselines.corpus.shuffling.spans import gather, lengths_of, line_ends
from baselines.errors import InputError


def small(lines, memory, window, seed=0, folder=None, drop_empty=False):
    """The output for these lines with buffers of so many bytes, far below what the command allows; and the shards."""
    path, out = folder / "in.txt", []
    path.write_bytes(lines)
    random = np.random.default_rng(seed)
    with open(folder / "shards", "w+b") as file:
        shards = write_shards(LineReader([path]), file, memory // 3, random, drop_empty)
        file.flush()
        windows = Windows(file, shards, window)
        merge(windows, uniform([shard.count for shard in shards], random), lambda block, ends: out.append(block.tobytes()))
    return b"".join(out), shards


def text(count, seed=0, longest=40):
    """Different lines of any length, CRLF and empty ones among them."""
    random = np.random.default_rng(seed)
    ends = [b"\n", b"\r\n"]
    return [b"%d " % i + b"x" * int(random.integers(0, longest)) + ends[i % 2] for i in range(count)] + [b"\n", b"\r\n", b"\r\r\n"]


def test_gather_copies_lines_of_every_length():
    lines = [bytes([65 + i % 26]) * i + b"\n" for i in (*range(70), 127, 128, 4094, 4095, 4096, 9000)]
    source = np.frombuffer(b"".join(lines), np.uint8)
    ends = line_ends(source, 1000)
    order = np.random.default_rng(0).permutation(len(lines))
    out = np.zeros(len(source), np.uint8)
    lengths = lengths_of(ends)
    assert gather(source, (ends - lengths)[order], lengths[order], out) == len(source)
    assert out.tobytes() == b"".join(lines[i] for i in order)


@pytest.mark.parametrize("memory, window", [(600, 64), (3000, 100), (1 << 20, 1 << 18)])
def test_lines_are_kept_whatever_the_buffers(tmp_path, memory, window):
    """A line of 500 bytes is longer than a window and, in the first case, than all buffers: it is copied by blocks."""
    lines = [*text(300), b"y" * 500 + b"\n", b"z" * 99 + b"\n", b"w" * 63 + b"\n", b"v" * 199 + b"\n"]
    out, shards = small(b"".join(lines), memory, window, folder=tmp_path)
    assert collections.Counter(out.splitlines(True)) == collections.Counter(b"".join(lines).splitlines(True))
    assert sum(shard.count for shard in shards) == len(lines) and out != b"".join(lines)
    assert len(shards) > 10 or memory > 10_000


def test_short_lines_take_numbers_into_account(tmp_path):
    """Numbers about lines take more room than lines of a byte: so few are handled at a time."""
    out, shards = small(b"\n" * 400 + b"a\n" * 400, 3000, 200, folder=tmp_path)
    assert collections.Counter(out.split(b"\n")) == {b"": 401, b"a": 400}
    assert max(shard.count for shard in shards) <= 1000 // 96


def test_empty_lines_are_dropped_on_request(tmp_path):
    out, _ = small(b"a\n\n\r\nb\r\n\n", 600, 64, folder=tmp_path, drop_empty=True)
    assert sorted(out.split(b"\n")) == [b"", b"a", b"b\r"]


def test_positions_are_uniform_over_seeds(tmp_path):
    """Chi-square of 8 lines in 8 places over 2000 seeds, in several shards: 49 degrees of freedom, 99.99 % below 100."""
    lines, seeds = [b"%d" % i + b"x" * (i % 3) for i in range(8)], 2000
    counts, path = np.zeros((8, 8)), tmp_path / "in.txt"
    path.write_bytes(b"\n".join(lines) + b"\n")
    for seed in range(seeds):
        random, out = np.random.default_rng(seed), []
        file = io.BytesIO()
        shards = write_shards(LineReader([path]), file, 10, random)
        labels = uniform([shard.count for shard in shards], random)
        merge(Windows(file, shards, 16), labels, lambda block, ends: out.append(block.tobytes()))  # noqa: B023
        counts[[int(line[:1]) for line in b"".join(out).split()], range(8)] += 1
    assert len(shards) > 2
    assert 15 < ((counts - seeds / 8) ** 2 / (seeds / 8)).sum() < 100


def test_many_files_make_parts_of_equal_size(tmp_path):
    """More shards than a process may have open files are no matter: they stand in one."""
    plain, packed, empty = tmp_path / "a.txt", tmp_path / "b.txt.gz", tmp_path / "c.txt"
    plain.write_bytes(b"".join(text(500)) + b"no newline")
    packed.write_bytes(gzip.compress(b"".join(text(300, seed=1))) + gzip.compress(b"next member\n"))
    empty.write_bytes(b"")
    found = shuffle([tmp_path / "?.txt*"], tmp_path / "out", memory=MIN_MEMORY, seed=3, split=100)
    parts = [path.read_bytes() for path in sorted((tmp_path / "out").iterdir())]
    assert [part.count(b"\n") for part in parts] == [100] * 8 + [8]
    whole = plain.read_bytes() + b"\n" + gzip.decompress(packed.read_bytes())
    assert sorted(b"".join(parts).split(b"\n")) == sorted(whole.split(b"\n"))
    assert (found.files, found.lines, found.parts, found.completed) == (3, 808, 9, 1)
    assert found.bytes == len(whole)


def test_the_same_seed_gives_the_same_bytes_gzipped_too(tmp_path):
    source = tmp_path / "a.txt"
    source.write_bytes(b"".join(text(2000)))
    for name, seed in (("one.gz", 7), ("two.gz", 7), ("three.gz", 8)):
        shuffle([source], tmp_path / name, memory=MIN_MEMORY, seed=seed)
    one, two, three = ((tmp_path / name).read_bytes() for name in ("one.gz", "two.gz", "three.gz"))
    assert one == two != three
    assert sorted(gzip.decompress(one).splitlines(True)) == sorted(gzip.decompress(three).splitlines(True))


def test_byte_order_marks_are_left_out(tmp_path):
    """One in the middle of the output would be a character of a text."""
    for name, content in {"a.txt": b"a\nb\n", "b.txt": b"c", "empty.txt": b""}.items():
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content)
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfd\n"))
    shuffle([tmp_path / "*.txt*"], tmp_path / "out", memory=MIN_MEMORY)
    assert sorted((tmp_path / "out").read_bytes().splitlines()) == [b"a", b"b", b"c", b"d"]


def test_a_folder_named_with_brackets(tmp_path):
    folder = tmp_path / "texts [1]"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"a\n")
    assert shuffle([f"{folder}/*.txt"], tmp_path / "out", memory=MIN_MEMORY).lines == 1
    with pytest.raises(InputError, match="in the next run"):
        shuffle([f"{folder}/*.txt"], folder / "out.txt", memory=MIN_MEMORY)


def test_nothing_gives_nothing(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"")
    assert shuffle([tmp_path / "a.txt"], tmp_path / "out", split=5).parts == 0
    assert list((tmp_path / "out").iterdir()) == []
    assert shuffle([tmp_path / "a.txt"], tmp_path / "out.txt").lines == 0
    assert (tmp_path / "out.txt").read_bytes() == b""


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("split", [0, 5])
def test_what_fails_leaves_inputs_and_the_old_output(tmp_path, monkeypatch, error, split):
    source, out = tmp_path / "a.txt", tmp_path / "out"
    source.write_bytes(b"".join(text(50)))
    shuffle([source], out, split=split)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(*arguments):
        raise error

    monkeypatch.setattr(module, "merge", fail)
    with pytest.raises(type(error)):
        shuffle([source], out, seed=1, split=split)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "inputs, out, options, told",
    [
        (["missing*.txt"], "out", {}, "no file of that name"),
        (["a.txt", "./a.txt"], "out", {}, "every file once"),
        (["a.txt"], "a.txt", {}, "holds the input"),
        (["*.txt"], "out.txt", {}, "in the next run"),
        (["a*"], "all", {"split": 5}, "in the next run"),
        (["."], "out", {}, "a folder"),
        (["bad.gz"], "out", {}, "gzip file is damaged"),
        (["a.txt"], "out", {"memory": 1000}, "or more"),
        (["a.txt"], "out", {"mode": "fst"}, "Did you mean fast"),
        (["a.txt"], "out", {"split": -1}, "--split"),
        (["a.txt"], "sub", {}, "--split N"),
        (["a.txt"], "sub", {"split": 5}, "Choose another folder"),
        (["sub/keep"], "sub", {"split": 5}, "Choose another folder"),
        (["a.txt"], "out", {"temporary": "nowhere"}, "--temp"),
    ],
)
def test_what_is_unfit_is_told(tmp_path, monkeypatch, inputs, out, options, told):
    monkeypatch.chdir(tmp_path)
    os.mkdir("sub")
    for name, content in {"a.txt": b"a\n", "sub/keep": b"b\n", "bad.gz": gzip.compress(b"a\n" * 99)[:-9]}.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told):
        shuffle(inputs, out, **options)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "bad.gz", "keep", "sub"]


def test_a_pattern_names_what_lies_where_it_says(tmp_path):
    assert named_by("/a/b.txt", "/a/*.txt") and named_by("/a/b/c.txt", "/a/**/*.txt") and named_by("/a/b/c.txt", "/*/b/*")
    assert not named_by("/a/b/part-00000.txt", "/a/*.txt") and not named_by("/a/b.gz", "/a/*.txt")


def test_shards_fit_caches_and_are_few():
    assert shard_size(3 << 30, 1 << 30) == CACHED and shard_size(4 << 10, 1 << 30) == 1 << 10
    size = shard_size(1 << 30, 1 << 37)
    assert CACHED < size < (1 << 30) // 4 and window_size(1 << 30, (1 << 37) // size) >= WINDOW - 1


def test_too_many_shards_for_the_memory_are_refused_before_they_are_written(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_bytes(b"x" * 99 + b"\n")
    monkeypatch.setattr(module, "size_of", lambda files: (1 << 24, True))
    with pytest.raises(InputError, match="--memory"):
        shuffle([tmp_path / "a.txt"], tmp_path / "out", memory=MIN_MEMORY)
