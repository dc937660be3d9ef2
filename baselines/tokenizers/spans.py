"""Characters of tokens: a space marker is no character, and every byte of a character has its span.

`tokenizers` gives a ▁ ahead of a text the span of the first character, all bytes of several characters the span of all, and the
second half of a composed character (か + ゛) to nobody.
"""

import unicodedata
from collections.abc import Sequence

from baselines.tokenizers.token_bytes import MARK

_INVISIBLE = ("Cc", "Cf", "Cs", "Cn")


def character_spans(
    text: str, offsets: Sequence[tuple[int, int]], markers: Sequence[bool], sizes: Sequence[int]
) -> list[tuple[int, int]]:
    """Half-open spans of tokens; starts and ends never decrease.

    Args:
        text: The user's.
        offsets: Of each token, from `tokenizers`.
        markers: For each token whether it is nothing but space; its span is empty, ahead of the next character.
        sizes: For each token 1 if it is one byte of a character, 0 if not.
    """
    spans = _by_bytes(text, offsets, sizes)
    result, last_start, last_end = [], 0, 0
    for number, ((start, end), marker) in enumerate(zip(spans, markers, strict=True)):
        start, end = _without_spaces(text, start, end)
        if marker and text[start:end].strip(MARK):                      # the user did not write the marker
            end = start
        if start == end:
            while end < len(text) and text[end].isspace():
                end += 1
            start = end = _with_rest_before(text, end, last_end)
        else:
            start = _with_rest_before(text, start, last_end)
            end = _with_rest(text, end, spans[number + 1][0] if number + 1 < len(spans) else len(text))
        last_start, last_end = max(last_start, start), max(last_end, end)
        result.append((last_start, last_end))
    return result


def _without_spaces(text, start, end):
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _with_rest(text, end, following):
    """`end` moved over characters that belong to no token: marks, and the second half of composed ones."""
    while end < following and _is_visible(text[end]):
        end += 1
    return end


def _with_rest_before(text, start, last_end):
    """`start` moved back over characters that belong to no token: the first of two that became one."""
    while start > last_end and _is_visible(text[start - 1]):
        start -= 1
    return start


def _is_visible(character):
    return not character.isspace() and unicodedata.category(character) not in _INVISIBLE


def _by_bytes(text, offsets, sizes):
    """Offsets, in which the bytes of several characters have each the span of their own."""
    spans, first = list(offsets), 0
    while first < len(spans):
        end = first + 1
        while end < len(spans) and sizes[first] and sizes[end] and spans[end] == spans[first]:
            end += 1
        start, stop = spans[first]
        if end - first > 1 and stop - start > 1:
            owners = [place for place in range(start, stop) for _ in text[place].encode("utf-8", "replace")]
            if len(owners) == end - first:
                spans[first:end] = [(place, place + 1) for place in owners]
        first = end
    return spans
