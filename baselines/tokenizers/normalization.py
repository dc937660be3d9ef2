"""Characters as BERT sees them: lower-cased, decomposed, cleaned, spaced. Devlin et al., 2019, arXiv:1810.04805.

"Café\\u200b价格" -> "cafe 价  格 " -> ["cafe", "价", "格"]

The rules are those of Google's BasicTokenizer and of bert4keras, with the Unicode tables of the running Python: `str`
methods and one `str.translate`, which run in C. docs/tokenizer.md says why not the normalizer of `tokenizers`.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
_WORD = re.compile(r"\S+")  # the same notion of a space as str.split()


def is_cjk(character: str) -> bool:
    """Whether Google's BERT puts a character between spaces: an ideograph, but not kana, Hangul or extensions after E."""
    code = ord(character)
    return any(first <= code <= last for first, last in IDEOGRAPHS)


def is_punctuation(character: str) -> bool:
    """Whether a character is Unicode punctuation, or an ASCII sign that is no letter, digit or space ("$", "+", "^" too)."""
    code = ord(character)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(character).startswith("P")


def is_mark(character: str) -> bool:
    """Whether lower-casing drops a character: a combining accent, vowel sign or emoji variation selector."""
    return unicodedata.category(character) == "Mn"


class _Spacing(dict):
    """A `str.translate` table, filled as code points are met: what each becomes before the text is split at spaces."""

    def __init__(self, drop_marks):
        super().__init__()
        self._drop_marks = drop_marks

    def __missing__(self, code):
        self[code] = spaced = self._spaced(chr(code))
        return spaced

    def _spaced(self, character):
        category = unicodedata.category(character)
        if is_punctuation(character) or is_cjk(character):
            return f" {character} "
        if character in " \t\n\r" or category == "Zs":
            return " "
        if character in "\0\ufffd" or category in ("Cc", "Cf") or (self._drop_marks and category == "Mn"):
            return ""
        if category == "Cs":  # a lone surrogate: no UTF-8 for it, so Rust cannot take it; as a word it stays unknown
            return "\ufffd"
        return character


class Normalizer:
    """Cuts a text into words as BERT does. With `lower_case` it also decomposes characters (NFD) and drops combining marks."""

    def __init__(self, lower_case: bool = True):
        self.lower_case = lower_case
        self._spacing = _Spacing(drop_marks=lower_case)

    def words(self, text: str) -> list[str]:
        """The words of `text`; every ideograph and every punctuation character is a word of its own."""
        return self._decomposed(text).translate(self._spacing).split()

    def fold_with_sources(self, text: str) -> tuple[str, Sequence[int]]:
        """The text in lower case and without marks, and for each of its characters the index in `text`."""
        decomposed = self._decomposed(text)
        if len(decomposed) == len(text):  # no character becomes nothing here, so each became exactly one
            sources = range(len(text))
        else:  # its context (a final sigma, the order of marks) never changes how many characters one becomes
            sources = [i for i, character in enumerate(text) for _ in self._decomposed(character)]
        if not self.lower_case:
            return decomposed, sources
        letters = [i for i, character in enumerate(decomposed) if not is_mark(character)]
        return "".join(decomposed[i] for i in letters), [sources[i] for i in letters]

    def words_with_sources(self, folded: str, sources: Sequence[int]) -> Iterator[tuple[str, Sequence[int]]]:
        """Yields (word, indices of its characters) of what `fold_with_sources` returned, or of a slice of it."""
        spaced = [self._spacing[ord(character)] for character in folded]
        sources = [source for source, characters in zip(sources, spaced, strict=True) for _ in characters]
        for match in _WORD.finditer("".join(spaced)):
            yield match.group(), sources[match.start() : match.end()]

    def end_with_marks(self, text: str, end: int) -> int:
        """`end` moved behind the combining marks that follow it in `text`, if tokens lack them."""
        while self.lower_case and end < len(text) and is_mark(text[end]):
            end += 1
        return end

    def _decomposed(self, text):
        return unicodedata.normalize("NFD", text.lower()) if self.lower_case else text
