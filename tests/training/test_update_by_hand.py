"""What surrounds an update rule, by hand: decay, memory, configurations, clipping, rates of words, lazy rows."""

import math

import keras
import numpy as np
import pytest
from keras import ops
from single_weight import Weight, built, near

from baselines.task import Recipe
from baselines.training import lazy_embeddings, optimizers, rate_factors
from baselines.training.objective import Objective
from baselines.training.optimizers.rules.adafactor import Adafactor
from baselines.training.optimizers.rules.adax import AdaX
from baselines.training.optimizers.rules.lamb import Lamb
from baselines.training.optimizers.rules.tiger import Tiger
from baselines.training.schedule import PiecewiseLinear
from baselines.training.steps import clip_gradients

pytestmark = pytest.mark.keras
OURS = {"adafactor": Adafactor, "adax": AdaX, "lamb": Lamb, "tiger": Tiger}
MATRIX = [[0.1, -0.2, 0.3], [0.4, 0, -0.1]]
DECAYED = [name for name in optimizers.names() if name != "adam"]


@pytest.mark.parametrize("name", DECAYED)
def test_decay_passes_by_the_moments_and_by_words(name):
    """Without a gradient only decay moves weights, by the product of 1 - rate * decay; Tiger's rate is relative to their size."""
    kernel, expected = [[2.0, 2.0]], 2.0
    settings = {"lamb.no_adaptation": ["kernel"]} if name == "lamb" else {}
    found = built(name, kernel, settings=settings, rate=0.1, weight_decay=0.5).after(*[[[0.0, 0.0]]] * 3)
    for _ in range(3):
        expected *= 1 - 0.1 * 0.5 * (expected if name == "tiger" else 1)
    near(found, [[expected, expected]], 1e-6)
    still = built(name, [2.0, 2.0], "bias", settings, rate=0.1, weight_decay=0.5).after(*[[0.0, 0.0]] * 3)
    near(still, [2.0, 2.0], 0)
    near(built(name, kernel, settings=settings, rate=0.1, weight_decay=0.5, no_decay=("KERN",)).after([[0.0, 0.0]]), kernel, 0)


def test_adam_leaves_decay_aside():
    near(built("adam", [2.0], weight_decay=0.5).after([0.0]), [2.0], 0)


@pytest.mark.parametrize(("name", "slots"), {
    "sgd": 0, "lion": 1, "tiger": 1, "adam": 2, "adamw": 2, "lamb": 2, "adax": 2, "muon": 1, "adafactor": (150 + 140) / (150 * 140),
}.items())  # fmt: skip
def test_memory_per_weight(name, slots):
    with keras.name_scope("Transformer-0-FeedForward"):
        weight = keras.Variable(np.zeros((150, 140), "float32"), name="kernel")
    optimizer = optimizers.build_optimizer(Recipe(optimizer=name), 1e-3, [weight])
    held = [variable for variable in optimizer.variables if len(variable.shape) > 0]
    assert sum(math.prod(variable.shape) for variable in held) == pytest.approx(slots * 150 * 140)
    assert {variable.dtype for variable in held} <= {"float32"}


@pytest.mark.parametrize("name", optimizers.names())
def test_memory_is_what_the_settings_say(name):
    weight = built(name, np.zeros((150, 140)))                          # outside the blocks, where Muon keeps most
    held = sum(math.prod(variable.shape) for variable in weight.optimizer.variables if len(variable.shape) > 0)
    assert optimizers.optimizer_class(name)().slots == pytest.approx(held / (150 * 140), abs=0.02)


def test_memory_of_options():
    numbers = {}
    for key in ("sgd.momentum", "adafactor.beta_1"):
        name = key.partition(".")[0]
        numbers[key] = [v.shape for v in built(name, np.zeros((8, 4)), settings={key: 0.9}).optimizer.variables if len(v.shape)]
    assert numbers == {"sgd.momentum": [(8, 4)], "adafactor.beta_1": [(8, 4), (8, 4)]}


@pytest.mark.parametrize("name", OURS)
def test_an_optimizer_survives_its_config(name):
    settings = {"lamb": {"no_adaptation": ("scale",)}, "adafactor": {"beta_1": 0.5, "no_scale": ("x",)}, "tiger": {"shrink": 0.5}}
    schedule = PiecewiseLinear(0.25, [(0, 0.5), (3, 1)])
    first = OURS[name](schedule, weight_decay=0.3, no_decay=("bias",), **settings.get(name, {}))
    again = keras.optimizers.deserialize(keras.optimizers.serialize(first))
    assert type(again) is OURS[name] and again.get_config() == first.get_config()
    gradients = np.random.default_rng(0).normal(size=(5, 2, 3))
    near(Weight(again, MATRIX).after(*gradients), Weight(first, MATRIX).after(*gradients), 0)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="sparse gradients are TensorFlow's")
@pytest.mark.parametrize("name", OURS)
def test_repeated_tokens_add_up(name):
    import tensorflow as tf

    slices = tf.IndexedSlices(tf.ones((4, 2)), tf.constant([1, 1, 1, 2]), tf.constant([3, 2]))
    sparse, dense = (Weight(OURS[name](0.1), np.ones((3, 2)), "embeddings") for _ in range(2))
    sparse.optimizer.apply([slices], [sparse.variable])
    near(sparse.after(), dense.after([[0, 0], [3, 3], [1, 1]]), 0)


def norm_after_clipping(norm, clip_norm, clip):
    """A gradient of some norm after clipping, as its norm."""
    gradients = [ops.convert_to_tensor([norm * 0.6]), ops.convert_to_tensor([norm * 0.8])]
    gradients, before = clip_gradients(gradients, clip_norm, clip)
    if math.isfinite(norm):
        assert float(before) == pytest.approx(norm)
    return float(np.hypot(*(ops.convert_to_numpy(gradient)[0] for gradient in gradients)))


@pytest.mark.parametrize(("norm", "hard", "soft"), [(0.25, 1, 0.8), (1.0, 1, 0.5), (10.0, 0.1, 0.0909091)])
def test_clipping_by_hand(norm, hard, soft):
    assert norm_after_clipping(norm, 1.0, "hard") == pytest.approx(norm * hard, rel=1e-5)
    assert norm_after_clipping(norm, 1.0, "soft") == pytest.approx(norm * soft, rel=1e-5)
    assert norm_after_clipping(norm, 0.0, "hard") == norm_after_clipping(norm, 0.0, "soft") == pytest.approx(norm)
    for bound in (0.1, 1.0, 5.0):
        hard, soft = norm_after_clipping(norm, bound, "hard"), norm_after_clipping(norm, bound, "soft")
        assert 0.5 * hard <= soft * (1 + 1e-6) and soft < hard <= bound * (1 + 1e-6)


def test_a_norm_that_is_not_finite_spoils_one_gradient_only():
    gradients = [ops.convert_to_tensor([math.nan]), ops.ones(1)]
    found, _ = clip_gradients(gradients, 1.0)
    assert np.isnan(ops.convert_to_numpy(found[0])).all() and float(found[1][0]) == 1.0


def kept(stage, weights, updated, gradients):
    groups = (weights, updated, gradients)
    arrays = [{path: ops.convert_to_tensor(value, "float32") for path, value in group.items()} for group in groups]
    return {path: ops.convert_to_numpy(value) for path, value in stage.after_update(*arrays, None).items()}


def test_rates_of_words_multiply():
    paths = ["out/kernel", "out/bias", "in/bias"]
    [stage] = rate_factors.build_rate_factors(Recipe(rate_factors=("out=3", "kernel=2")), paths)
    assert stage.factors == {"out/kernel": 6, "out/bias": 3}
    found = kept(stage, dict.fromkeys(paths, [1.0]), dict.fromkeys(paths, [1.5]), {})
    assert {path: float(value[0]) for path, value in found.items()} == {"out/kernel": 4, "out/bias": 2.5, "in/bias": 1.5}


def test_lazy_rows_rest_while_their_token_is_away():
    """Adam with g = 1, 0, 0: row 1 is away in all three, and its row of another table that is no embedding moves on."""
    [stage] = lazy_embeddings.build_lazy_embeddings(Recipe(lazy_embeddings=True), ["a/embeddings", "a/kernel"])
    weights = {"a/embeddings": [[1, 1], [2, 2]], "a/kernel": [[1, 1], [2, 2]]}
    updated = {path: [[1.5, 1.5], [2.5, 2.5]] for path in weights}
    found = kept(stage, weights, updated, {path: [[0, 1e-9], [0, 0]] for path in weights})
    near(found["a/embeddings"], [[1.5, 1.5], [2, 2]], 0)
    near(found["a/kernel"], updated["a/kernel"], 0)


def test_adam_moves_on_without_a_gradient():
    """What --lazy_embeddings holds back."""
    weight = built("adam", [0.0])
    moves = -np.diff([0.0, *(float(weight.after([g])[0]) for g in (1.0, 0.0, 0.0))])
    near(moves, [0.1, 0.067, 0.0518], 1e-4)


def test_stages_are_asked_innermost_first():
    """Rate factors, then lazy rows, then the strategies of --strategies: see the order of lists in fitting.fit."""
    recipe, paths = Recipe(lazy_embeddings=True, rate_factors=("a=2",)), ["a/embeddings"]
    stages = [*lazy_embeddings.build_lazy_embeddings(recipe, paths), *rate_factors.build_rate_factors(recipe, paths)]
    objective = Objective.__new__(Objective)
    objective.strategies = tuple(stages)
    assert [type(stage).__name__ for _, stage in objective.overriding("after_update")] == ["RateFactors", "LazyEmbeddings"]
