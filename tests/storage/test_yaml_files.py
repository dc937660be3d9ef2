"""YAML files: what PyYAML would take or drop without a word is one line."""

import pytest

from baselines.errors import InputError
from baselines.storage.yaml_files import read_yaml


@pytest.mark.parametrize("text, line", [
    ("epochs: 1\nseed: 2\nepochs: 3\n", 3), ("a: {b: 1, b: 1}\n", 1), ('"a": 1\na: 2\n', 2), ("a:\n- {b: 1,\n   b: 2}\n", 3),
])  # fmt: skip
def test_a_key_that_is_given_twice_is_an_error(tmp_path, text, line):
    path = tmp_path / "my.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"my.yaml:{line}: .*'[ab]|epochs' is given twice") as raised:
        read_yaml(path)
    assert "\n" not in str(raised.value)


def test_keys_of_a_merge_may_be_given_again(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("a: &a {b: 1, c: 2}\nd: {<<: *a, b: 3}\ne: {b: 4}\n", encoding="utf-8")
    assert read_yaml(path) == {"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}, "e": {"b": 4}}
