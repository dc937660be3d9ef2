"""The terms of a text: jieba's words, and the characters of each word that has more than one.

Words alone miss a text that jieba cut in another way, characters alone rank a text that shares scattered characters too high.
"""

import unicodedata


def terms_of(text: str) -> list[str]:
    """The terms of a text in order, repeated ones too; none for a text of punctuation only.

    Full-width and upper-case letters equal plain ones (NFKC, lower case). Words of Latin letters or digits stay whole.
    """
    import jieba  # its dictionary takes a second to load

    jieba.setLogLevel("WARNING")
    terms = []
    for word in jieba.lcut(unicodedata.normalize("NFKC", text).lower(), HMM=False):
        if any(character.isalnum() for character in word):
            terms.append(word)
            if len(word) > 1 and not word.isascii():
                terms.extend(character for character in word if character.isalnum())
    return terms
