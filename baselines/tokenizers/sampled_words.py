"""Words cut at random: jieba's dictionary as a unigram model, whose likeliest cut is what jieba itself gives.

研究生命 -> 研究 生命, 研究生 命, 研究 生 命, … with probability proportional to the product of the words' shares to the power alpha
"""

import functools
import itertools
import re

import numpy as np

from baselines.tokenizers.unigram_segmenter import UnigramSegmenter
from baselines.tokenizers.words import jieba_words

_BLOCK = re.compile(r"([\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+)")             # what jieba looks up in its dictionary
_SIGN = re.compile("[a-zA-Z0-9]")


class SampledWords:
    """Text -> words that join to it again; within a draw, the same text has the same words.

    Args:
        alpha: 0 or more, see unigram_segmenter.py.
    """

    def __init__(self, alpha: float):
        self.alpha = alpha
        self.reseed(np.random.default_rng(0))

    def reseed(self, rng: np.random.Generator) -> None:
        """Begins another draw."""
        self._rng, self._drawn = rng, {}

    def __call__(self, text: str) -> list[str]:
        """The words of a text."""
        if text not in self._drawn:
            self._drawn[text] = self._draw(text)
        return self._drawn[text]

    def _draw(self, text):
        parts = _BLOCK.split(text)                                      # blocks are at the odd places
        cuts = iter(_segmenter().cut(parts[1::2], self.alpha, self._rng))
        words = []
        for number, part in enumerate(parts):
            if number % 2:
                ends, _ = next(cuts)
                words += _joined_signs([part[start:end] for start, end in itertools.pairwise([0, *ends])])
            elif part:
                words += jieba_words(part)
        return words


def _segmenter():
    """The UnigramSegmenter of jieba's dictionary as it is now: `jieba.add_word` changes it."""
    import jieba

    jieba.setLogLevel("WARNING")
    jieba.initialize()
    return _of_dictionary(len(jieba.dt.FREQ), jieba.dt.total)


@functools.lru_cache(maxsize=1)
def _of_dictionary(size, total):
    import jieba

    counts = {word: count for word, count in jieba.dt.FREQ.items() if count}
    scores = np.log(np.fromiter(counts.values(), np.float64)) - np.log(total)
    return UnigramSegmenter(list(counts), scores, unknown_score=-float(np.log(total)))


def _joined_signs(words):
    """Letters and digits that are words of their own, joined as jieba joins them: 1 0 0 -> 100."""
    result, running = [], False
    for word in words:
        sign = bool(_SIGN.fullmatch(word))
        if sign and running:
            result[-1] += word
        else:
            result.append(word)
        running = sign
    return result
