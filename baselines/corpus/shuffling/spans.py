"""Lines in a buffer of bytes: where they end, and many of them copied at once, in any order.

A loop over lines costs more than the copying. So lines of 2^k to 2^(k+1)-1 bytes are copied together, each as its first and its
last 2^k bytes, which overlap: two indexings by an array per power of two, whatever the number of lines.
"""

import numpy as np

NEWLINE = 10
RETURN = 13
_POWERS = 12
"""Lines of 2^12 bytes and more are copied one by one: there are few of them in a buffer."""
BYTES_PER_LINE = 96
"""What the arrays made of a line take besides its bytes, at most at a time: start, length, order, and those inside `gather`."""
_SCANNED = _COPIED = 1 << 20


def line_ends(buffer: np.ndarray, most: int) -> np.ndarray:
    """int64 (lines,): where each complete line of a uint8 array ends, behind its newline; of the first `most` lines."""
    if len(buffer) <= _SCANNED:
        return np.flatnonzero(buffer == NEWLINE)[:most] + 1
    pieces, count = [], 0
    for start in range(0, len(buffer), _SCANNED):
        pieces.append(np.flatnonzero(buffer[start : start + _SCANNED] == NEWLINE) + (start + 1))
        count += len(pieces[-1])
        if count >= most:
            break
    return np.concatenate(pieces)[:most]


def most_lines(size: int) -> int:
    """How many lines of a buffer to handle at a time, for the numbers about them not to take more than the buffer itself."""
    return max(1, size // BYTES_PER_LINE)


def lengths_of(ends: np.ndarray) -> np.ndarray:
    """int64 (lines,): bytes of each line, its newline included, of lines that follow one another from 0."""
    return np.diff(ends, prepend=0)


def gather(source: np.ndarray, starts: np.ndarray, lengths: np.ndarray, out: np.ndarray) -> int:
    """Puts the lines source[start : start + length], all uint8, one after the other into `out`. Returns how many bytes that is.

    starts, lengths   int64 (lines,); every length is at least 1
    """
    ends = np.cumsum(lengths)
    places = ends - lengths
    powers = np.minimum(np.frexp(lengths)[1] - 1, _POWERS).astype(np.uint8)
    order = np.argsort(powers, kind="stable")                           # of uint8: by radix, and neighbours stay together
    borders = np.searchsorted(powers[order], np.arange(_POWERS + 2))
    for power in range(_POWERS):
        width = 1 << power
        for begin in range(borders[power], borders[power + 1], _COPIED // width):
            lines = order[begin : min(begin + _COPIED // width, borders[power + 1])]
            read, write = _windows(source, width), _windows(out, width)
            first, place, rest = starts[lines], places[lines], lengths[lines] - width
            write[place] = read[first]
            write[place + rest] = read[first + rest]
    for line in order[borders[_POWERS] :].tolist():
        out[places[line] : ends[line]] = source[starts[line] : starts[line] + lengths[line]]
    return int(ends[-1]) if len(ends) else 0


def without_empty(buffer: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(starts, lengths) of the lines that are more than their line end, \\n or \\r\\n."""
    lengths = lengths_of(ends)
    starts = ends - lengths
    filled = (lengths > 1) & ~((lengths == 2) & (buffer[starts] == RETURN))
    return starts[filled], lengths[filled]


def _windows(buffer, width):
    """Every run of `width` bytes of a buffer, as one item each."""
    return np.ndarray((len(buffer) - width + 1,), f"V{width}", buffer, strides=(1,))
