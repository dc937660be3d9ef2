"""Learning rates per weight, `--rate_factors Classifier=100 --layer_decay 0.9`: the step of each weight is multiplied.

Layer decay: Sun et al., 2019, arXiv:1905.05583; factors by word: kexue.fm/archives/6418.
"""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from baselines.errors import InputError, nearest
from baselines.task import Recipe
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class RateFactors(Strategy):
    """Multiplies the step of weights, decay included, with any optimizer. factors   {path: number}"""

    factors: Mapping[str, float]

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        scaled = {path: weights[path] + factor * (updated[path] - weights[path]) for path, factor in self.factors.items()}
        return updated | scaled


def parse(words: Sequence[str]) -> dict[str, float]:
    """{word: factor} of ("WORD=FACTOR", …). Raises InputError."""
    factors = {}
    for text in words:
        word, _, factor = text.rpartition("=")
        try:
            factors[word] = float(factor)
        except ValueError:
            factors[word] = math.nan
        if not word or not 0 < factors[word] < math.inf:
            raise InputError(f"--rate_factors: cannot read {text!r}. Write WORD=FACTOR, a number above 0: Classifier=100.")
    return factors


def factors_by_word(words: Sequence[str], paths: Sequence[str]) -> dict[str, float]:
    """{path: product of the factors whose words it contains}. Raises InputError for a word that is in no path."""
    factors, by_path = parse(words), {}
    for word, factor in factors.items():
        matching = [path for path in paths if word in path]
        if not matching:
            parts = {part for path in paths for part in path.split("/")}
            raise InputError(f"--rate_factors: no weight of this model has {word!r} in its path. {nearest(word, parts)}")
        by_path |= {path: by_path.get(path, 1.0) * factor for path in matching}
    return by_path


def factors_by_layer(decay: float, paths: Sequence[str]) -> dict[str, float]:
    """{path: factor}: 1 for the last block and what is above it, `decay` times less for each block below, least for embeddings.

    The blocks of an encoder and of a decoder are counted each by themselves.
    """
    matches = {path: re.match(r"(|Encoder-|Decoder-)(?:Transformer-(\d+)-|Embedding-)", path) for path in paths}
    depths = {path: (match[1], int(match[2] or -1)) for path, match in matches.items() if match}
    tops = {side: max(depth for other, depth in depths.values() if other == side) for side, _ in depths.values()}
    tops[""] = max(tops.values(), default=0)                            # both sides share a table of tokens
    return {path: decay ** (tops[side] - depth) for path, (side, depth) in depths.items()}


def build_rate_factors(recipe: Recipe, paths: Sequence[str]) -> list:
    """[RateFactors], or [] where every weight has the same rate."""
    by_word, by_layer = factors_by_word(recipe.rate_factors, paths), factors_by_layer(recipe.layer_decay, paths)
    factors = {path: by_word.get(path, 1.0) * by_layer.get(path, 1.0) for path in paths}
    factors = {path: factor for path, factor in factors.items() if factor != 1}
    return [RateFactors(factors)] if factors else []
