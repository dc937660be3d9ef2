"""Names of checkpoints on a hub."""

from pathlib import Path

import pytest

from baselines.errors import InputError
from baselines.storage.checkpoint_paths import absolute, local_path, pinned
from baselines.storage.hubs.client import server
from baselines.storage.hubs.names import HubName, is_hub_name, suggestion


@pytest.mark.parametrize("text, expected", [
    ("hf:hfl/rbt3", HubName("hf", "hfl/rbt3")),
    ("hf:bert-base-chinese", HubName("hf", "bert-base-chinese")),
    ("hf:org/name@v1.0", HubName("hf", "org/name", "v1.0")),
    ("modelscope:org/name_x@refs/pr/1", HubName("modelscope", "org/name_x", "refs/pr/1")),
])  # fmt: skip
def test_a_name_and_its_text(text, expected):
    assert HubName.parse(text) == expected and str(expected) == text and is_hub_name(text) and is_hub_name(Path(text))


@pytest.mark.parametrize("text", [
    "hf:", "hf:a/b/c", "hf:a b/c", "hf:org/name@", "hf:../etc", "hf:org/name@a/../b", "modelscope:中/文", "hf:org/name@x y",
])  # fmt: skip
def test_what_is_no_name(text):
    with pytest.raises(InputError, match="not the name of a checkpoint on a hub. Write .*:ORG/NAME"):
        HubName.parse(text)


def test_only_a_commit_is_pinned():
    assert HubName.parse(f"hf:a/b@{'0123456789' * 4}").is_pinned
    assert not HubName.parse("hf:a/b@main").is_pinned and not HubName.parse("hf:a/b").is_pinned


@pytest.mark.parametrize("path", ["checkpoints/mini", "hfl/rbt3", "./hf:x", "/tmp/hf:x/y"])
def test_paths_are_left_alone(path):
    assert local_path(path) == Path(path) and pinned(path) == path and not is_hub_name(path)
    assert absolute(path) == str(Path(path).resolve()) and absolute("hf:a/b") == "hf:a/b"


def test_servers(monkeypatch):
    for value, address in {"": "https://d", "hf-mirror.com/": "https://hf-mirror.com", " http://a:1 ": "http://a:1"}.items():
        monkeypatch.setenv("HF_ENDPOINT", value)
        assert server("HF_ENDPOINT", "https://d") == address


def test_the_advice_for_a_name_without_its_hub():
    assert "write hf:hfl/rbt3" in suggestion("hfl/rbt3")
    assert suggestion("a/b/c") == suggestion("../b") == suggestion("checkpoint") == ""
