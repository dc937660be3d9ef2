"""Packed records: any number of workers writes the same bytes, batches go through all rows, bad text is told or counted."""

import gzip
import json
import os
import re
import signal

import numpy as np
import pytest
from conftest import ROOT

from baselines.data.packed import packed_dataset as module
from baselines.data.packed.packed_batches import PackedBatches
from baselines.data.packed.packed_dataset import PackedDataset, write_records
from baselines.data.packed.text_corpus import TextCorpus
from baselines.errors import InputError
from baselines.tokenizers.tokenizer import Tokenizer

LINES = [f"第{number}天，天气{'很好' * (number % 5 + 1)}。我们去了公园！" for number in range(1300)]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_folder(ROOT / "checkpoints" / "mini")


@pytest.fixture(scope="module")
def packed(tokenizer, tmp_path_factory):
    """(folder, path of the text) of records with a tenth held out."""
    folder = tmp_path_factory.mktemp("records")
    text = folder / "text.txt"
    text.write_text("\n".join(LINES), encoding="utf-8")
    write_records(folder / "one", {"train": TextCorpus((text,))}, tokenizer, 32, held_out=10)
    return folder, text


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_workers_change_nothing(packed, tokenizer, tmp_path):
    folder, text = packed
    write_records(tmp_path / "two", {"train": TextCorpus((text,))}, tokenizer, 32, held_out=10, workers=2)
    assert bytes_of(tmp_path / "two") == bytes_of(folder / "one")


def test_no_token_is_lost_between_train_and_dev(packed, tokenizer):
    train, dev = (PackedDataset.open(packed[0] / "one", split) for split in ("train", "dev"))
    assert len(train) > 5 * len(dev) > 0
    special = (tokenizer.vocabulary.cls_id, tokenizer.vocabulary.sep_id)
    found = np.sort(np.concatenate([part.tokens[~np.isin(part.tokens, special)] for part in (train, dev)]))
    assert np.array_equal(found, np.sort(np.concatenate([tokenizer.ids(line) for line in LINES])))
    assert train.header["counts"]["train"] == {"lines": 1300, "skipped_lines": 0, "tokens_cut": 0}


def test_json_lines_and_gzip_are_the_same_text(packed, tokenizer, tmp_path):
    path = tmp_path / "text.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": line}) + "\n" for line in LINES)
    write_records(tmp_path / "json", {"train": TextCorpus((path,))}, tokenizer, 32, held_out=10)
    assert bytes_of(tmp_path / "json") == bytes_of(packed[0] / "one")


def test_documents_end_at_empty_lines_and_files_and_objects_and_share_no_row(tokenizer, tmp_path):
    plain, other, objects = tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "c.jsonl"
    plain.write_text("\n\n天气好。\n真好。\n \n\n下雨了。\n不好。\n", encoding="utf-8")
    other.write_text("晴。\n" * 1002, encoding="utf-8")
    objects.write_text('{"text": "早。晚。"}\n{"text": ""}\n{"text": "中。"}\n', encoding="utf-8")
    corpus = TextCorpus((plain, other, objects), documents=True)
    of_plain = [["天气好。", "真好。"], ["下雨了。", "不好。"]]
    assert list(corpus.paragraphs()) == [*of_plain, ["晴。"] * 1000, ["晴。"] * 2, ["早。晚。"], ["中。"]]
    assert corpus.lines == 8 + 1002 + 3
    write_records(tmp_path / "rows", {"train": TextCorpus((plain, objects), documents=True)}, tokenizer, 32)
    rows = [tokenizer.decode(token_ids[1:-1]) for token_ids, _ in PackedDataset.open(tmp_path / "rows", "train")]
    assert rows == ["天气好。真好。", "下雨了。不好。", "早。晚。", "中。"]


def batches(packed, batch_size=8, **options):
    records = PackedDataset.open(packed[0] / "one", "train")
    make = lambda token_ids, starts, rng: ({"token_ids": token_ids, "noise": rng.random(3)}, token_ids)  # noqa: E731
    return PackedBatches(records, batch_size, 32, make, 0, **options)


def test_a_pass_has_every_row_once_and_the_next_one_another_order(packed):
    found = batches(packed)
    passes = [np.concatenate([rows for update in found.rows_of_updates(7, epoch) for rows in update]) for epoch in (0, 1)]
    for rows in passes:
        assert len(set(rows.tolist())) == len(rows) == len(found.records) // 8 * 8
    assert not np.array_equal(*passes)


def test_updates_go_on_where_they_were_left_and_masks_differ_between_passes(packed):
    found = batches(packed, updates_per_epoch=5)
    whole = [batch for epoch in (0, 1) for update in found.updates(7, epoch, accumulate=2) for batch in update]
    rest = [batch for update in batches(packed, updates_per_epoch=5).updates(7, 1, accumulate=2, skip=3) for batch in update]
    assert len(whole) == 20 and len(rest) == 4
    for ours, theirs in zip(rest, whole[16:], strict=True):
        assert all(np.array_equal(ours["features"][name], theirs["features"][name]) for name in theirs["features"])
    assert len({batch["features"]["noise"].tobytes() for batch in whole}) == 20


def test_held_out_rows_are_corrupted_the_same_every_time(packed):
    first, second = ([batch for _, batch in batches(packed).in_turn()] for _ in range(2))
    assert all(np.array_equal(a["features"]["noise"], b["features"]["noise"]) for a, b in zip(first, second, strict=True))
    assert sum(batch["weights"].sum() for batch in first) == len(batches(packed).records)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.txt", b"\xe4\xb8\xad\n\xff\xfe\n", r"a.txt:2: not UTF-8, byte 0xff"),
        ("a.jsonl", b'{"text": "x"}\n{"txt": "y"}\n', r'a.jsonl:2: no JSON object with a string "text", but only the fields txt'),
        ("a.jsonl", b"[1]\n", r"a.jsonl:1: no JSON object .* but list"),
        ("a.jsonl", b"{\n", r"a.jsonl:1: not a JSON object"),
    ],
)
def test_a_line_of_no_use_is_told_or_counted(tokenizer, tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content + b"")
    with pytest.raises(InputError, match=message):
        write_records(tmp_path / "out", {"train": TextCorpus((path,))}, tokenizer, 32)
    assert not (tmp_path / "out").exists()
    corpus = TextCorpus((path,), skip_bad=True)
    assert len(list(corpus.texts())) + corpus.skipped == corpus.lines and corpus.skipped == 1


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_corpus_without_text_is_refused(tokenizer, tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no text to learn from"):
        write_records(tmp_path / "out", {"train": TextCorpus((path,))}, tokenizer, 32)


def test_a_cut_gzip_and_a_missing_file(tokenizer, tmp_path):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress("天气。\n".encode() * 1000)[:-20])
    with pytest.raises(InputError, match="gzip file is damaged"):
        write_records(tmp_path / "out", {"train": TextCorpus((path,))}, tokenizer, 32)
    with pytest.raises(InputError, match="does not exist"):
        list(TextCorpus((tmp_path / "none.txt",)).texts())


def test_a_line_much_longer_than_any_row(tokenizer, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("天气很好。" * 4_000 + "\n", encoding="utf-8")
    counts = write_records(tmp_path / "out", {"train": TextCorpus((path,))}, tokenizer, 32)
    assert counts["train_tokens"] - 2 * counts["train_rows"] == 20_000


def kill(job):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_leaves_nothing(packed, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_work", kill)
    with pytest.raises(InputError, match="a process was killed"):
        write_records(tmp_path / "out", {"train": TextCorpus((packed[1],))}, tokenizer, 32, workers=2)
    assert list(tmp_path.iterdir()) == []


def test_damaged_records_are_refused(packed, tokenizer, tmp_path):
    write_records(tmp_path / "out", {"train": TextCorpus((packed[1],))}, tokenizer, 32)
    with pytest.raises(InputError, match=re.escape("there are no rows of the split dev")):
        PackedDataset.open(tmp_path / "out", "dev")
    with open(tmp_path / "out" / "train_tokens.npy", "ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="bytes"):
        PackedDataset.open(tmp_path / "out", "train")
