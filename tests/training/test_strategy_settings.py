"""What a user may get wrong about strategies is told in one line, before any work where it can be."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.heads.classification import ClassificationHead
from baselines.heads.similarity import SimilarityHead
from baselines.training import strategies
from baselines.training.strategies.child_tuning_d import fisher

TABLE = "Embedding-Token/embeddings"
PATHS = (TABLE, "Embedding-Segment/embeddings", "Transformer-0-FeedForward/inner/kernel")
WEIGHTS = {path: np.zeros((2, 2), "float32") for path in PATHS}


@pytest.mark.parametrize(("name", "field", "value"), [
    ("fgm", "epsilon", -1), ("pgd", "steps", 0), ("pgd", "step_size", -0.1), ("gradient_penalty", "epsilon", -1),
    ("vat", "xi", 0), ("vat", "iterations", -1), ("vat", "epsilon", float("nan")), ("r_drop", "alpha", -4),
    ("child_tuning_f", "p", 0), ("child_tuning_f", "p", 1.5), ("child_tuning_d", "p", 0), ("child_tuning_d", "p", -0.1),
    ("flooding", "b", -0.1), ("noise", "stddev", -1), ("spectral_norm", "factor", -1), ("spectral_norm", "iterations", 0),
    ("ema", "momentum", 1), ("ema", "momentum", -0.5), ("lookahead", "k", 0), ("lookahead", "alpha", 2),
    ("pseudo_labels", "threshold", 1.1), ("pseudo_labels", "ramp_up", -1), ("uda", "temperature", 0), ("uda", "replaced", 2),
    ("mgs", "n", 0), ("mgs", "noise", 1.1), ("mgs", "sigma", -1), ("mgs", "alpha", -0.1),
    ("distill", "temperature", 0), ("distill", "hidden", -1), ("theseus", "rate", 2), ("theseus", "until", -1),
])  # fmt: skip
def test_numbers_out_of_range_are_refused(name, field, value):
    with pytest.raises(InputError, match=rf"^--{name}\.{field}: expected a number.*Received: ") as caught:
        strategies.build_strategies([name], {f"{name}.{field}": value})
    assert "\n" not in str(caught.value)


def test_every_strategy_has_defaults_and_says_what_it_is():
    assert set(strategies.names()) == {
        "fgm", "pgd", "gradient_penalty", "vat", "r_drop", "child_tuning_f", "child_tuning_d", "flooding", "noise", "spectral_norm",
        "ema", "lookahead", "pseudo_labels", "uda", "distill", "theseus", "mgs",
    }  # fmt: skip
    for name, summary in strategies.names().items():
        assert strategies.build_strategies([name], {}) and len(summary) > 20


@pytest.mark.parametrize("name", strategies.names())
def test_what_a_strategy_remembers_is_in_its_copies(name):
    (strategy,) = strategies.build_strategies([name], {})
    weights = {path: np.zeros((64, 64), "float32") for path in PATHS}
    kept = sum(np.asarray(array).nbytes for array in strategy.start(weights, None).values())
    assert kept / (4 * 64 * 64 * len(PATHS)) <= strategy.copies + 0.01


@pytest.mark.parametrize("name", ["fgm", "pgd", "gradient_penalty", "vat", "noise"])
def test_a_table_that_is_no_weight_is_told_with_the_nearest(name):
    (strategy,) = strategies.build_strategies([name], {f"{name}.table": "Embedding-Tokens/embeddings"})
    with pytest.raises(InputError, match=rf"--{name}\.table: no trained weight has the path 'Embedding-Tokens/.*{TABLE}"):
        strategy.start(WEIGHTS, None)
    (strategy,) = strategies.build_strategies([name], {f"{name}.table": "Embedding-Segment/embeddings"})
    assert strategy.start(WEIGHTS, None) == {}


def test_child_tuning_needs_blocks_and_rows():
    (strategy,) = strategies.build_strategies(["child_tuning_d"], {"child_tuning_d.layers": "Block-"})
    with pytest.raises(InputError, match=r"--child_tuning_d\.layers: no weight has 'Block-'"):
        strategy.start(WEIGHTS, None)
    with pytest.raises(InputError, match="there are no training rows"):
        fisher(iter([]), WEIGHTS)
    (strategy,) = strategies.build_strategies(["child_tuning_d"], {})
    (mask,) = strategy.start(WEIGHTS, None).values()                    # to be read from a saved state
    assert mask.dtype == np.uint8 and mask.shape == (2, 2)


class Other:
    """A head that cannot compare."""

    divergence = None


def test_strategies_get_what_they_need_or_say_so():
    head, file = ClassificationHead(3), ("more.json",)
    strategies.check_strategies(["vat", "ema"], head, file)
    strategies.check_strategies(["r_drop"], head, file)
    strategies.check_strategies(["r_drop"], None, None)
    strategies.check_strategies(["fgm"], Other(), None)
    with pytest.raises(InputError, match=r"--strategies r_drop: the head of this task, Other, lacks a `divergence`"):
        strategies.check_strategies(["r_drop"], Other(), None)
    with pytest.raises(InputError, match=r"--strategies vat needs texts without labels.*Add --unlabelled FILE"):
        strategies.check_strategies(["vat"], head, None)
    with pytest.raises(InputError, match=r"--unlabelled: no strategy of this run uses it"):
        strategies.check_strategies(["fgm"], head, file)
    for name in ("pseudo_labels", "uda"):
        strategies.check_strategies([name], head, file)
        with pytest.raises(InputError, match=rf"--strategies {name} needs a task with one class per row, which SimilarityHead"):
            strategies.check_strategies([name], SimilarityHead(), file)
    strategies.check_strategies(["uda"], head, file, ("more.csv",))
    with pytest.raises(InputError, match=r"--augmented: no strategy of this run uses copies"):
        strategies.check_strategies(["vat"], head, file, ("more.csv",))
    with pytest.raises(InputError, match=r"--uda.annealing: there is no schedule 'logg'"):
        strategies.build_strategies(["uda"], {"uda.annealing": "logg"})
    with pytest.raises(InputError, match=r"--strategies: fgm is listed twice"):
        strategies.check_strategies(["fgm", "ema", "fgm"], head, None)
