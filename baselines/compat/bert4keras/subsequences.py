"""The longest common substring and subsequence of two sequences."""

from collections.abc import Sequence


def longest_common_substring(source: Sequence, target: Sequence) -> tuple[int, tuple[int, int, int, int]]:
    """The longest contiguous part of both.

    Returns:
        Its length, and (start, end) in the source and in the target; the first found of equally long ones.
    """
    length, places, previous = 0, (0, 0, 0, 0), {}
    for i, left in enumerate(source, 1):
        current = {}
        for j, right in enumerate(target, 1):
            if left == right:
                current[j] = previous.get(j - 1, 0) + 1
                if current[j] > length:
                    length = current[j]
                    places = (i - length, i, j - length, j)
        previous = current
    return length, places


def longest_common_subsequence(source: Sequence, target: Sequence) -> tuple[int, list[tuple[int, int]]]:
    """The longest subsequence of both.

    Returns:
        Its length, and the pairs (index in the source, index in the target) of one such subsequence.
    """
    lengths = [[0] * (len(target) + 1) for _ in range(len(source) + 1)]
    for i, left in enumerate(source, 1):
        for j, right in enumerate(target, 1):
            best = max(lengths[i - 1][j], lengths[i][j - 1])
            lengths[i][j] = lengths[i - 1][j - 1] + 1 if left == right else best
    length, pairs = lengths[-1][-1], []
    i, j = len(source) - 1, len(target) - 1
    while len(pairs) < length:
        if source[i] == target[j]:
            pairs.append((i, j))
            i, j = i - 1, j - 1
        elif lengths[i + 1][j] > lengths[i][j + 1]:
            j -= 1
        else:
            i -= 1
    return length, pairs[::-1]
