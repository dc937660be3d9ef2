"""Trees of distances: by hand, equal to the recursive definition, deep ones, text."""

import numpy as np
import pytest

from baselines.decoding.syntax_tree import bracketed, indented, syntax_tree


def recursive(tokens, distances):
    """The definition, word for word."""
    if len(tokens) == 1:
        return tokens[0]
    k = int(np.argmax(distances))
    right = tokens[k] if k + 1 == len(tokens) else [tokens[k], recursive(tokens[k + 1 :], distances[k + 1 :])]
    return right if k == 0 else [recursive(tokens[:k], distances[:k]), right]


def leaves(tree):
    return [tree] if isinstance(tree, str) else [leaf for part in tree for leaf in leaves(part)]


def pairs(tree):
    return 0 if isinstance(tree, str) else 1 + sum(map(pairs, tree))


@pytest.mark.parametrize(("tokens", "distances", "expected"), [
    ("abcd", [0.2, 0.7, 0.1, 0.5], ["a", ["b", ["c", "d"]]]),
    ("abcde", [0.9, 0.3, 0.6, 0.1, 0.5], ["a", ["b", ["c", ["d", "e"]]]]),
    ("ab", [0.5, 0.5], ["a", "b"]),
    ("abc", [0.1, 0.2, 0.9], [["a", "b"], "c"]),
    ("a", [0.3], "a"),
])  # fmt: skip
def test_by_hand(tokens, distances, expected):
    assert syntax_tree(list(tokens), distances) == expected


def test_random_distances_give_the_recursive_tree():
    rng = np.random.default_rng(0)
    for length in range(1, 30):
        tokens, distances = [f"w{index}" for index in range(length)], rng.integers(0, 6, length) / 7
        tree = syntax_tree(tokens, distances)
        assert tree == recursive(tokens, list(distances))
        assert leaves(tree) == tokens and pairs(tree) == length - 1
        assert syntax_tree(tokens, np.exp(3 * distances) + 1) == tree       # only the order counts


@pytest.mark.parametrize("distances", [np.arange(5000), -np.arange(5000)], ids=["left", "right"])
def test_deep_trees(distances):
    text = bracketed(syntax_tree(["w"] * 5000, distances))
    assert text.count("[") == text.count("]") == 4999 and text.count("w") == 5000
    assert len(indented(syntax_tree(["w"] * 5000, distances)).split("\n")) == 5000


def test_text():
    tree = [[["苹果", "的"], ["颜色", "是"]], "什么"]
    assert bracketed(tree) == "[[[苹果 的] [颜色 是]] 什么]"
    assert indented(tree) == "┬─┬─┬─苹果\n│ │ └─的\n│ └─┬─颜色\n│   └─是\n└─什么"
    assert (bracketed("好"), indented("好")) == ("好", "好")


@pytest.mark.parametrize("distances", [[], [1.0, 2.0]])
def test_a_distance_for_each_token(distances):
    with pytest.raises(ValueError, match="expected a distance for each"):
        syntax_tree(["a"] if distances else [], distances)
