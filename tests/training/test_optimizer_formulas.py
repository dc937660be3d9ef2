"""Update rules by hand: worked numbers on single weights, without a model and without compiling."""

import math

import numpy as np
import pytest
from keras import ops
from single_weight import Weight, built, near

from baselines.training.optimizers.optimizer import Part
from baselines.training.optimizers.rules.adafactor import Adafactor
from baselines.training.optimizers.rules.adax import AdaX
from baselines.training.optimizers.rules.lamb import Lamb
from baselines.training.optimizers.rules.tiger import Tiger

pytestmark = pytest.mark.keras


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
