"""Diversity of the paraphrases of each source: distinct n-grams, self-BLEU (Zhu et al., 2018, arXiv:1802.01886), copies.

Texts are compared as in metrics/generation.py: in lower case, without spaces, by characters.
"""

from collections.abc import Sequence

import numpy as np

from baselines.metrics.generation import distinct, normalize


def paraphrase_scores(sources: Sequence[str], paraphrases: Sequence[Sequence[str]]) -> dict[str, float]:
    """{"distinct_1", "distinct_2", "self_bleu", "copies"} of the paraphrases of each source.

    self_bleu   mean over texts of their BLEU (0 to 1) against the others of the same source: low is diverse; 0 with one each
    copies      share of the paraphrases that equal their source
    """
    groups = [list(map(normalize, texts)) for texts in paraphrases]
    texts = [text for group in groups for text in group]
    copied = [text == normalize(source) for source, group in zip(sources, groups, strict=True) for text in group]
    return {
        "distinct_1": distinct(texts, 1),
        "distinct_2": distinct(texts, 2),
        "self_bleu": self_bleu(groups),
        "copies": float(np.mean(copied)) if copied else 0.0,
    }


def self_bleu(groups: Sequence[Sequence[str]]) -> float:
    """BLEU of characters of each text of a group of several against the rest of its group: the mean, 0 to 1."""
    from sacrebleu.metrics import BLEU

    bleu, scores = BLEU(tokenize="none", force=True, effective_order=True), []
    for group in groups:
        spaced = [" ".join(text) for text in group]
        for index, text in enumerate(spaced):
            others = spaced[:index] + spaced[index + 1 :]
            if others:
                scores.append(bleu.sentence_score(text, others).score / 100)
    return float(np.mean(scores)) if scores else 0.0
