"""Encoded rows: what `encode` yields, where its errors are told, and the cache."""

import importlib
import logging
import sys

import numpy as np
import pytest

from baselines.data.encoded_dataset import EncodedDataset, RaggedColumn
from baselines.data.encoding import cached_rows, content_hash, encode_examples, rows_key
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.task import Example, Labels

LABELS = Labels("a", "b")


class Letters:
    """A tokenizer of one id per letter that remembers what it was asked to prepare."""

    def __init__(self):
        self.prepared = []

    def prepare(self, texts):
        self.prepared += list(texts)

    def encode(self, text, max_length=None):
        return {"token_ids": np.array([ord(letter) for letter in text][:max_length], np.int32)}


def windows(example, tokenizer, max_length):
    for start in range(0, len(example.texts[0]), max_length):
        text = example.texts[0][start : start + max_length]
        yield tokenizer.encode(text), None if example.gold is None else {"label": LABELS.id(example.gold), "at": [start, 1]}


def examples(*golds):
    return [Example(id=i, texts=("xyz" * (i + 1),), gold=gold, origin=f"my.csv:{i + 2}") for i, gold in enumerate(golds)]


def test_rows_know_their_example_their_features_and_targets():
    tokenizer = Letters()
    rows = encode_examples(examples("a", "b"), windows, tokenizer, 4)
    assert rows.example.tolist() == [0, 1, 1]
    assert rows.lengths.tolist() == [3, 4, 2]
    assert rows.features["token_ids"][1].tolist() == [ord(letter) for letter in "xyzx"]
    assert rows.target(2)["label"] == 1 and rows.target(2)["at"].tolist() == [4, 1]
    assert tokenizer.prepared == ["xyz", "xyzxyz"]


def test_rows_without_gold_have_no_targets():
    assert encode_examples(examples(None, None), windows, Letters(), 4).targets is None


def test_an_error_of_encode_names_the_place():
    with pytest.raises(InputError, match=r"^my.csv:3: unknown label 'c'. Use one of a, b."):
        encode_examples(examples("a", "c"), windows, Letters(), 4)


def test_rows_survive_the_cache(tmp_path):
    made = []

    def make():
        made.append(True)
        return encode_examples(examples("a", "b"), windows, Letters(), 4)

    first, second = (cached_rows(tmp_path / "cache", "key", make) for _ in range(2))
    assert made == [True]
    assert first.to_arrays().keys() == second.to_arrays().keys()
    for name, array in first.to_arrays().items():
        np.testing.assert_array_equal(array, second.to_arrays()[name], err_msg=name)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["key.safetensors"]


def test_a_damaged_cache_is_made_again_and_said(tmp_path, caplog):
    make = lambda: encode_examples(examples("a"), windows, Letters(), 4)  # noqa: E731
    cached_rows(tmp_path, "key", make)
    (tmp_path / "key.safetensors").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert len(cached_rows(tmp_path, "key", make)) == 1
    assert "encoding again" in caplog.text
    assert len(cached_rows(tmp_path, "key", lambda: pytest.fail("not cached"))) == 1


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    rows = cached_rows(tmp_path / "file" / "below", "key", lambda: encode_examples(examples("a"), windows, Letters(), 4))
    assert len(rows) == 1 and "not cached" in caplog.text


def test_content_hash_changes_with_every_part(tmp_path):
    path = tmp_path / "data"
    path.write_text("one")
    hashes = {content_hash("a", 1, path), content_hash("a", 2, path), content_hash("b", 1, path), content_hash("a1", path)}
    path.write_text("two")
    assert len(hashes | {content_hash("a", 1, path)}) == 5


def test_columns_hold_scalars_and_matrices():
    scalars = RaggedColumn.from_arrays([np.int32(3), np.int32(5)])
    assert scalars[1].shape == () and scalars[1] == 5
    matrices = RaggedColumn.from_arrays([np.ones((2, 3), int), np.zeros((1, 3), int)])
    assert matrices[0].shape == (2, 3) and matrices[1].tolist() == [[0, 0, 0]]
    with pytest.raises(ValueError, match="one rank"):
        RaggedColumn.from_arrays([np.int32(3), np.ones(2)])


def test_rows_of_nothing_are_empty():
    assert len(EncodedDataset.from_encoded([])) == 0


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A package whose stage runs one module through another one, and has one that nobody imports."""
    folder = tmp_path / "stagehouse"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "stage.py").write_text("from stagehouse import middle\n\ndef encode(*arguments):\n    yield {}, middle\n")
    (folder / "middle.py").write_text("from stagehouse.names import order\n")
    (folder / "names.py").write_text("order = 'spm'\n")
    (folder / "unrelated.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "stagehouse"]:
        del sys.modules[name]


def test_rows_are_encoded_again_after_a_change_in_a_module_that_their_stage_runs_and_only_then(house, tiny):
    from baselines.tokenizers.tokenizer import Tokenizer

    stage, tokenizer = importlib.import_module("stagehouse.stage"), Tokenizer.from_folder(tiny.checkpoint)
    key = lambda: rows_key(examples("a"), stage.encode, tokenizer, 8, ("stagehouse",))  # noqa: E731
    first = key()
    (house / "unrelated.py").write_text("x = 2\n")
    assert key() == first
    (house / "names.py").write_text("order = 'smp'\n")
    second = key()
    assert second != first
    (house / "stage.py").write_text((house / "stage.py").read_text() + "\n# a comment\n")
    assert key() not in (first, second)


def test_the_key_of_a_task_has_its_settings_and_not_those_of_others(tiny):
    from baselines.tokenizers.tokenizer import Tokenizer

    tokenizer, task = Tokenizer.from_folder(tiny.checkpoint), task_catalog.find("match")[1]
    encode = lambda **options: task.bind(task, task.options(**options), LABELS, None).encode  # noqa: E731
    key = lambda **options: rows_key(examples("a"), encode(**options), tokenizer, 8)  # noqa: E731
    assert key() == key(label="label") and key() != key(second_segment=1)
    assert key(score="score") != key(score="score", high=5.0)
