"""run.py data: statistics, duplicates and splits of plain lines, JSON lines and tables."""

import collections
import gzip
import json

import numpy as np
import pytest

from baselines.cli.main import main
from baselines.corpus import statistics
from baselines.corpus.hashing import RepeatFinder
from baselines.corpus.record_files import RecordFiles, normalized
from baselines.corpus.splitting import groups_of, shares, split


def test_normalized_texts_differ_in_what_a_reader_reads():
    assert normalized("今天，天气 很好！\n") == normalized("今天天气很好") != normalized("今天天气不好")
    assert normalized("ＡＢＣ１") == normalized("abc 1") != normalized("abc2")
    assert normalized("！！") == "！！" != normalized("？？")
    assert normalized("C") != normalized("C+")


def test_records_keep_their_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufefftext,label\r\n"一，""二""\r\n三",x\r\n四,y'.encode())
    files = RecordFiles([path])
    records = list(files)
    assert [record.fields for record in records] == [{"text": '一，"二"\r\n三', "label": "x"}, {"text": "四", "label": "y"}]
    assert [record.line for record in records] == [2, 4]
    assert files.header + b"".join(record.raw for record in records) == path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(
        b"label\r\n", b"label\n"
    ) + b"\n"


def test_repeats_are_found_in_any_number_of_files():
    texts = [str(number) for number in np.random.default_rng(0).integers(0, 300, 1000)]
    with RepeatFinder(files=3) as repeats:
        for text in texts:
            repeats.add(text)
        found = {int(a): int(b) for pair in repeats.pairs() for a, b in zip(*pair, strict=True)}
    assert found == {i: texts.index(text) for i, text in enumerate(texts) if texts.index(text) < i}


def test_dedup_keeps_the_first_and_tells_the_others(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("今天好。\n今天好\n\r\n明天\r\n", encoding="utf-8", newline="")
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress("明天！\n后天".encode()))
    words = ["data", "dedup", str(tmp_path / "a.txt"), str(tmp_path / "b.txt.gz"), "--out", str(tmp_path / "out"), "--quiet"]
    assert main(words) == 0
    assert "4 of 6 records, 2 dropped" in capsys.readouterr().err
    assert (tmp_path / "out/a.txt").read_bytes() == "今天好。\n\r\n明天\r\n".encode()
    assert gzip.decompress((tmp_path / "out/b.txt.gz").read_bytes()) == "后天\n".encode()
    told = [json.loads(line) for line in (tmp_path / "out/dropped.jsonl").read_text(encoding="utf-8").splitlines()]
    assert told == [{"dropped": "a.txt:2", "same_as": "a.txt:1"}, {"dropped": "b.txt.gz:1", "same_as": "a.txt:4"}]
    assert main([*words, "--exact"]) == 0
    assert "6 of 6 records, 0 dropped" in capsys.readouterr().err


MARK = b"\xef\xbb\xbf"


def test_byte_order_marks_are_no_text_of_any_file(tmp_path, monkeypatch, capsys):
    """Every file may begin with one, as those of Windows do: the second file's first record is the first file's."""
    monkeypatch.chdir(tmp_path)
    rows = b'{"text": "\xe4\xb8\x80"}\n{"text": "\xe4\xba\x8c"}\n'
    for name, content in {"a.jsonl": rows, "b.jsonl": rows, "a.txt": b"x\ny\n", "b.txt": b"x\nz\n", "a.csv": b"text\nx\n",
                          "b.csv": b"text\nx\nz\n"}.items():  # fmt: skip
        (tmp_path / name).write_bytes(MARK + content)
    for suffix, kept in (("jsonl", [rows, b""]), ("txt", [b"x\ny\n", b"z\n"]), ("csv", [b"text\nx\n", b"text\nz\n"])):
        files = [f"a.{suffix}", f"b.{suffix}"]
        assert main(["data", "dedup", *files, "--out", f"out-{suffix}", "--quiet"]) == 0
        assert [(tmp_path / f"out-{suffix}" / file).read_bytes() for file in files] == kept
        assert main(["data", "stats", *files, "--quiet"]) == 0
        assert main(["data", "split", *files, "--out", f"split-{suffix}", "--dev", "1", "--quiet"]) == 0
        assert all(MARK not in path.read_bytes() for path in (tmp_path / f"split-{suffix}").iterdir())
    capsys.readouterr()


@pytest.mark.parametrize("verb", ["stats", "dedup", "split"])
@pytest.mark.parametrize("content", ["文,label\n今天,a\n", "text,label\n今天,a\n"])
def test_a_table_of_another_encoding_says_how_to_convert_it(tmp_path, monkeypatch, capsys, verb, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_bytes(content.encode("gbk"))
    assert main(["data", verb, "a.csv", "--out", "o", *(["--dev", "1"] if verb == "split" else [])]) == 2
    message = capsys.readouterr().err
    assert "not UTF-8" in message and "iconv -f GB18030 -t UTF-8 a.csv" in message and message.count("\n") == 1


def test_a_header_whose_quote_is_open_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_bytes(b'"text,label\n1,2\n')
    assert main(["data", "stats", "a.csv"]) == 2
    assert "a.csv:1: the header is not a line of CSV" in capsys.readouterr().err


def test_a_record_without_the_text_is_told_or_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"title": "b"}\n{"text": null}\n', encoding="utf-8")
    assert main(["data", "stats", "a.jsonl"]) == 2
    assert "a.jsonl:2: there is no field 'text', only title. Fix it or skip it" in capsys.readouterr().err
    assert main(["data", "stats", "a.jsonl", "--skip_bad_lines"]) == 0
    told = capsys.readouterr().err
    assert "1 (50.00%)" in next(line for line in told.splitlines() if line.startswith("empty")), told


def test_groups_hold_together_by_way_of_others():
    assert groups_of(np.array([1, 1, 2, 3]), np.array([5, 6, 6, 7])).tolist() == [0, 0, 0, 1]


def test_a_split_has_the_proportions_of_labels_and_tears_no_group_apart():
    random = np.random.default_rng(0)
    groups = np.unique(random.integers(0, 600, 2000), return_inverse=True)[1]
    labels = (np.arange(600) % 4 == 0).astype(int)[groups]
    part = split(groups, labels, dev=200, test=100, seed=1)
    assert np.bincount(part).tolist() == [1700, 200, 100]
    assert all(len(set(part[groups == group])) == 1 for group in set(groups))
    for number, size in ((1, 200), (2, 100)):
        assert abs(labels[part == number].sum() - size * labels.mean()) <= 1
    assert (part == split(groups, labels, 200, 100, seed=1)).all() and (part != split(groups, labels, 200, 100, seed=2)).any()
    assert shares(np.array([50, 30, 20]), 5).tolist() == [3, 1, 1] or shares(np.array([50, 30, 20]), 5).sum() == 5


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_split_writes_each_record_once(tmp_path, suffix, capsys):
    rows = [{"text": f"第{i // 2}句{'。' * (i % 2)}", "label": "ab"[i % 4 == 0], "user": str(i // 10)} for i in range(100)]
    path = tmp_path / f"in{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text("text,label,user\n" + "".join(",".join(row.values()) + "\n" for row in rows), encoding="utf-8")
    words = ["--dev", "0.2", "--test", "10", "--group", "user", "--seed", "3", "--quiet"]
    assert main(["data", "split", str(path), "--out", str(tmp_path / "out"), *words]) == 0
    assert "train 70, dev 20, test 10 of 100 records in 10 groups" in capsys.readouterr().err
    parts = {name: list(RecordFiles([tmp_path / f"out/{name}{suffix}"])) for name in ("train", "dev", "test")}
    assert sorted(record.raw for part in parts.values() for record in part) == sorted(record.raw for record in RecordFiles([path]))
    users = [{record.fields["user"] for record in part} for part in parts.values()]
    assert sum(map(len, users)) == len(set().union(*users)) == 10


def test_stats_count(tmp_path, capsys):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n今\n天\n好\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(
        '{"text": "今天好"}\n{"text": "今天好！"}\n{"text": "今天好"}\nnot json\n{"text": "囧囧天"}\n', encoding="utf-8"
    )
    words = ["--vocab", str(tmp_path), "--out", str(tmp_path / "out"), "--skip_bad_lines"]
    assert main(["data", "stats", str(tmp_path / "a.jsonl"), *words]) == 0
    told = json.loads((tmp_path / "out/stats.json").read_text(encoding="utf-8"))
    assert {name: told[name] for name in ("records", "skipped", "repeated", "repeated_normalised", "unknown_tokens")} == {
        "records": 4, "skipped": 1, "repeated": 1, "repeated_normalised": 2, "unknown_tokens": 3
    }  # fmt: skip
    assert told["unknown"] == {"囧": 2, "！": 1} and (tmp_path / "out/lengths.png").stat().st_size > 1000
    assert "囧 2" in capsys.readouterr().err


def test_a_histogram_has_a_line_for_each_doubling():
    assert [line.split()[:4] for line in statistics.histogram(np.array([0, 1, 2, 3, 9]))] == [
        ["0", "-", "0", "1"], ["1", "-", "1", "1"], ["2", "-", "3", "2"], ["8", "-", "15", "1"],
    ]  # fmt: skip
    assert statistics.histogram(np.array([], int)) == [] and collections.Counter() == collections.Counter()


@pytest.mark.parametrize(
    "words, told",
    [
        (["sort"], "no such command"),
        (["dedup"], "no input files"),
        (["dedup", "a.txt"], "--out"),
        (["dedup", "a.txt", "b.jsonl", "--out", "o"], "different formats"),
        (["dedup", "b.jsonl", "--text", "txt", "--out", "o"], "Did you mean text"),
        (["dedup", "bad.txt", "--out", "o"], "bad.txt:2: not UTF-8"),
        (["dedup", "a.txt", "--out", "."], "Choose a new folder"),
        (["split", "a.txt", "--out", "o"], "Set one to a share"),
        (["split", "a.txt", "--out", "o", "--dev", "9"], "9 of 1 records"),
        (["split", "empty.txt", "--out", "o", "--dev", "1"], "holds no records"),
        (["split", "b.jsonl", "--out", "o", "--dev", "0.5", "--stratify", "lable"], "--stratify lable"),
        (["stats", "a.txt", "--vocab", "nowhere"], "--vocab"),
    ],
)
def test_what_is_unfit_is_told_in_a_line(tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    contents = {"a.txt": b"a\n", "b.jsonl": b'{"text": "a", "label": 1}\n', "bad.txt": b"a\n\xff\n", "empty.txt": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert main(["data", *words]) == 2
    message = capsys.readouterr().err
    assert told in message and message.count("\n") == 1 and not (tmp_path / "o").exists()
