"""The closed-form classifier: the worked example of kexue.fm/archives/8578, its invariances, and slow obvious formulas."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.training.closed_form import ClassMoments, optimal_shrinkage

EXAMPLE = np.array([(0, 0), (2, 0), (0, 2), (4, 4), (6, 4), (4, 6)], float)
LABELS = np.array([0, 0, 0, 1, 1, 1])


def fitted(vectors, labels, classes=2, batch=2, **options):
    moments = ClassMoments(classes)
    for start in range(0, len(vectors), batch):
        moments.add(vectors[start : start + batch], labels[start : start + batch])
    return moments.solve(**options)


def draw(rows=400, size=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    return rng.normal(size=(classes, size))[labels] * 2 + rng.normal(size=(rows, size)), labels


def test_worked_example():
    found = fitted(EXAMPLE, LABELS)
    np.testing.assert_allclose(found.kernel.T, [[1.5, 1.5], [10.5, 10.5]], atol=1e-9)
    np.testing.assert_allclose(found.bias, [-1.693147, -49.693147], atol=1e-6)
    logits = found.logits(EXAMPLE)
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], [-48, -30, -30, 24, 42, 42], atol=1e-9)
    assert found.rank == 2 and found.shrinkage == 0 and found.absent == ()


def test_a_repeated_class_adds_the_logarithm_of_two():
    found = fitted(np.concatenate([EXAMPLE, EXAMPLE[3:]]), np.concatenate([LABELS, LABELS[3:]]))
    assert found.bias[1] - found.bias[0] == pytest.approx(-48 + np.log(2), abs=1e-9)


def test_the_slow_formula_and_any_batches_agree():
    vectors, labels = draw()
    means = np.stack([vectors[labels == label].mean(axis=0) for label in range(3)])
    centered = vectors - means[labels]
    inverse = np.linalg.inv(centered.T @ centered / len(vectors))
    shares = np.bincount(labels) / len(labels)
    bias = [np.log(share) - 0.5 * mean @ inverse @ mean for share, mean in zip(shares, means, strict=True)]
    for batch in (1, 7, 400):
        found = fitted(vectors, labels, 3, batch)
        np.testing.assert_allclose(found.kernel, inverse @ means.T, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.bias, bias, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_affine_maps_change_no_probability(shift):
    vectors, labels = draw()
    mapped = vectors @ np.random.default_rng(1).normal(size=(5, 5)) + shift
    expected = fitted(vectors, labels, 3).probabilities(vectors)
    np.testing.assert_allclose(fitted(mapped, labels, 3).probabilities(mapped), expected, atol=1e-6)
    np.testing.assert_allclose(expected.sum(axis=1), 1)


def test_data_of_the_model_gives_its_weights():
    rng = np.random.default_rng(2)
    means, factor = np.array([(0, 0, 0), (1, -1, 2.0)]), np.array([(1, 0, 0), (0.5, 1, 0), (0, 0.3, 2.0)])
    labels = (rng.random(200_000) < 0.25).astype(int)
    found = fitted(means[labels] + rng.normal(size=(len(labels), 3)) @ factor.T, labels, batch=50_000)
    weights = np.linalg.solve(factor @ factor.T, means[1])
    np.testing.assert_allclose(found.kernel[:, 1] - found.kernel[:, 0], weights, atol=0.03)
    assert found.bias[1] - found.bias[0] == pytest.approx(np.log(1 / 3) - 0.5 * means[1] @ weights, abs=0.03)


def test_auto_shrinkage_takes_few_rows_and_leaves_many():
    vectors, labels = draw(rows=12, size=30)
    few = fitted(vectors, labels, 3, shrinkage="auto")
    assert few.rank == 9 and 0 < few.shrinkage <= 1 and np.isfinite(few.kernel).all()
    assert (few.logits(vectors).argmax(axis=1) == labels).mean() > 0.9
    many = draw(rows=4000, size=5)
    scaled = many[0] * [1, 2, 3, 4, 5]
    assert fitted(scaled, many[1], 3, 500, shrinkage="auto").shrinkage < 0.01
    assert optimal_shrinkage(np.eye(4), 100) == 1.0


def test_a_class_without_rows_is_never_predicted():
    found = fitted(EXAMPLE, LABELS * 2, classes=3)
    assert found.absent == (1,) and found.probabilities(EXAMPLE)[:, 1].max() == 0


@pytest.mark.parametrize("vectors, labels, classes, part", [
    (EXAMPLE, np.zeros(6, int), 2, "the rows are of 1 class. Give rows of two"),
    (EXAMPLE[:4], np.array([0, 1, 0, 1]), 5, "4 rows are too few for 5 classes"),
    (np.concatenate([EXAMPLE, EXAMPLE], axis=1), LABELS, 2, "has rank 2, not 4. Choose the shrinkage auto"),
    (np.where(EXAMPLE == 6, np.nan, EXAMPLE), LABELS, 2, "not finite"),
    (EXAMPLE[[0, 0, 3, 3]], LABELS[[0, 0, 3, 3]], 2, "all the same"),
])
def test_data_that_cannot_be_solved(vectors, labels, classes, part):
    with pytest.raises(InputError, match=part):
        fitted(vectors, labels, classes)
