"""BERT's tokenizer with words of jieba that are drawn: for vocabularies of words, as RoFormer's and WoBERT's.

今天天气 -> 今天 天气, 今 天天 气, …; a word of the vocabulary is a token, and others are cut into characters, as ever.
"""

from collections.abc import Sequence

import numpy as np

from baselines.errors import InputError
from baselines.tokenizers.sampled_words import SampledWords
from baselines.tokenizers.unigram_segmenter import check_alpha
from baselines.tokenizers.wordpiece import WordPiece
from baselines.tokenizers.words import jieba_words


class SampledWordPiece(WordPiece):
    """A WordPiece that shares everything with another one but its words.

    Args:
        model: The other one.
        alpha: 0 or more, see unigram_segmenter.py.

    Raises:
        InputError: The words are not jieba's, or alpha is not finite.
    """

    def __init__(self, model: WordPiece, alpha: float):
        check_alpha(alpha)
        if model.pre_tokenizer is not jieba_words:
            raise InputError(f"{model.vocabulary.origin}: {model.describe()} cuts a text in one way. Choose a unigram tokenizer, "
                             "or a vocabulary of words with --pre_tokenizer jieba.")  # fmt: skip
        vars(self).update(vars(model))
        self.pre_tokenizer = SampledWords(alpha)

    def reseed(self, rng: np.random.Generator, texts: Sequence[str] = ()) -> None:
        """Begins another draw; texts are cut when they are asked for."""
        self.pre_tokenizer.reseed(rng)
