"""Scores of texts cut into words, as the bakeoff's script counts: a word is right if both its borders are."""

from collections.abc import Collection, Sequence

from baselines.metrics.overlap import precision_and_recall
from baselines.metrics.spans import f1


def segmentation_scores(
    golds: Sequence[Sequence], predictions: Sequence[Sequence], known: Collection[str] | None = None
) -> dict[str, float]:
    """{"f1", "precision", "recall"} of words, and what else can be told, each in [0, 1].

    Args:
        golds: Per text its words, each a text or a pair (text, part of speech).
        predictions: The same in the same order; spaces between words do not count.
        known: Words of the training data: adds "oov_recall", the share of the other gold words that is right, and "oov_rate",
            their share of all.

    Returns:
        The scores, with "pos_f1" where words have a part of speech: borders and part of speech are right.
    """
    if len(golds) != len(predictions) or not golds:
        raise ValueError(f"segmentation: {len(golds)} gold and {len(predictions)} predicted texts. Give one prediction per gold.")
    sides = [[list(places(words)) for words in side] for side in (golds, predictions)]
    right = gold = predicted = tagged = unknown = unknown_right = 0
    for one, other in zip(*sides, strict=True):
        borders, found = {place for place, _, _ in other}, {(place, tag) for place, _, tag in other}
        gold, predicted = gold + len(one), predicted + len(other)
        for place, word, tag in one:
            right += place in borders
            tagged += (place, tag) in found
            if known is not None and word not in known:
                unknown, unknown_right = unknown + 1, unknown_right + (place in borders)
    scores = {"f1": f1(gold, predicted, right), **precision_and_recall(right, predicted, gold)}
    if any(tag is not None for words in sides[0] for _, _, tag in words):
        scores["pos_f1"] = f1(gold, predicted, tagged)
    if known is not None:
        scores |= {"oov_recall": unknown_right / unknown if unknown else 1.0, "oov_rate": unknown / gold if gold else 0.0}
    return scores


def places(words: Sequence) -> list[tuple]:
    """[((start, end), word, part of speech or None)], characters of the text without spaces."""
    result, start = [], 0
    for each in words:
        word, tag = (each, None) if isinstance(each, str) else each
        end = start + len("".join(word.split()))
        result.append(((start, end), word, tag))
        start = end
    return result
