"""Scores of generated texts: ROUGE (Lin, 2004), BLEU (Papineni et al., 2002), exact match, and diversity.

Texts are compared in lower case and without spaces, as BERT's tokenizer loses both; by characters, and ROUGE by jieba's words too.
All scores are from 0 to 1. ROUGE is that of Google's rouge-score: F1 (beta = 1) of each pair, then the mean. BLEU is
sacrebleu's of the whole corpus, up to 4 characters.
"""

import itertools
import logging
from collections.abc import Callable, Sequence

import numpy as np

ROUGE = {"rouge_l": "rougeL", "rouge_1": "rouge1", "rouge_2": "rouge2"}


def text_scores(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"rouge_l", "rouge_1", "rouge_2": of characters, the same with "word_" before it, "bleu", "exact"} of texts."""
    golds, predictions = list(map(normalize, golds)), list(map(normalize, predictions))
    return {
        **rouge(golds, predictions, list),
        **{f"word_{name}": value for name, value in rouge(golds, predictions, words).items()},
        "bleu": bleu(golds, predictions),
        "exact": float(np.mean([gold == prediction for gold, prediction in zip(golds, predictions, strict=True)])),
    }


def reply_scores(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"distinct_1", "distinct_2"} of replies; golds are ignored, because a good reply need not resemble them."""
    replies = list(map(normalize, predictions))
    return {"distinct_1": distinct(replies, 1), "distinct_2": distinct(replies, 2)}


def normalize(text: str) -> str:
    return "".join(text.lower().split())


def words(text: str) -> list[str]:
    """The words of a text by jieba; punctuation counts, as a character does."""
    import jieba  # its dictionary takes a second to load

    jieba.setLogLevel(logging.WARNING)
    return jieba.lcut(text)


def rouge(golds: Sequence, predictions: Sequence, tokenize: Callable[[str], list[str]]) -> dict[str, float]:
    """{"rouge_l", "rouge_1", "rouge_2"}: mean F1 over pairs of texts, cut by `tokenize`; an empty prediction counts 0."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(ROUGE.values()), tokenizer=RougeTokenizer(tokenize))
    results = [scorer.score(gold, prediction) for gold, prediction in zip(golds, predictions, strict=True)]
    return {ours: float(np.mean([scores[theirs].fmeasure for scores in results])) for ours, theirs in ROUGE.items()}


class RougeTokenizer:
    """A function as the tokenizer object that rouge-score expects."""

    def __init__(self, tokenize: Callable[[str], list[str]]):
        self.tokenize = tokenize


def bleu(golds: Sequence, predictions: Sequence) -> float:
    """BLEU of characters: all predictions against one gold text each."""
    from sacrebleu.metrics import BLEU

    spaced = [[" ".join(text) for text in texts] for texts in (predictions, golds)]
    return BLEU(tokenize="none", force=True).corpus_score(spaced[0], [spaced[1]]).score / 100


def distinct(texts: Sequence[str], n: int) -> float:
    """Different n-grams of characters as a share of all, over all texts (Li et al., 2016, arXiv:1510.03055); 0 of none."""
    grams = [gram for text in texts for gram in zip(*(itertools.islice(text, start, None) for start in range(n)), strict=False)]
    return len(set(grams)) / len(grams) if grams else 0.0
