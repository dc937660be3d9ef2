"""Exact match and F1 of extracted answers, as CMRC 2018 scores them. Cui et al., 2019, arXiv:1810.07366.

Case, outer spaces and some punctuation do not count. F1 is over segments, single Chinese characters and other words: what
the two answers have in common is their longest common run of segments. The official script cuts other words with NLTK; here
numbers, words and signs are segments.
"""

import re
from collections.abc import Iterable, Sequence

PUNCTUATION = frozenset("-:_*^/\\~`+=，。：？！“”；’《》…·、「」（）－～『』")
SEGMENT = re.compile(r"[\u4e00-\u9fa5]|\d+(?:[.,]\d+)+|(?:(?![\u4e00-\u9fa5])\w)+|[^\w\s]")


def exact_match_and_f1(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"exact_match": …, "f1": …}, means over questions.

    golds        per question its answers, (text, start) each; the one that scores best counts
    predictions  per question a text
    Raises ValueError for lists that are empty or of different lengths.
    """
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"reading: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    pairs = list(zip(golds, predictions, strict=True))
    return {
        "exact_match": sum(max(exact_match(text, prediction) for text, _ in gold) for gold, prediction in pairs) / len(pairs),
        "f1": sum(max(f1(text, prediction) for text, _ in gold) for gold, prediction in pairs) / len(pairs),
    }


def scores_with_unanswerable(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """The scores of questions that may have no answer, as SQuAD 2.0 counts: to say so is right (1) or wrong (0).

    Args:
        golds: Per question its answers; none where there is no answer.
        predictions: Per question a text, "" for no answer.

    Returns:
        {"f1", "exact_match": of all questions, "answerable_f1", "unanswerable_accuracy": where there are any of the kind}.
    """
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"reading: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    pairs = [(bool(gold), *question_scores(gold, predicted)) for gold, predicted in zip(golds, predictions, strict=True)]
    scores = {"f1": mean(f1 for _, _, f1 in pairs), "exact_match": mean(exact for _, exact, _ in pairs)}
    answered, unanswered = [f1 for has, _, f1 in pairs if has], [f1 for has, _, f1 in pairs if not has]
    if answered:
        scores["answerable_f1"] = mean(answered)
    if unanswered:
        scores["unanswerable_accuracy"] = mean(unanswered)
    return scores


def question_scores(gold: Sequence, prediction: str) -> tuple[float, float]:
    """(exact match, F1) of one question."""
    if not gold or not prediction:
        right = float(not gold and not prediction)
        return right, right
    return max(exact_match(text, prediction) for text, _ in gold), max(f1(text, prediction) for text, _ in gold)


def best_null_threshold(golds: Sequence, predictions: Sequence[str], margins: Sequence[float]) -> tuple[float, float]:
    """(threshold, F1) at which answers with a higher margin count, others are taken for none. Of equally good ones the lowest.

    Args:
        golds: Per question its answers; none where there is no answer.
        predictions: The best answer of each.
        margins: How far its score is above that of no answer.
    """
    order = sorted(range(len(margins)), key=lambda index: margins[index])
    answered = [question_scores(golds[index], predictions[index])[1] for index in order]
    silent = [float(not golds[index]) for index in order]
    total = best = sum(answered)
    threshold = margins[order[0]] - 1.0
    for place, index in enumerate(order):
        total += silent[place] - answered[place]
        following = margins[order[place + 1]] if place + 1 < len(order) else margins[index] + 2.0
        if total > best + 1e-12 and following > margins[index]:
            best, threshold = total, (margins[index] + following) / 2
    return float(threshold), best / len(order)


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values)


def exact_match(gold: str, prediction: str) -> int:
    """1 if two texts are the same without case and punctuation, else 0."""
    return int(normalize(gold) == normalize(prediction))


def f1(gold: str, prediction: str) -> float:
    """Harmonic mean of the shares of the longest common run in the segments of both texts."""
    gold, prediction = segments(gold), segments(prediction)
    common = longest_common_run(gold, prediction)
    return 2 * common / (len(gold) + len(prediction)) if common else 0.0


def normalize(text: str) -> str:
    return "".join(character for character in text.lower().strip() if character not in PUNCTUATION)


def segments(text: str) -> list[str]:
    """["2.5", "公", "里", "gps"] of "2.5公里，GPS"."""
    return SEGMENT.findall(normalize(text))


def longest_common_run(first: str, second: str) -> int:
    """Length of the longest sequence contained in both lists without a gap."""
    longest, row = 0, [0] * (len(second) + 1)
    for item in first:
        row = [0] + [row[index] + 1 if item == other else 0 for index, other in enumerate(second)]
        longest = max(longest, *row)
    return longest
