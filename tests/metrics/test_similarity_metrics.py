"""Thresholds, retrieval and paraphrases: worked numbers, scikit-learn and sacrebleu as witnesses, the slow loops."""

import numpy as np
import pytest
from sacrebleu.metrics import BLEU
from sklearn.metrics import accuracy_score, f1_score, label_ranking_average_precision_score

from baselines.metrics.paraphrases import paraphrase_scores, self_bleu
from baselines.metrics.retrieval import rank_of, retrieval_scores
from baselines.metrics.threshold import best_threshold, cross_fitted_thresholds, threshold_scores


@pytest.mark.parametrize("golds, scores, threshold", [
    ([0, 0, 1, 1], [0.1, 0.3, 0.5, 0.9], 0.4), ([1, 1], [0.2, 0.4], 0.2 - 1e-6), ([0, 0], [0.2, 0.4], 0.4),
    ([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], 0.15), ([0, 1, 1, 0], [0.5, 0.5, 0.5, 0.1], 0.3),
])  # fmt: skip
def test_best_threshold(golds, scores, threshold):
    assert best_threshold(golds, scores) == pytest.approx(threshold)


def test_best_threshold_against_all_cuts():
    rng = np.random.default_rng(0)
    for _ in range(15):
        count = rng.integers(1, 9)
        golds, scores = rng.integers(0, 2, count), rng.integers(0, 6, count) / 5
        found = threshold_scores(golds, scores, best_threshold(golds, scores))
        cuts = [-1.0, *scores]
        assert found["accuracy"] == max(accuracy_score(golds, scores > cut) for cut in cuts)
        assert found["f1"] == pytest.approx(f1_score(golds, scores > best_threshold(golds, scores), zero_division=0))


def test_no_pair_is_judged_by_a_threshold_that_saw_it():
    golds, scores = np.arange(12) % 3 == 0, np.random.default_rng(1).random(12)
    thresholds = cross_fitted_thresholds(golds, scores)
    one, other = (thresholds == value for value in set(thresholds))
    assert golds[one].sum() == golds[other].sum() == 2 and one.sum() == 6
    assert set(thresholds[one]) == {best_threshold(golds[other], scores[other])}
    assert set(thresholds[other]) == {best_threshold(golds[one], scores[one])}
    rng = np.random.default_rng(0)
    noise, labels = rng.normal(size=2000), rng.integers(0, 2, 2000)
    crossed = threshold_scores(labels, noise, cross_fitted_thresholds(labels, noise))["accuracy"]
    assert crossed <= threshold_scores(labels, noise, best_threshold(labels, noise))["accuracy"]
    assert cross_fitted_thresholds([1], [0.5]) == pytest.approx([0.5 - 1e-6])


def test_retrieval_worked():
    """Texts at angles 0, 10, 40, 90 degrees: from 0 the order is 10, 40, 90."""
    angles = np.radians([0, 10, 40, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")
    assert retrieval_scores(vectors, {0: [2]}) == {"mrr": 0.5, "recall_1": 0.0, "recall_5": 1.0, "recall_10": 1.0}
    found = retrieval_scores(vectors, {0: [1, 3], 3: [0]}, ks=(1, 2))
    assert found == pytest.approx({"mrr": (1 + 1 / 3) / 2, "recall_1": 0.5, "recall_2": 0.25})
    with pytest.raises(ValueError, match="at least one query"):
        retrieval_scores(vectors, {})


def test_ranks_of_equal_scores_follow_their_places():
    assert [rank_of(np.array([0.5, 0.7, 0.5, 0.1]), place) for place in range(4)] == [2, 1, 3, 4]


def test_mrr_against_scikit_learn():
    """With one positive, the mean reciprocal rank is the average precision of a ranking."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    positives = {query: [query + 1] for query in range(0, 300, 2)}
    scores = vectors[::2] @ vectors.T
    scores[np.arange(150), np.arange(0, 300, 2)] = -9
    truth = np.zeros((150, 300), int)
    truth[np.arange(150), np.arange(1, 300, 2)] = 1
    assert retrieval_scores(vectors, positives)["mrr"] == pytest.approx(label_ranking_average_precision_score(truth, scores))


def test_paraphrases():
    found = paraphrase_scores(["好 A"], [["好a", "不好", "不好"]])
    assert found["copies"] == pytest.approx(1 / 3) and found["distinct_1"] == pytest.approx(3 / 6)
    assert found["distinct_2"] == pytest.approx(2 / 3)
    bleu = BLEU(tokenize="none", effective_order=True)
    expected = [bleu.sentence_score("好 a", ["不 好", "不 好"]).score, 100.0, 100.0]
    assert found["self_bleu"] == pytest.approx(np.mean(expected) / 100)
    assert self_bleu([["独一"], []]) == 0.0 and paraphrase_scores(["一"], [[]])["copies"] == 0.0
    same, varied = [["今天天气很好"] * 3], [["今天天气很好", "明日有雨", "他去了北京"]]
    assert self_bleu(same) == pytest.approx(1.0) and self_bleu(varied) < 0.5
