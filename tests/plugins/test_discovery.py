"""What a folder offers is found by reading its files; loading imports one of them."""

import pytest

from baselines.errors import InputError
from baselines.plugins import discovery


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "tricks_of_this_test"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").write_text("STRATEGY = 0\n")
    (folder / "fgm.py").write_text('"""FGM: moved embeddings.\n\nMore."""\nSTRATEGY = 1\n')
    (folder / "deep" / "ema.py").write_text("class STRATEGY:\n    pass\n")
    (folder / "deep" / "__init__.py").write_text('"""Deep."""\nSTRATEGY = 4\n')
    (folder / "unmade.py").write_text("import nothing_of_this_name\ndef STRATEGY(): pass\nBUILD = 2\n")
    (folder / "strategy.py").write_text("def other():\n    STRATEGY = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_offered_are_files_that_define_all_the_names(package):
    assert discovery.find_modules(package, "STRATEGY") == {
        "deep": "Deep.", "deep/ema": "", "fgm": "FGM: moved embeddings.", "unmade": "",
    }  # fmt: skip
    assert discovery.find_modules(package, "STRATEGY", "BUILD") == {"unmade": ""}


def test_load_imports_by_name(package):
    known = discovery.find_modules(package, "STRATEGY")
    assert discovery.load(package.name, "fgm", known, "--strategies").STRATEGY == 1
    assert discovery.load(package.name, "deep/ema", known, "--strategies").STRATEGY
    assert discovery.load(package.name, "deep", known, "--strategies").STRATEGY == 4


@pytest.mark.parametrize("name", ["fgn", "os", "deep.ema", "../fgm", ""])
def test_load_refuses_other_names(package, name):
    with pytest.raises(InputError, match="--strategies: there is no"):
        discovery.load(package.name, name, discovery.find_modules(package, "STRATEGY"), "--strategies")
