"""Files of a split: the official one, one that is given, or several."""

import dataclasses
import json
from pathlib import Path

import pytest

from baselines.data.examples import read_examples
from baselines.data.readers import any_format
from baselines.errors import InputError
from baselines.experiment import input_files
from baselines.plugins import locations
from baselines.task import Example


@dataclasses.dataclass
class Card:
    files: dict
    source: str = "Get it"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(locations, "ROOT", tmp_path)
    (tmp_path / "datasets" / "some").mkdir(parents=True)
    for name in ("m.json", "d.json"):
        (tmp_path / "datasets" / "some" / name).write_text("{}")
    return tmp_path / "datasets" / "some"


def test_one_file_is_a_path_and_several_are_a_tuple(root):
    card = Card({"train": ("m.json", "d.json"), "dev": "d.json"})
    assert input_files.data_file("some", card, "train", None, False) == (root / "m.json", root / "d.json")
    assert input_files.data_file("some", card, "dev", None, False) == root / "d.json"
    assert input_files.data_file("some", card, "train", ("a", "b"), False) == (Path("a"), Path("b"))
    assert input_files.data_file("some", card, "train", ("a",), False) == Path("a")
    assert input_files.data_file("", card, "", "a", False) == Path("a")
    (root / "d.json").unlink()
    with pytest.raises(InputError, match="d.json does not exist: it is the train file of some. Get it"):
        input_files.data_file("some", card, "train", None, False)


def test_every_file_has_a_key_of_its_own():
    files = {"train": (Path("a"), Path("b")), "dev": Path("c")}
    assert input_files.each_file(files) == {"train": Path("a"), "train 2": Path("b"), "dev": Path("c")}
    assert input_files.format_paths(files["train"]) == "a and b" and input_files.format_paths(files["dev"]) == "c"


def read(path):
    for row in any_format.read(path):
        yield Example(id=row.id("id"), texts=("甲",), gold="1", origin=row.origin)


def test_several_files_are_read_one_after_the_other(tmp_path):
    """Rows without ids are numbered in each file: the second file's are told apart."""
    paths = tuple(tmp_path / name for name in ("a.json", "b.json", "c.json"))
    for path in paths:
        path.write_text(json.dumps({}) + "\n" + json.dumps({"id": f"{path.stem}2"}) + "\n")
    examples, dropped = read_examples(read, paths, "train")
    assert [example.id for example in examples] == [1, "a2", "1 (2)", "b2", "1 (3)", "c2"] and dropped == 0
    assert [row.origin for row in any_format.read(paths[:2])] == ["a.json:1", "a.json:2", "b.json:1", "b.json:2"]
    with pytest.raises(InputError, match="x.json does not exist"):
        read_examples(read, (paths[0], tmp_path / "x.json"), "train")
