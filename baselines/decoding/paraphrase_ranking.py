"""Which of many sampled texts are paraphrases worth keeping: those that differ, the most similar first. Su, 2020, SimBERT."""

import dataclasses
from collections.abc import Iterable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Paraphrase:
    """A text, and the cosine of its vector with that of the original."""

    text: str
    score: float


def distinct_texts(texts: Iterable[str], original: str) -> list[str]:
    """The texts that say something and differ from the original and from one another, in their order."""
    seen, retained = {fold(original)}, []
    for text in texts:
        if fold(text) not in seen and any(letter.isalnum() for letter in text):
            seen.add(fold(text))
            retained.append(text)
    return retained


def rank_paraphrases(
    texts: list[str], vectors: np.ndarray, original: np.ndarray, num: int, min_score: float = -1.0
) -> list[Paraphrase]:
    """Ranks texts by their similarity with an original.

    Args:
        texts: N texts.
        vectors: float (N, D) of length 1, theirs.
        original: float (D,) of length 1, the original's.
        num: Paraphrases to return, at most.
        min_score: Cosine below which a text is no paraphrase.

    Returns:
        The most similar texts, best first; of equal ones the earlier.
    """
    scores = vectors @ original
    best = [number for number in np.argsort(-scores, kind="stable") if scores[number] >= min_score][:num]
    return [Paraphrase(texts[number], round(float(scores[number]), 6)) for number in best]


def fold(text: str) -> str:
    """What two texts have in common that read the same: no case, no spaces."""
    return "".join(text.casefold().split())
