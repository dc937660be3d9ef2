"""Optimizers, one per file: `optimizers/adamw.py` is `--optimizer adamw`, by its `build(recipe, rate, weights) -> optimizer`."""

from pathlib import Path

from baselines import registry

FOLDER = Path(__file__).parent


def names():
    """{name: what it is}."""
    return registry.offered(FOLDER, "build")


def build(recipe, rate, weights):
    """The recipe's optimizer, built for `weights` with a rate or schedule; with fp16 it scales the loss."""
    import keras

    optimizer = registry.load(__name__, recipe.optimizer, names(), "--optimizer").build(recipe, rate, weights)
    if recipe.precision == "fp16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(weights)
    return optimizer
