"""The table of published checkpoints: names that --init takes, numbers in range, and the command that prints it."""

import pytest

from baselines.cli.main import main
from baselines.models.published_checkpoints import published_checkpoints
from baselines.storage.hubs.names import HUGGING_FACE, HubName


def test_every_row_is_complete():
    rows = published_checkpoints()
    assert len(rows) > 40 and len({row.init for row in rows}) == len(rows)
    for row in rows:
        name = HubName.parse(row.init)
        assert name.hub == HUGGING_FACE and "/" in name.repository
        assert 1 <= row.parameters < 3000 and 10_000 <= row.vocabulary < 300_000
        assert row.license in ("Apache-2.0", "MIT", "AFL-3.0", "not stated")
        assert row.use and not row.use.endswith(".")


def test_the_table(capsys):
    assert main(["list", "checkpoints"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(published_checkpoints()) and lines[0].split()[:2] == ["--init", "family"]
    assert any(line.startswith("hf:hfl/chinese-roberta-wwm-ext  ") and "102M" in line and "Apache-2.0" in line for line in lines)


@pytest.mark.parametrize("argv", [["list", "checkpoints", "--family", "roformer"], ["list", "--family=roformer"]])
def test_one_family(capsys, argv):
    assert main(argv) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert {line.split()[1] for line in lines} == {"roformer"} and len(lines) == len(published_checkpoints("roformer"))


@pytest.mark.parametrize("argv, problem", [
    (["list", "checkpoints", "--family", "roformr"], "no published checkpoint of 'roformr' is listed. Did you mean roformer"),
    (["list", "checkpoints", "tasks"], "list: checkpoints is a table of its own. Leave out tasks."),
    (["list", "checkpoint"], "list: there is no list of 'checkpoint'. Did you mean checkpoints?"),
    (["list", "checkpoints", "--family"], "--family: a value is missing"),
])  # fmt: skip
def test_mistakes(capsys, argv, problem):
    assert main(argv) == 2
    assert problem in capsys.readouterr().err


def test_the_overview_counts_them(capsys):
    assert main(["list"]) == 0
    last = f"  {len(published_checkpoints())} published ones: `run.py list checkpoints` prints what --init downloads\n"
    assert capsys.readouterr().out.endswith(f"checkpoints:\n{last}")
