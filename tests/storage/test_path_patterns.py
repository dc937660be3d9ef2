"""Patterns name files; a folder whose name holds brackets is taken by its name."""

import glob
import os

import pytest

from baselines.storage.path_patterns import matching_paths, with_literal_names


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("语料 [1]/a.txt", "语料 [1]/b[2].txt", "语料 1/c.txt", "x/语料 [1]/d.txt", "x/y/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("pattern, names", [
    ("语料 [1]/*.txt", ["语料 [1]/a.txt", "语料 [1]/b[2].txt"]),
    ("语料 [1]/b[2].txt", ["语料 [1]/b[2].txt"]),
    ("语料 [1]/[ab].txt", ["语料 [1]/a.txt"]),
    ("语料 [12]/*.txt", ["语料 1/c.txt"]),
    ("x/../语料 [1]/a*", ["x/../语料 [1]/a.txt"]),
    ("*/语料 [1]/*.txt", ["x/语料 [1]/d.txt"]),
    ("**/语料 [1]/*.txt", ["x/语料 [1]/d.txt", "语料 [1]/a.txt", "语料 [1]/b[2].txt"]),
    ("语料 [1]/b[2]*", ["语料 [1]/b[2].txt"]), ("语*[1]/*.txt", ["语料 [1]/a.txt", "语料 [1]/b[2].txt"]),
    ("x/**/*.txt", ["x/y/e.txt", "x/语料 [1]/d.txt"]),
    ("语料 [1]/**", ["语料 [1]/", "语料 [1]/a.txt", "语料 [1]/b[2].txt"]),
    ("none/*.txt", []), ("none.txt", []),
])  # fmt: skip
def test_literal_names_win(folder, pattern, names):
    assert matching_paths(pattern) == names
    assert matching_paths(folder / pattern) == [os.path.join(folder, name) for name in names]


def test_patterns_without_such_folders_are_globs(folder):
    for pattern in ("*", "*/*.txt", "x/*/?.txt", "[x]/y/e.txt"):
        assert matching_paths(pattern) == sorted(glob.glob(pattern))


def test_an_escaped_pattern_names_the_same_files(folder):
    assert glob.glob(with_literal_names("语料 [1]/[ab].txt")) == [str(folder / "语料 [1]/a.txt")]
