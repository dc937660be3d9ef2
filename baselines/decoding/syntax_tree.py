"""Syntactic distances to a binary tree, and a tree as text. Shen et al., 2018, arXiv:1711.02013.

distances .2 .7 .1 .5 of a b c d: the largest opens the tree's right side, and so on within both sides -> [a [b [c d]]]

A distance is how little a token has to do with what is before it. The first token's counts too, although nothing is before it.
All loops are iterative: a tree may be as deep as its text is long.
"""

from collections.abc import Iterator, Sequence

import numpy as np

Tree = str | list
"""A token, or a list of two trees."""


def syntax_tree(tokens: Sequence[str], distances: Sequence[float]) -> Tree:
    """The tree of a text: at the largest distance k it is [tree of what is before, [token k, tree of what follows]].

    An empty part vanishes; of equal distances the first is taken.

    Args:
        tokens: The tokens, one or more.
        distances: A number for each, of which only the order matters.

    Returns:
        A token alone, or nested lists of two.

    Raises:
        ValueError: There is no token, or another number of distances.
    """
    if not len(tokens) or len(tokens) != len(distances):
        raise ValueError(f"syntax_tree: expected a distance for each of one or more tokens. "
                         f"Received: {len(tokens)} tokens, {len(distances)} distances.")  # fmt: skip
    root, stack = [], []
    for part in _parts(np.asarray(distances)):
        if part == "[":
            stack.append([])
        else:
            done = stack.pop() if part == "]" else tokens[part]
            (stack[-1] if stack else root).append(done)
    return root[0]


def _parts(distances: np.ndarray) -> Iterator[str | int]:
    """Yields brackets and the numbers of tokens, in the order of the text."""
    work = [(0, len(distances))]
    while work:
        part = work.pop()
        if isinstance(part, str):
            yield part
            continue
        start, end = part
        if end - start == 1:
            yield start
            continue
        k = start + int(np.argmax(distances[start:end]))
        right = [(k, k + 1)] if k + 1 == end else ["[", (k, k + 1), (k + 1, end), "]"]
        parts = right if k == start else ["[", (start, k), *right, "]"]
        work += reversed(parts)


def bracketed(tree: Tree) -> str:
    """The tree on one line: [爱 [真的 [需要 勇气]]]."""
    pieces, work = [], [tree]
    while work:
        part = work.pop()
        if isinstance(part, list):
            work += ["]", part[1], " ", part[0], "["]
        else:
            pieces.append(part)
    return "".join(pieces)


def indented(tree: Tree) -> str:
    """The tree as lines, a token on each; both parts of a pair hang on one stroke.

    >>> print(indented([["苹果", "的"], "颜色"]))
    ┬─┬─苹果
    │ └─的
    └─颜色
    """
    lines, work = [], [(tree, "", "")]
    while work:
        part, first, others = work.pop()
        while isinstance(part, list):
            work.append((part[1], f"{others}└─", f"{others}  "))
            part, first, others = part[0], f"{first}┬─", f"{others}│ "
        lines.append(f"{first}{part}")
    return "\n".join(lines)
