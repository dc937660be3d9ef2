"""Optimal transport, WMD and WRD: worked numbers, an LP by SciPy as the oracle, invariants, bounds, pruning, alignment."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

from baselines.errors import InputError
from baselines.retrieval.distances.difference import difference, marked
from baselines.retrieval.distances.nearest import nearest
from baselines.retrieval.distances.transport import MAX_SIZE_WITHOUT_WARNING, transport
from baselines.retrieval.distances.word_movers import wmd, wmd_bound
from baselines.retrieval.distances.word_rotators import wrd, wrd_bound, wrd_similarity

RNG = np.random.default_rng(0)


def pairs(count=12, size=6):
    for _ in range(count):
        m, n = RNG.integers(1, 9, 2)
        yield RNG.normal(size=(m, size)) + 0.5, RNG.normal(size=(n, size))


def by_linear_program(p, q, costs):
    """The definition, with one of its dependent rows left out."""
    m, n = costs.shape
    rows = np.concatenate([np.kron(np.eye(m), np.ones(n)), np.kron(np.ones(m), np.eye(n))])[:-1]
    found = linprog(costs.ravel(), A_eq=rows, b_eq=np.concatenate([p, q])[:-1], bounds=(0, None), method="highs")
    assert found.status == 0
    return found.fun


def test_worked_numbers():
    assert transport([0.5, 0.5], [0.25, 0.75], [[0, 1], [1, 0]]).value == pytest.approx(0.25)
    x, y = [(0, 0), (2, 0)], [(0, 0), (1, 0), (5, 0)]
    assert wmd(x, y) == pytest.approx(4 / 3)
    assert wmd(x, y, scaled=True) == pytest.approx(0.942809, abs=1e-6)
    assert wmd_bound(x, y) == pytest.approx(1)
    x, y = [(3, 0), (0, 1)], [(1, 0), (0, 1)]
    assert wrd(x, y) == pytest.approx(0.25)
    assert wrd_bound(x, y) == pytest.approx(0.0625)
    assert wrd_similarity(x, y) == pytest.approx(0.75)
    assert wrd([(1, 2)], [(-2, -4)]) == pytest.approx(2)


def test_transport_equals_the_linear_program_and_its_dual():
    for _ in range(10):
        m, n = RNG.integers(1, 8, 2)
        p, q, costs = RNG.dirichlet(np.ones(m)), RNG.dirichlet(np.ones(n)), RNG.random((m, n))
        found = transport(p, q, costs)
        assert found.value == pytest.approx(by_linear_program(p, q, costs), abs=1e-9)
        assert found.plan.sum(1) == pytest.approx(p) and found.plan.sum(0) == pytest.approx(q)
        u, v = found.potentials
        assert p @ u + q @ v == pytest.approx(found.value, abs=1e-9)
        assert (u[:, None] + v <= costs + 1e-9).all()


def test_distances_equal_their_definitions():
    for x, y in pairs():
        m, n = len(x), len(y)
        way = np.linalg.norm(x[:, None] - y, axis=-1)
        assert wmd(x, y) == pytest.approx(by_linear_program(np.full(m, 1 / m), np.full(n, 1 / n), way), abs=1e-9)
        p, q = np.linalg.norm(x, axis=1), np.linalg.norm(y, axis=1)
        angle = 1 - (x / p[:, None]) @ (y / q[:, None]).T
        assert wrd(x, y) == pytest.approx(by_linear_program(p / p.sum(), q / q.sum(), angle), abs=1e-9)


def test_as_many_tokens_is_an_assignment():
    x, y = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    costs = np.linalg.norm(x[:, None] - y, axis=-1)
    best = min(sum(costs[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(5)))
    assert wmd(x, y) == pytest.approx(best / 5)


def test_invariants():
    turn, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    for x, y in pairs():
        z = RNG.normal(size=(4, 6))
        for distance in (wmd, wrd):
            assert 0 <= distance(x, y) == pytest.approx(distance(y, x), abs=1e-9)
            assert distance(x, x[::-1]) == pytest.approx(0, abs=1e-9)
            assert distance(np.repeat(x, 2, 0), y) == pytest.approx(distance(x, y), abs=1e-9)
            assert distance(x @ turn, y @ turn) == pytest.approx(distance(x, y), abs=1e-9)
        assert wmd(x + 3, y + 3) == pytest.approx(wmd(x, y))
        assert wmd(x, y) <= wmd(x, z) + wmd(z, y) + 1e-9
        assert wrd(5 * x, y) == pytest.approx(wrd(x, y))
        assert wmd_bound(x, y) <= wmd(x, y) + 1e-9
        assert wrd_bound(x, y) <= wrd(x, y) + 1e-9


def test_zero_vectors_weigh_nothing():
    x, y = np.array([[3.0, 0], [0, 0], [0, 1]]), np.array([[1.0, 0], [0, 1]])
    assert wrd(x, y) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.zeros((0, 2)), np.ones((1, 2)), "Give some tokens"),
        (np.ones(3), np.ones((1, 3)), "Give some tokens"),
        (np.ones((1, 3)), np.ones((1, 2)), "different sizes"),
        ([[np.nan, 1]], [[1, 1]], "NaN or infinity"),
        ([[1, 1]], [[np.inf, 1]], "NaN or infinity"),
    ],
)
def test_unfit_vectors_are_told(x, y, words):
    for distance in (wmd, wrd, wmd_bound, wrd_bound):
        with pytest.raises(InputError, match=words):
            distance(x, y)


def test_a_text_of_zeros_has_no_directions():
    with pytest.raises(InputError, match="are zero"):
        wrd(np.zeros((2, 3)), np.ones((2, 3)))


@pytest.mark.parametrize(
    ("p", "q", "costs", "words"),
    [
        ([0.5, 0.6], [1], [[0], [1]], "sum to 1"),
        ([1.5, -0.5], [1], [[0], [1]], "at least 0"),
        ([1], [1], [[0], [1]], "weights"),
        ([1], [1], [[np.nan]], "NaN or infinite"),
        ([np.nan, 1], [1], [[0], [1]], "NaN or infinite"),
    ],
)
def test_unfit_weights_are_told(p, q, costs, words):
    with pytest.raises(InputError, match=words):
        transport(p, q, costs)


def test_weights_that_nearly_sum_to_one_are_mended():
    assert transport([0.5, 0.5 + 1e-7], [1], [[1], [1]]).value == pytest.approx(1, abs=1e-12)


def test_large_problems_warn():
    count = MAX_SIZE_WITHOUT_WARNING + 1
    with pytest.warns(UserWarning, match="cube"):
        transport(np.full(count, 1 / count), np.full(count, 1 / count), np.eye(count))


@pytest.mark.parametrize("kind", ["wmd", "wrd"])
def test_pruning_changes_nothing_and_spares_work(kind):
    center = RNG.normal(size=(6, 8))
    query = center[0] + 0.1 * RNG.normal(size=(5, 8))
    texts = [center[number % 6] + 0.3 * RNG.normal(size=(RNG.integers(1, 9), 8)) for number in range(120)]
    texts[77] = texts[6]                                                # a tie: the smaller number comes first
    pruned, whole = nearest(query, texts, 10, kind), nearest(query, texts, 10, kind, prune=False)
    assert (pruned.numbers, pruned.distances) == (whole.numbers, whole.distances)
    assert whole.solved == 120 and pruned.solved < 60
    exact = [(wmd if kind == "wmd" else wrd)(query, text) for text in texts]
    assert whole.numbers == list(np.argsort(exact, kind="stable")[:10])
    assert whole.distances == pytest.approx(sorted(exact)[:10])


def test_nearest_of_few_none_and_unknown():
    query, texts = np.ones((2, 3)), [np.ones((1, 3)), -np.ones((1, 3))]
    assert nearest(query, texts, 5).numbers == [0, 1]
    assert nearest(query, [], 5).numbers == []
    with pytest.raises(InputError, match="Did you mean wrd"):
        nearest(query, texts, 5, "wrdd")
    with pytest.raises(InputError, match="at least 1"):
        nearest(query, texts, 0)
    with pytest.raises(InputError, match="different sizes"):
        nearest(query, [np.ones((1, 2))], 1)


def test_difference_aligns_a_longest_common_subsequence():
    texts = ["", "北京天气", "北京的天气怎么样", "天气怎样"]
    for first, second in itertools.product(texts, texts):
        found = difference(first, second)
        table = np.zeros((len(first) + 1, len(second) + 1), int)
        for i, j in itertools.product(range(len(first)), range(len(second))):
            table[i + 1, j + 1] = max(table[i, j] + (first[i] == second[j]), table[i, j + 1], table[i + 1, j])
        assert found.length == len(found.pairs) == table[-1, -1]
        assert all(first[i] == second[j] for i, j in found.pairs)
        assert all(i < k and j < m for (i, j), (k, m) in itertools.pairwise(found.pairs))
        assert "".join(part.first for part in found.parts) == first
        assert "".join(part.second for part in found.parts) == second
    assert marked(difference("北京天气", "北京的天气如何")) == "北京{+的+}天气{+如何+}"
