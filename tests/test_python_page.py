"""docs/python.md: every snippet runs, and what the page says of the results is true; docs/zh/python.md has the same code."""

import ast
import re

import keras
import numpy as np
import pytest
from conftest import ROOT

PAGES = ROOT / "docs" / "python.md", ROOT / "docs" / "zh" / "python.md"


def snippets(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.keras
def test_the_snippets_run_from_top_to_bottom(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names, (path, _) = {"__name__": "page"}, PAGES
    for number, snippet in enumerate(snippets(path), start=1):
        exec(compile(snippet, f"{path.name}, snippet {number}", "exec"), names)

    assert names["hidden_states"].shape == names["average"].shape and names["hidden_states"].shape[-1] == 256
    losses = names["history"].history["loss"]
    assert losses[1] < losses[0]
    assert names["scores"].shape == (2, 1) and np.all(np.abs(names["scores"]) <= 1 + 1e-5)
    frozen = {"Embedding-Token", "Transformer-0-FeedForward", "Transformer-1-MultiHeadSelfAttention"}
    assert frozen & names["trainable"] == set() and {"Transformer-2-FeedForward", "topic"} <= names["trainable"]
    assert isinstance(names["tiger"], keras.optimizers.Optimizer) and names["tiger"].iterations > 0
    assert names["same"]
    shared = [weight.path for weight in names["siamese"].weights]
    assert sorted(shared) == sorted(weight.path for weight in names["encoder"].weights)


def test_both_languages_have_the_same_code():
    """But for comments."""
    first, second = ([ast.dump(ast.parse(snippet)) for snippet in snippets(path)] for path in PAGES)
    assert len(first) > 8 and first == second
