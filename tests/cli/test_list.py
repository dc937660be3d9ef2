"""`run.py list`: the parts that a run can choose, with their settings."""

import pytest

from baselines.cli.main import main


@pytest.mark.parametrize("kind, line", [
    ("strategies", "--fgm.epsilon 1.0"),
    ("optimizers", "--adamw.beta_1 0.9"),
    ("losses", "--focal.gamma"),
    ("few", "--few.prompts 0"),
])
def test_parts_are_listed_with_their_settings(kind, line, capsys):
    assert main(["list", kind]) in (0, None)
    told = capsys.readouterr().out
    assert told.startswith(f"{kind}:\n") and line in told
