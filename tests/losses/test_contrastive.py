"""Losses that compare the rows of a batch: the published numbers, the slow loops, invariants, masks, half precision."""

import numpy as np
import pytest
from keras import ops

from baselines.losses.contrastive import ContrastiveLoss
from baselines.losses.cosent import CoSENT
from baselines.losses.in_batch_similarity import InBatchSimilarity
from baselines.losses.supervised_contrastive import SupervisedContrastive
from baselines.losses.token_mean import TokenMean

pytestmark = pytest.mark.keras

FOUR = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], "float32")


def marks_of(count, **more):
    return {
        "partner": np.where(np.arange(count) % 2, -1, 1).astype("int32"), "text": np.arange(count, dtype="int32"),
        **{name: np.asarray(values) for name, values in more.items()},
    }  # fmt: skip


def rows_of(loss, vectors, weights=None, **marks):
    count = len(vectors)
    weights = np.ones(count, "float32") if weights is None else np.asarray(weights, "float32")
    marks = {name: ops.convert_to_tensor(values) for name, values in marks_of(count, **marks).items()}
    found = loss(ops.convert_to_tensor(vectors), marks, weights)
    return [np.asarray(ops.convert_to_numpy(each)) for each in found]


def random_vectors(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 5)).astype("float32")


def test_published_numbers():
    totals, counts = rows_of(InBatchSimilarity(1.0), FOUR)
    np.testing.assert_allclose(totals, [0.528229, 0.818925, 0.818925, 0.528229], atol=1e-6)
    np.testing.assert_array_equal(counts, 1)
    assert rows_of(InBatchSimilarity(30.0), FOUR)[0].mean() == pytest.approx(0.001238, abs=1e-6)
    assert rows_of(InBatchSimilarity(), np.ones((4, 3), "float32"))[0] == pytest.approx(np.log(3), abs=1e-6)
    assert rows_of(InBatchSimilarity(), FOUR[:2])[0] == pytest.approx(0.0, abs=1e-6)


def test_the_label_of_each_row_is_its_partner():
    """V = one-hot of the pair: only the right partner gives a loss near 0."""
    totals, _ = rows_of(InBatchSimilarity(), np.repeat(np.eye(3, dtype="float32"), 2, axis=0))
    assert totals.max() < 1e-6
    wrong, _ = rows_of(InBatchSimilarity(), np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]])
    assert wrong.min() > 1


def test_invariants():
    vectors, loss = random_vectors(8), InBatchSimilarity(5.0)
    totals, _ = rows_of(loss, vectors)
    stretched, _ = rows_of(loss, vectors * np.linspace(0.1, 40, 8, dtype="float32")[:, None])
    np.testing.assert_allclose(stretched, totals, rtol=1e-4)
    order = np.array([4, 5, 0, 1, 6, 7, 2, 3])
    np.testing.assert_allclose(rows_of(loss, vectors[order])[0], totals[order], rtol=1e-4)
    filled, _ = rows_of(loss, np.concatenate([vectors, vectors[[0, 0]]]), [1] * 8 + [0, 0])
    np.testing.assert_allclose(filled[:8], totals, rtol=1e-5)


def test_equal_texts_are_no_negatives():
    """Rows 0 and 2 say the same, and row 5 what row 1 says: the pairs (0, 1), (2, 3), (4, 5)."""
    vectors, text = random_vectors(6), np.array([7, 8, 7, 9, 10, 8], "int32")
    cosine = (unit := vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ unit.T
    for mask, hidden in ((True, {(0, 2), (0, 5), (1, 5), (1, 2), (2, 0), (3, 0), (4, 1), (5, 1)}), (False, set())):
        totals, _ = rows_of(InBatchSimilarity(3.0, mask), vectors, text=text)
        for row in range(6):
            others = [c for c in range(6) if c != row and (row, c) not in hidden]
            partner = row + 1 - 2 * (row % 2)
            expected = -3 * cosine[row, partner] + np.log(np.exp(3 * cosine[row, others]).sum())
            assert totals[row] == pytest.approx(expected, rel=1e-4), (mask, row)


def test_simcse_rows_have_equal_texts():
    vectors = random_vectors(4)
    equal, _ = rows_of(InBatchSimilarity(), vectors, text=np.array([1, 1, 2, 2], "int32"))
    np.testing.assert_allclose(equal, rows_of(InBatchSimilarity(), vectors)[0])


def test_negatives_without_a_partner_have_no_loss():
    vectors, partner = random_vectors(6), np.array([1, -1, 0, 1, -1, 0], "int32")
    totals, counts = rows_of(InBatchSimilarity(4.0), vectors, partner=partner)
    np.testing.assert_array_equal(counts, [1, 1, 0, 1, 1, 0])
    assert totals[2] == totals[5] == 0
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = 4 * unit[0] @ unit.T
    assert totals[0] == pytest.approx(np.log(np.exp(scores[1:]).sum()) - scores[1], rel=1e-4)


def test_half_precision_and_zero_vectors_stay_finite():
    for dtype in ("float16", "bfloat16"):
        vectors = ops.cast(np.concatenate([300 * FOUR, np.zeros((2, 2), "float32")]), dtype)
        totals, _ = rows_of(InBatchSimilarity(), vectors)
        assert np.isfinite(totals).all() and totals.dtype == np.float32


def test_cosent_against_the_loop():
    vectors, score = random_vectors(8), np.repeat(np.array([1, 3, 2, 3], "float32"), 2)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = [float(unit[2 * i] @ unit[2 * i + 1]) for i in range(4)]
    terms = [np.exp(2 * (alike[j] - alike[i])) for i in range(4) for j in range(4) if score[2 * i] > score[2 * j]]
    totals, counts = rows_of(CoSENT(2.0), vectors, score=score)
    np.testing.assert_allclose(totals, np.log1p(sum(terms)), rtol=1e-4)
    np.testing.assert_array_equal(counts, 1)
    without, _ = rows_of(CoSENT(2.0), vectors, [1] * 6 + [0, 0], score=score)
    terms = [np.exp(2 * (alike[j] - alike[i])) for i in range(3) for j in range(3) if score[2 * i] > score[2 * j]]
    np.testing.assert_allclose(without, np.log1p(sum(terms)), rtol=1e-4)
    np.testing.assert_allclose(rows_of(CoSENT(), vectors, score=np.ones(8, "float32"))[0], 0, atol=1e-6)


def test_supervised_contrastive_against_the_loop():
    vectors, classes = random_vectors(6), np.array([1, 1, 2, 3, 1, 2], "int32")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    totals, counts = rows_of(SupervisedContrastive(3.0), vectors, **{"class": classes})
    np.testing.assert_array_equal(counts, [1, 1, 1, 0, 1, 1])
    for row in range(6):
        scores = 3 * unit[row] @ unit.T
        everything = np.log(sum(np.exp(scores[c]) for c in range(6) if c != row))
        same = [everything - scores[c] for c in range(6) if c != row and classes[c] == classes[row]]
        assert totals[row] == pytest.approx(np.mean(same) if same else 0, rel=1e-4)
    masked, _ = rows_of(SupervisedContrastive(3.0), vectors, **{"class": classes, "text": np.array([1, 2, 1, 3, 4, 5], "int32")})
    scores = 3 * unit[0] @ unit.T
    assert masked[0] == pytest.approx(np.log(np.exp(scores[[1, 3, 4, 5]]).sum()) - np.mean(scores[[1, 4]]), rel=1e-4)


def test_terms_are_weighted_and_swap_with_the_texts():
    rng = np.random.default_rng(0)
    logits, tokens = rng.normal(size=(4, 5, 7)).astype("float32"), rng.integers(0, 7, (4, 5)).astype("int32")
    tokens[:, 3:] = -1
    loss = ContrastiveLoss(InBatchSimilarity(1.0), TokenMean(), 2.0, 0.5)
    targets = {**marks_of(4), "next": tokens}
    terms = loss.terms(targets, {"embedding": FOUR, "logits": logits}, np.ones(4, "float32"))
    assert [term[0] for term in terms] == [2.0, 0.5] and set(loss.marks(targets)) == {"partner", "text"}
    own = ops.convert_to_numpy(terms[1][1])
    swap = [1, 0, 3, 2]
    swapped = loss.own_loss({"next": tokens[swap]}, {"logits": logits[swap]})
    np.testing.assert_allclose(ops.convert_to_numpy(swapped[0]), own[swap], rtol=1e-5)
    assert len(ContrastiveLoss(InBatchSimilarity()).terms(marks_of(4), {"embedding": FOUR}, np.ones(4, "float32"))) == 1
