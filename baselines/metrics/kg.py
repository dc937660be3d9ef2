"""Answers from a knowledge graph, as KgCLUE scores them: exact match and F1 of subject, predicate and object.

Case and repeated spaces do not count. F1 of two texts is 2 · LCS / (their lengths), by the longest common subsequence of
characters. The leaderboard ranks by the mean of exact match and F1 of the object. CLUEbenchmark/KgCLUE, evaluate_f1_em.py.
"""

from collections.abc import Sequence

from rapidfuzz.distance import LCSseq


def knowledge_scores(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"score": …, "exact_match": …, "f1": …, and both of subject, predicate and all three}, means over questions.

    golds          per question (subject, predicate, object), the subject with its meaning in brackets
    predictions    per question the same, or None for no answer
    `score` is the mean of `exact_match` and `f1`, which are the object's.
    Raises ValueError for lists that are empty or of different lengths.
    """
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"kg: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    pairs = [(_columns(gold), _columns(prediction or ("", "", ""))) for gold, prediction in zip(golds, predictions, strict=True)]
    exact, f1s = {}, {}
    for name in ("object", "subject", "predicate", "all"):
        exact[name] = sum(gold[name] == predicted[name] for gold, predicted in pairs) / len(pairs)
        f1s[name] = sum(f1(_joined(gold[name]), _joined(predicted[name])) for gold, predicted in pairs) / len(pairs)
    scores = {"score": (exact["object"] + f1s["object"]) / 2, "exact_match": exact.pop("object"), "f1": f1s.pop("object")}
    for name in exact:
        scores |= {f"{name}_exact_match": exact[name], f"{name}_f1": f1s[name]}
    return scores


def f1(first: str, second: str) -> float:
    """2 · LCS / (length + length) of two texts; 0 of two empty ones, as the official script."""
    return 2 * common_length(first, second) / (len(first) + len(second)) if first or second else 0.0


def common_length(first: str, second: str) -> int:
    """Length of the longest common subsequence of two texts."""
    return LCSseq.similarity(first, second)


def normalize(text: str) -> str:
    return " ".join(text.lower().split())


def _columns(triple):
    subject, predicate, object_ = map(normalize, triple)
    return {"subject": subject, "predicate": predicate, "object": object_, "all": (subject, predicate, object_)}


def _joined(column):
    return "".join(column)
