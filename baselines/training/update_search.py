"""An update that is searched for by a score without a gradient: strategies/mgs.py around the compiled step of steps.py.

    before -> Steps.train -> after; guide = after - before
    n times: weights = before + D_i -> score          (D_i is redrawn from its seed, and never stored)
    weights = before + sum_i w_i D_i

The draws depend on the run's seed and the number of the update alone, so a resumed run searches as an uninterrupted one.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.layers import random_bits
from baselines.training import backends
from baselines.training.state import Position
from baselines.training.steps import Steps
from baselines.training.strategies.mgs import Mgs


class UpdateSearch:
    """Updates of a model by the scores of moves of its weights.

    Args:
        steps: The compiled steps of the model.
        settings: The strategy.
        seed: The run's.
        scorer: (epoch, update) -> a function that scores the current weights on the rows of this update, higher is better.
    """

    def __init__(self, steps: Steps, settings: Mgs, seed: int, scorer: Callable[[int, int], Callable[[], float]]):
        self.steps, self.settings, self.seed, self.scorer = steps, settings, seed, scorer
        self.sigma, self.noise = np.float32(settings.sigma), np.float32(settings.noise)
        self._moved, self._summed = compiled()

    def update(self, position: Position, batches: Sequence[dict]) -> dict:
        """One update from the micro-batches of a position, which is not changed.

        Returns:
            The logs of Steps.train, with "effective_sample_size" (1 to n) and "candidate_score", the mean score of the moves.
        """
        before = self.steps.weights()
        logs = self.steps.train(batches)
        after = self.steps.weights()
        rng = np.random.default_rng([self.seed, position.updates])
        alone = (rng.random(self.settings.n) < self.settings.noise).astype("float32")
        seeds = rng.integers(0, 2**31 - 1, (self.settings.n, 2)).astype("uint32")
        score, scores, densities = self.scorer(position.epoch, position.update), [], []
        for kind, seed in zip(alone, seeds, strict=True):
            weights, density = self._moved(before, after, kind, seed, self.sigma, self.noise)
            self.steps.replace_weights(weights)
            scores.append(score())
            densities.append(float(ops.convert_to_numpy(density)))
        scores = np.array(scores, np.float64)
        shares = shares_of_moves(-scores, np.array(densities), self.settings.alpha)
        if shares is None:
            chosen, shares = before, np.zeros(self.settings.n)
        elif self.settings.n > 1 and self.settings.ties == "guide" and all_alike(scores):
            chosen = after
        else:
            if all_alike(scores):
                shares = np.full(self.settings.n, 1 / self.settings.n)
            chosen = self._summed(before, after, alone, seeds, self.sigma, shares.astype("float32"))
        self.steps.replace_weights(chosen)
        size = float(1 / np.sum(shares**2)) if shares.any() else 0.0
        return logs | {"effective_sample_size": size, "candidate_score": float(np.mean(scores))}


@functools.cache
def compiled() -> tuple[Callable, Callable]:
    """`moved` and `summed`, compiled for the shapes that they are called with."""
    generator = keras.random.SeedGenerator(name="moves")
    compile_function = backends.current().compile_function
    return compile_function(functools.partial(moved, generator)), compile_function(functools.partial(summed, generator))


def moved(generator: Any, before: Sequence, after: Sequence, alone: Any, seed: Any, sigma: Any, noise: Any) -> tuple:
    """(weights + D, log q(D) but for a constant) of one move.

    Args:
        generator: SeedGenerator whose state the seed replaces.
        before: Weights.
        after: Weights after the optimizer's step.
        alone: 1.0 if the move is noise alone, else 0.0.
        seed: uint32 (2,).
        sigma: As in Mgs.
        noise: As in Mgs.
    """
    weights, to_zero, to_guide = [], 0.0, 0.0
    for old, guide, drawn in draws(generator, before, after, seed, sigma):
        weights.append(old + (1 - alone) * guide + drawn)
        # |D|^2 and |D - guide|^2 without |drawn|^2, which is the same for every move; in units of 2 sigma^2.
        size, between = ops.sum(guide * guide), ops.sum(guide * drawn)
        unit = 2 * sigma**2 * size / float(np.prod(guide.shape))
        unit = ops.where(unit > 0, unit, 1.0)
        to_zero = to_zero + (1 - alone) * (size + 2 * between) / unit
        to_guide = to_guide + alone * (size - 2 * between) / unit
    return weights, log_mixture(to_zero, to_guide, noise)


def summed(generator: Any, before: Sequence, after: Sequence, alone: Any, seeds: Any, sigma: Any, shares: Any) -> list:
    """weights + sum_i share_i D_i, of moves (n,) as in `moved`."""
    total = list(before)
    for number in range(shares.shape[0]):
        moves = draws(generator, before, after, seeds[number], sigma)
        share, kept = shares[number], 1 - alone[number]
        total = [so_far + share * (kept * guide + drawn) for so_far, (_, guide, drawn) in zip(total, moves, strict=True)]
    return total


def draws(generator: Any, before: Sequence, after: Sequence, seed: Any, sigma: Any) -> Iterator[tuple]:
    """Yields (old weight, guide, noise) of each weight; the norm of the noise is sigma times that of the guide."""
    with keras.StatelessScope([(generator.state, ops.cast(seed, generator.state.dtype))]):
        for old, new in zip(before, after, strict=True):
            guide, drawn = new - old, random_bits.normal(new.shape, generator)
            norm = ops.sqrt(ops.sum(guide * guide) / ops.maximum(ops.sum(drawn * drawn), 1e-30))
            yield old, guide, sigma * norm * drawn


def log_mixture(to_zero: Any, to_guide: Any, noise: float) -> Any:
    """Log density, but for a constant, of a draw from noise * N(0, sigma^2) + (1 - noise) * N(guide, sigma^2).

    Args:
        to_zero: Squared distance of the draw from 0, divided by 2 sigma^2.
        to_guide: The same from the guide.
        noise: From 0 to 1.
    """
    return ops.logaddexp(ops.log(noise) - to_zero, ops.log(1.0 - noise) - to_guide)


def shares_of_moves(losses: np.ndarray, densities: np.ndarray, alpha: float) -> np.ndarray | None:
    """Self-normalized importance weights softmax(-loss / alpha - log q) of moves.

    Args:
        losses: float64 (n,), lower is better; those that are not finite get no share.
        densities: float64 (n,), log q of each move, but for a constant.
        alpha: Temperature.

    Returns:
        float64 (n,), of sum 1; None if no loss is finite.
    """
    usable = np.isfinite(losses)
    if not usable.any():
        return None
    logits = np.where(usable, -np.where(usable, losses, 0) / alpha - densities, -np.inf)
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def all_alike(scores: np.ndarray) -> bool:
    """Whether all scores are the same finite number, so that only the densities would decide."""
    return bool(np.isfinite(scores).all() and np.ptp(scores) == 0)
