"""Updates whose weights are the same on every backend; as a program, writes those of KERAS_BACKEND to the .npz that is named."""

import sys

import keras
import numpy as np
import tiny

from baselines.losses.cross_entropy import cross_entropy
from baselines.training.steps import Steps
from baselines.training.strategies.child_tuning_d import ChildTuningD
from baselines.training.strategies.ema import Ema
from baselines.training.strategies.fgm import Fgm
from baselines.training.strategies.flooding import Flooding
from baselines.training.strategies.gradient_penalty import GradientPenalty
from baselines.training.strategies.lookahead import Lookahead
from baselines.training.strategies.spectral_norm import SpectralNorm

STRATEGIES = (                                                          # those that draw nothing
    Ema(momentum=0.9), Lookahead(k=2), ChildTuningD(p=0.5), Fgm(epsilon=0.1), SpectralNorm(factor=1e-3), GradientPenalty(),
    Flooding(b=0.1),
)  # fmt: skip


def twenty_updates():
    built = tiny.model()
    steps = tiny.steps(built, jit=True)
    for number in range(20):
        steps.train([tiny.batch(seed=number)])
    steps.sync()
    return tiny.weights(built)


def strategies():
    built = tiny.model()
    sgd = keras.optimizers.SGD(0.1)                                     # Adam makes much of differences between small gradients
    steps = Steps(built, cross_entropy, sgd, STRATEGIES, jit=False, full_pass=lambda: iter([tiny.batch(seed=50)]))
    for number in range(5):
        steps.train([tiny.batch(seed=number)])
    steps.sync()
    found = tiny.weights(built)
    with steps.scored_weights():
        steps.sync()
        return found | {f"scored/{path}": value for path, value in tiny.weights(built).items()}


COMPUTED = {"twenty_updates": (twenty_updates, 1e-5), "strategies": (strategies, 3e-5)}
"""name: (() -> {name: array}, how far two backends may be apart)."""


if __name__ == "__main__":
    np.savez(sys.argv[1], **{f"{name}|{path}": array for name, (run, _) in COMPUTED.items() for path, array in run().items()})
