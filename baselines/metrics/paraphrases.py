"""How varied several texts written for each source are: distinct n-grams, self-BLEU (Zhu et al., 2018, arXiv:1802.01886), copies.

Texts are compared as in metrics/generation.py: in lower case, without spaces, by characters.
"""

from collections.abc import Sequence

import numpy as np

from baselines.metrics.generation import distinct, normalized


def paraphrase_scores(sources: Sequence[str], written: Sequence[Sequence[str]]) -> dict[str, float]:
    """{"distinct_1", "distinct_2", "self_bleu", "copies"} of the texts written for each source.

    self_bleu   mean over texts of their BLEU (0 to 1) against the others of the same source: low is varied; 0 where all are alone
    copies      share of the texts that are their source
    """
    groups = [list(map(normalized, texts)) for texts in written]
    texts = [text for group in groups for text in group]
    copied = [text == normalized(source) for source, group in zip(sources, groups, strict=True) for text in group]
    return {
        "distinct_1": distinct(texts, 1),
        "distinct_2": distinct(texts, 2),
        "self_bleu": self_bleu(groups),
        "copies": float(np.mean(copied)) if copied else 0.0,
    }


def self_bleu(groups: Sequence[Sequence[str]]) -> float:
    """BLEU of characters of each text of a group of several against the rest of its group: the mean, 0 to 1."""
    from sacrebleu.metrics import BLEU

    bleu, found = BLEU(tokenize="none", force=True, effective_order=True), []
    for group in groups:
        spaced = [" ".join(text) for text in group]
        for place, text in enumerate(spaced):
            others = spaced[:place] + spaced[place + 1 :]
            if others:
                found.append(bleu.sentence_score(text, others).score / 100)
    return float(np.mean(found)) if found else 0.0
