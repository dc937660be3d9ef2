"""Update rules by hand: worked numbers on single weights, without a model and without compiling."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from baselines.task import Recipe
from baselines.training import lazy_embeddings, optimizers, rate_factors
from baselines.training.objective import Objective
from baselines.training.optimizers.rules.adafactor import Adafactor
from baselines.training.optimizers.rules.adax import AdaX
from baselines.training.optimizers.rules.lamb import Lamb
from baselines.training.optimizers.rules.tiger import Tiger
from baselines.training.schedule import PiecewiseLinear
from baselines.training.update import Part, Update

pytestmark = pytest.mark.keras
OURS = {"adafactor": Adafactor, "adax": AdaX, "lamb": Lamb, "tiger": Tiger}


class Weight:
    """One weight and its optimizer, on which updates are called one by one."""

    def __init__(self, optimizer, value, name="kernel"):
        self.variable = keras.Variable(np.asarray(value, "float32"), name=name)
        self.optimizer = optimizer
        optimizer.build([self.variable])

    def after(self, *gradients):
        for gradient in gradients:
            self.optimizer.apply([ops.convert_to_tensor(np.asarray(gradient, "float32"))], [self.variable])
        return ops.convert_to_numpy(self.variable)

    def slot(self, name):
        return next(ops.convert_to_numpy(variable) for variable in self.optimizer.variables if variable.path.endswith(name))


def built(name, value, path="kernel", settings=(), rate=0.1, **recipe):
    """A Weight of the optimizer that flags would choose."""
    variable = Weight.__new__(Weight)
    variable.variable = keras.Variable(np.asarray(value, "float32"), name=path)
    variable.optimizer = optimizers.build(Recipe(optimizer=name, **recipe), rate, [variable.variable], dict(settings))
    return variable


def near(found, expected, tolerance=2e-6):
    np.testing.assert_allclose(found, expected, atol=tolerance, rtol=0)


def test_adax_by_hand():
    weight, found, squares = Weight(AdaX(0.1), 1.0), [], []
    for gradient in (0.5, -0.2, 0.4):
        found.append(float(weight.after(gradient)))
        squares.append(float(weight.slot("square")))
    near(found, [0.9900000, 0.9834348, 0.9672975])
    near(squares, [0.25, 0.1450052, 0.1500030])


def test_adax_remembers_more_as_it_goes_on():
    """1 - beta after t updates, read from what a square of 1 becomes when the gradient is 0."""
    weight = Weight(AdaX(0.0), 1.0)
    for t, beta in {1: 0, 2: 0.500025, 10: 0.900045, 100: 0.990049, 1000: 0.999049}.items():
        weight.optimizer.iterations.assign(t - 1)
        weight.optimizer.squares[0].assign(1.0)
        weight.after(0.0)
        near(weight.slot("square"), beta)
    weight.optimizer.iterations.assign(2_000_000)                       # the raw moment would have overflowed
    assert math.isfinite(float(weight.after(1.0))) and float(weight.slot("square")) == pytest.approx(0.999049, abs=1e-5)


def test_adax_with_a_constant_gradient():
    weight = Weight(AdaX(0.1), 0.0)
    moves = -np.diff([0.0, *(float(weight.after(-3.0)) for _ in range(4))])
    near(moves, [-0.1 * (1 - 0.9**t) for t in (1, 2, 3, 4)])


GRADIENT, MATRIX = [[1, 2, 3], [2, 0, -1]], [[0.1, -0.2, 0.3], [0.4, 0, -0.1]]


def test_adafactor_by_hand():
    weight = Weight(Adafactor(1e-3, min_dim_size_to_factor=1), MATRIX)
    near(weight.after(GRADIENT), [[0.0998842, -0.2002590, 0.2997543], [0.3996123, 0, -0.0998629]], 1e-7)
    rows, columns = (ops.convert_to_numpy(slot) for slot in weight.optimizer.squares[0])
    near(rows, [[14 / 3], [5 / 3]])
    near(columns, [[2.5, 2, 5]])


def test_adafactor_makes_a_matrix_of_rows_and_columns():
    optimizer = Weight(Adafactor(min_dim_size_to_factor=1), MATRIX).optimizer
    found = optimizer.square(0, ops.convert_to_tensor(GRADIENT, "float32"))
    near(found, [[3.684211, 2.947368, 7.368421], [1.315789, 1.052632, 2.631579]])
    rank_one = np.outer([1.0, 2.0], [3.0, 1.0, 0.5]).astype("float32")
    optimizer = Weight(Adafactor(min_dim_size_to_factor=1), MATRIX).optimizer
    near(optimizer.square(0, ops.convert_to_tensor(rank_one)), rank_one**2, 1e-4)


def test_adafactor_second_beta():
    weight = Weight(Adafactor(0.0), 1.0)
    weight.after(1.0, 0.0)
    near(weight.slot("square"), 0.4256508)


def test_adafactor_does_not_see_the_scale_of_the_loss():
    steps = np.random.default_rng(0).normal(size=(5, 2, 3))
    plain, scaled = (Weight(Adafactor(min_dim_size_to_factor=1), MATRIX).after(*(factor * steps)) for factor in (1, 1000))
    near(plain, scaled, 1e-6)


def test_adafactor_bounds_its_steps():
    weight, before = Weight(Adafactor(0.01), MATRIX), np.asarray(MATRIX, "float32")
    for gradient in np.random.default_rng(0).normal(size=(10, 2, 3)) * [[1], [100]]:
        after = weight.after(gradient)
        assert rms(after - before) <= 0.01 * max(rms(before), 1e-3) * (1 + 1e-4)
        before = after


def test_adafactor_moves_zeros_and_rests_rows_without_gradient():
    weight = Weight(Adafactor(0.1, min_dim_size_to_factor=1), np.zeros((3, 4)))
    after = weight.after(*[[[1] * 4, [0] * 4, [-1] * 4]] * 3)
    assert (after[0] < 0).all() and (after[2] > 0).all() and not after[1].any()


def rms(array):
    return np.sqrt(np.mean(np.square(array)))


@pytest.mark.parametrize(("shape", "least", "shapes"), [
    ((300, 200), 128, [(1, 200), (300, 1)]),
    ((200, 300), 128, [(200, 1), (1, 300)]),
    ((300, 100), 128, [(300, 100)]),
    ((300, 200), 10**6, [(300, 200)]),
    ((300,), 128, [(300,)]),
    ((4, 130, 140), 128, [(4, 130, 1), (4, 1, 140)]),
])
def test_adafactor_slots(shape, least, shapes):
    optimizer = Weight(Adafactor(min_dim_size_to_factor=least), np.zeros(shape)).optimizer
    assert [tuple(slot.shape) for slot in optimizer.squares[0]] == shapes


def test_lamb_by_hand():
    """Without decay, with decay inside the ratio (ours); Keras has it outside: (2.9643483, 4.0349519)."""
    near(Weight(Lamb(0.01), [3, 4]).after([0.1, -0.2]), [2.9646448, 4.0353554])
    near(Weight(Lamb(0.01, weight_decay=0.01), [3, 4]).after([0.1, -0.2]), [2.9634237, 4.0340907])


def test_lamb_steps_are_as_long_as_the_weight():
    start = np.asarray([3, 4], "float32")
    assert np.linalg.norm(Weight(Lamb(0.01, weight_decay=0.3), start).after([5, -0.1]) - start) == pytest.approx(0.05, rel=1e-4)
    assert np.linalg.norm(Weight(Lamb(0.01), np.zeros(2)).after([5, -0.1])) == pytest.approx(0.01 * 2**0.5, rel=1e-4)
    near(Weight(Lamb(0.01, no_adaptation=("Bias",)), start, "bias").after([5, -0.1]), [2.99, 4.01], 1e-5)


MATRIX_FOR_SIGNS, GRADIENT_FOR_SIGNS = [[0.3, -0.4], [0, 0.5]], [[0.2, -0.1], [0, -0.3]]


def test_tiger_by_hand():
    weight = Weight(Tiger(1e-3), MATRIX_FOR_SIGNS)
    near(weight.after(GRADIENT_FOR_SIGNS), [[0.2996454, -0.3996450], [0, 0.5003518]], 1e-7)
    near(weight.slot("mean"), [[0.007, -0.0035], [0, -0.0105]], 1e-8)
    near(Weight(Tiger(1e-3), [0.5, 0], "bias").after([-1, 2]), [0.5005, -0.0005], 1e-7)
    rows = Weight(Tiger(1e-3), [[3, 4], [0, 0]], "embeddings").after([[1, -1], [1, 1]])
    near(rows, [[2.9963584, 4.0033941], [0, 0]], 1e-6)


def test_tiger_takes_a_single_number_for_a_bias():
    near(Weight(Tiger(1e-3), [0.0], "gate").after([2.0]), [-0.0005], 1e-8)


def test_tiger_adds_up_micro_batches_in_its_moment():
    weight = Weight(Tiger(1e-3), [[0.5, 0.25]])
    weight.optimizer.means[0].assign([[0.1, -0.2]])
    start, found = weight.after(), []
    for gradient, first in (([[1, -3]], 1.0), ([[-3, 1]], 0.0)):
        with weight.optimizer.taking(Part(share=0.5, first=first, last=not first)):
            weight.after(gradient)
        found.append(weight.slot("mean")[0])
        if first:
            near(weight.after(), start, 0)
    near(found, [[0.114, -0.2455], [0.0615, -0.228]])
    other = Weight(Tiger(1e-3), [[0.5, 0.25]])
    other.optimizer.means[0].assign([[0.1, -0.2]])
    near(weight.after(), other.after([[-1, -1]]), 1e-8)
    assert int(weight.optimizer.iterations) == 1


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_tiger_shrinks_a_weight_whose_gradient_is_broken(broken):
    for name, before, after in (("kernel", [[0.3, 1]], [[0.297, 0.99]]), ("gamma", [1.2, 1], [1.198, 1])):
        weight = Weight(Tiger(1e-3), before, name)
        gradient = np.ones_like(before)
        gradient[..., 0] = broken
        near(weight.after(gradient), after, 1e-7)
        assert not weight.slot("mean").any()


def test_tiger_steps_are_relative_to_the_weight_and_blind_to_the_scale_of_the_loss():
    start = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    gradient = np.random.default_rng(1).normal(size=(3, 4)).astype("float32")
    moved = Weight(Tiger(0.01, weight_decay=0.0), start).after(gradient)
    assert np.linalg.norm(moved - start) == pytest.approx(0.01 * np.linalg.norm(start), rel=1e-5)
    near(moved, Weight(Tiger(0.01, weight_decay=0.0), start).after(64 * gradient), 0)


def test_twenty_updates_of_adax_and_tiger_as_in_a_plain_loop():
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(4, 3)), rng.normal(size=(20, 4, 3))
    weight, mean, square = start.copy(), 0, 0
    for t, gradient in enumerate(gradients, start=1):
        mean, square = 0.9 * mean + 0.1 * gradient, (1 + 1e-4) * square + 1e-4 * gradient**2
        weight = weight - 0.01 * (mean / (np.sqrt(square / ((1 + 1e-4) ** t - 1)) + 1e-7) + 0.1 * weight)
    near(Weight(AdaX(0.01, weight_decay=0.1), start).after(*gradients), weight, 2e-6)
    weight, mean = start.copy(), 0
    for gradient in gradients:
        mean = 0.965 * mean + 0.035 * gradient
        weight = weight - 0.01 * np.sqrt(np.mean(weight**2)) * (np.sign(mean) + 0.1 * weight)
    near(Weight(Tiger(0.01, weight_decay=0.1), start).after(*gradients), weight, 2e-6)


def test_lion_of_one_beta_is_tiger_but_for_the_relative_rate():
    gradients = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    settings = {"lion.beta_1": 0.9, "lion.beta_2": 0.9}
    lion = built("lion", np.zeros(5), "bias", settings, rate=0.05, weight_decay=0.0).after(*gradients)
    near(lion, Weight(Tiger(0.1, beta=0.9), np.zeros(5), "bias").after(*gradients), 1e-6)


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
    optimizer = optimizers.build(Recipe(optimizer=name), 1e-3, [weight])
    held = [variable for variable in optimizer.variables if len(variable.shape) > 0]
    assert sum(math.prod(variable.shape) for variable in held) == pytest.approx(slots * 150 * 140)
    assert {variable.dtype for variable in held} <= {"float32"}


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


def prepared(norm, clip_norm, clip):
    """A gradient of some norm after clipping, as its norm."""
    objective = type("Objective", (), {"averaged": lambda self, gradients, values, state: (gradients, state)})()
    gradients = [ops.convert_to_tensor([norm * 0.6]), ops.convert_to_tensor([norm * 0.8])]
    gradients, before, _ = Update(None, objective, clip_norm, clip).prepared(gradients, 1.0, None, [])
    if math.isfinite(norm):
        assert float(before) == pytest.approx(norm)
    return float(np.hypot(*(ops.convert_to_numpy(gradient)[0] for gradient in gradients)))


@pytest.mark.parametrize(("norm", "hard", "soft"), [(0.25, 1, 0.8), (1.0, 1, 0.5), (10.0, 0.1, 0.0909091)])
def test_clipping_by_hand(norm, hard, soft):
    assert prepared(norm, 1.0, "hard") == pytest.approx(norm * hard, rel=1e-5)
    assert prepared(norm, 1.0, "soft") == pytest.approx(norm * soft, rel=1e-5)
    assert prepared(norm, 0.0, "hard") == prepared(norm, 0.0, "soft") == pytest.approx(norm)
    for bound in (0.1, 1.0, 5.0):
        hard, soft = prepared(norm, bound, "hard"), prepared(norm, bound, "soft")
        assert 0.5 * hard <= soft * (1 + 1e-6) and soft < hard <= bound * (1 + 1e-6)


def test_a_norm_that_is_not_finite_spoils_one_gradient_only():
    objective = type("Objective", (), {"averaged": lambda self, gradients, values, state: (gradients, state)})()
    gradients = [ops.convert_to_tensor([math.nan]), ops.ones(1)]
    found, _, _ = Update(None, objective, 1.0, "hard").prepared(gradients, 1.0, None, [])
    assert np.isnan(ops.convert_to_numpy(found[0])).all() and float(found[1][0]) == 1.0


def kept(stage, weights, updated, gradients):
    groups = (weights, updated, gradients)
    arrays = [{path: ops.convert_to_tensor(value, "float32") for path, value in group.items()} for group in groups]
    return {path: ops.convert_to_numpy(value) for path, value in stage.after_update(*arrays, None).items()}


def test_rates_of_words_multiply():
    paths = ["out/kernel", "out/bias", "in/bias"]
    [stage] = rate_factors.build(Recipe(rate_factors=("out=3", "kernel=2")), paths)
    assert stage.factors == {"out/kernel": 6, "out/bias": 3}
    found = kept(stage, dict.fromkeys(paths, [1.0]), dict.fromkeys(paths, [1.5]), {})
    assert {path: float(value[0]) for path, value in found.items()} == {"out/kernel": 4, "out/bias": 2.5, "in/bias": 1.5}


def test_lazy_rows_rest_while_their_token_is_away():
    """Adam with g = 1, 0, 0: row 1 is away in all three, and its row of another table that is no embedding moves on."""
    [stage] = lazy_embeddings.build(Recipe(lazy_embeddings=True), ["a/embeddings", "a/kernel"])
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
    stages = [*lazy_embeddings.build(recipe, paths), *rate_factors.build(recipe, paths)]
    objective = Objective.__new__(Objective)
    objective.strategies = tuple(stages)
    assert [type(stage).__name__ for _, stage in objective._having("after_update")] == ["RateFactors", "LazyEmbeddings"]
