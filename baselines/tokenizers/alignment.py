"""Which characters of a text each token stands for, and back: labels and answers are characters, models see tokens.

"Café  N°5" -> cafe [0, 4)  n [6, 7)  ° [7, 8)  ##5 [8, 9)

Tokens are those of one text, without special tokens: behind [CLS] they stand one further to the right.
"""

import bisect
import dataclasses


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Tokens of a text with their places in it. Made by `Tokenizer.align`.

    text     the original text
    tokens   its tokens; an unknown word keeps its letters
    spans    per token the half-open characters [start, end); starts and ends never decrease. Tokens made of one
             character (the letters of a Hangul syllable) share its span; accents behind a letter are in its token's
    """

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def __len__(self):
        return len(self.tokens)

    def char_span(self, first, end):
        """Characters [start, end) from the first to the last token of the half-open token span [first, end)."""
        if not 0 <= first < end <= len(self.spans):
            raise ValueError(f"char_span: expected 0 <= first < end <= {len(self)}. Received: first={first}, end={end}")
        return self.spans[first][0], self.spans[end - 1][1]

    def slice(self, first, end):
        """The original characters of the token span [first, end)."""
        start, stop = self.char_span(first, end)
        return self.text[start:stop]

    def token_span(self, start, end, snap=False):
        """Token span [first, last + 1) of the characters [start, end).

        None when `start` or `end` is not the border of a token. With `snap` it is the span of every token that the
        characters touch, and None means that they touch none (spaces, or beyond the text).
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
