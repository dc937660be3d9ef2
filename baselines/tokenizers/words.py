"""Words of Chinese text, cut by jieba: for word-level vocabularies and whole-word masking.

Whole-word masking masks 北 京 大 学 together or not at all. Cui et al., 2019, arXiv:1906.08101.
"""

import itertools
from collections.abc import Callable

from baselines.tokenizers.alignment import Alignment


def jieba_words(text: str) -> list[str]:
    """The words of `text` in order, nothing lost: "".join(words) == text. It knows words that you add by `jieba.add_word`.

    Only words of the dictionary, as WoBERT was trained: the hidden Markov model, which invents words, is off.
    """
    import jieba  # reads its dictionary at the first call, about a second, and says so

    jieba.setLogLevel("WARNING")
    return jieba.lcut(text, HMM=False)


def whole_words(alignment: Alignment, segment: Callable[[str], list[str]] = jieba_words) -> list[tuple[int, int]]:
    """Token spans [first, end) of the words of an aligned text; together they hold every token once, in order.

    Args:
        segment: Text -> words that join to it again. A "##" piece is never cut from the piece that it continues.

    Raises:
        ValueError: The words of `segment` do not join to the text.
    """
    words = segment(alignment.text)
    if "".join(words) != alignment.text:
        raise ValueError(f"whole_words: the words do not join to the text {alignment.text[:50]!r}.")
    word_of_character = [index for index, word in enumerate(words) for _ in word]
    word_of_character.append(len(words) - 1)                            # of a space marker at the end of the text
    starts, previous = [], None
    for index, (token, (start, _)) in enumerate(zip(alignment.tokens, alignment.spans, strict=True)):
        word = word_of_character[start]
        if not starts or (word != previous and not token.startswith("##")):
            starts.append(index)
        previous = word
    return list(itertools.pairwise([*starts, len(alignment)]))
