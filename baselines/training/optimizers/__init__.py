"""Optimizers, one per file: `optimizers/adamw.py` is `--optimizer adamw`, by its `OPTIMIZER = AdamW`.

Optimizers that Keras lacks or implements differently are Keras optimizers in rules/.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.plugins import discovery
from baselines.plugins.settings import make
from baselines.task import Recipe

FOLDER = Path(__file__).parent


def names() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(FOLDER, "OPTIMIZER")


def optimizer_class(name: str) -> type:
    """The dataclass of an optimizer's settings. Raises InputError for an unknown one."""
    return discovery.load(__name__, name, names(), "--optimizer").OPTIMIZER


def build_optimizer(recipe: Recipe, rate: Any, weights: Sequence, settings: Mapping[str, object] | Sequence = ()) -> Any:
    """The recipe's optimizer, built for `weights` with a rate or schedule; with fp16 it scales the loss."""
    import keras

    optimizer = make(optimizer_class(recipe.optimizer), recipe.optimizer, dict(settings)).build(recipe, rate, weights)
    optimizer.build(weights)
    if recipe.precision == "fp16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(weights)
    return optimizer


def schedule_of(optimizer: Any) -> Any:
    """The schedule that an optimizer follows: the one that `build` was given, unless it has its own."""
    return getattr(optimizer, "inner_optimizer", optimizer)._learning_rate


def weights_without_decay(recipe: Recipe, weights: Sequence) -> list:
    """The variables without weight decay, by the words of --no_decay in their paths, because names differ between backends."""
    words = [word.lower() for word in recipe.no_decay]
    return [weight for weight in weights if any(word in weight.path.lower() for word in words)]
