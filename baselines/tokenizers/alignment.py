"""The characters of each token, and the tokens of characters: labels and answers are characters, models see tokens.

"Café  N°5" -> cafe [0, 4)  n [6, 7)  ° [7, 8)  ##5 [8, 9)

Positions count the tokens of one text without special tokens: behind [CLS] every token is one further to the right.
"""

import bisect
import dataclasses


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Tokens of a text with their places in it. `Tokenizer.align` makes it.

    Attributes:
        text: The original text.
        tokens: Its tokens; an unknown word keeps its letters.
        spans: For each token the half-open characters [start, end); starts and ends never decrease. Several tokens of one
            character (the letters of a Hangul syllable) share its span; accents behind a letter belong to its token.
    """

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.tokens)

    def char_span(self, first: int, end: int) -> tuple[int, int]:
        """Characters [start, end) of the half-open token span [first, end). Raises ValueError for an empty span or one outside."""
        if not 0 <= first < end <= len(self.spans):
            raise ValueError(f"char_span: expected 0 <= first < end <= {len(self)}. Received: first={first}, end={end}")
        return self.spans[first][0], self.spans[end - 1][1]

    def slice(self, first: int, end: int) -> str:
        """The original characters of the token span [first, end)."""
        start, stop = self.char_span(first, end)
        return self.text[start:stop]

    def token_span(self, start: int, end: int, snap: bool = False) -> tuple[int, int] | None:
        """The half-open token span of the characters [start, end).

        Args:
            snap: Widen the span to whole tokens.

        Returns:
            None if `start` or `end` is not the border of a token or, with `snap`, if the characters touch no token (spaces, or
            beyond the text).

        Raises:
            ValueError: `start` is not below `end`.
        """
        if start >= end:
            raise ValueError(f"token_span: expected start < end. Received: start={start}, end={end}")
        first = bisect.bisect_right(self.spans, start, key=_end)  # the first token that ends behind start
        after = bisect.bisect_left(self.spans, end, key=_start)  # the first token that starts at end or later
        if first >= after:
            return None
        on_borders = self.spans[first][0] == start and self.spans[after - 1][1] == end
        return (first, after) if on_borders or snap else None


def _start(span):
    return span[0]


def _end(span):
    return span[1]
