"""Words of Chinese text by jieba: to pre-tokenize for word-level vocabularies, and to mask whole words.

北 京 大 学 are then masked together or not at all. Cui et al., 2019, arXiv:1906.08101.
"""

import itertools


def jieba_words(text):
    """The words of `text` in order, nothing lost: "".join(words) == text. Knows the user's own `jieba.add_word`s.

    Without the hidden Markov model, which invents words: those of the dictionary only, as WoBERT was trained.
    """
    import jieba  # reads its dictionary at the first call, about a second, and says so

    jieba.setLogLevel("WARNING")
    return jieba.lcut(text, HMM=False)


def whole_words(alignment, segment=jieba_words):
    """Token spans [first, end) of the words of an aligned text; together they hold every token once, in order.

    segment   text -> words that join to it again. A "##" piece never leaves the piece that it continues.
    """
    words = segment(alignment.text)
    if "".join(words) != alignment.text:
        raise ValueError("whole_words: expected words that join to the text again. Received: words that do not.")
    word_of_character = [index for index, word in enumerate(words) for _ in word]
    starts, previous = [], None
    for index, (token, (start, _)) in enumerate(zip(alignment.tokens, alignment.spans, strict=True)):
        word = word_of_character[start]
        if not starts or (word != previous and not token.startswith("##")):
            starts.append(index)
        previous = word
    return list(itertools.pairwise([*starts, len(alignment)]))
