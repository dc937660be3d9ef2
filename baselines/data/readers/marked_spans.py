"""CLUEWSC's rows: a text with the places of a noun (span1) and a pronoun (span2). Xu et al., 2020, arXiv:2004.05986.

{"target": {"span1_text": "…", "span1_index": 5, "span2_text": "它", "span2_index": 37}, "text": "…"}
"""

from baselines.data.readers.json_lines import to_row
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError


def marked_text(row: Row) -> str:
    """The text with both spans marked, located by character index. Raises InputError if they overlap or are not there."""
    text = row.text("text")
    target = to_row(row["target"], f"{row.origin}, target", row.number)
    spans = sorted([span(target, "span1", "_", "_", text), span(target, "span2", "[", "]", text)])
    (_, first_end, *_), (second_start, *_) = spans
    if first_end > second_start:
        raise InputError(f"{target.origin}: the two spans overlap: {shorten(dict(target), 200)}. Correct their indexes.")
    for start, end, left, right in reversed(spans):                     # from the right: the left offsets stay valid
        text = text[:start] + left + text[start:end] + right + text[end:]
    return text


def span(target: Row, name: str, left: str, right: str, text: str) -> tuple[int, int, str, str]:
    """(start, end, left mark, right mark) of a span, end exclusive. Raises InputError unless it is in the text."""
    words, start = target.text(f"{name}_text"), target[f"{name}_index"]
    if type(start) is not int or start < 0 or not text.startswith(words, start):
        result = text[start : start + len(words)] if type(start) is int and start >= 0 else ""
        raise InputError(f"{target.origin}: {words!r} is not at {name}_index={start!r}, where {result!r} is. Correct the index.")
    return start, start + len(words), left, right
