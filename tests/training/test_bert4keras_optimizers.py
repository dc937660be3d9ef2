"""Twelve updates against bert4keras' optimizers; where it errs there are worked numbers instead, see docs/optimizers.md."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from baselines.task import Recipe
from baselines.training import lazy_embeddings, optimizers, rate_factors, schedule

pytestmark = pytest.mark.keras
GOLDENS = np.load(Path(__file__).parent.parent / "goldens" / "optimizers" / "goldens.npz")
FACTORED = {"adafactor.min_dim_size_to_factor": 2}
DECAY = {"weight_decay": 0.1, "no_decay": ("bias",)}
EXACT = {"adam.epsilon": 1e-12, "adamw.epsilon": 1e-12}                 # Keras has epsilon at another place
CASES = {
    # case of the goldens: (optimizer, settings, recipe)
    "adam": ("adam", EXACT, {}),
    "adamw": ("adamw", EXACT, DECAY),
    "lamb": ("lamb", {"lamb.no_adaptation": ["bias"]}, DECAY),
    "lion": ("lion", {}, {"learning_rate": 0.001, **DECAY}),
    "adafactor": ("adafactor", {}, {}),
    "adafactor-factored": ("adafactor", FACTORED, {}),
    "adafactor-beta_1": ("adafactor", {"adafactor.beta_1": 0.9, **FACTORED}, {}),
    "adafactor-beta_2": ("adafactor", {"adafactor.beta_2": 0.99, "adafactor.clipping_threshold": 0.0, **FACTORED}, {}),
    "adafactor-plain": ("adafactor", {"adafactor.scale": False}, {}),
    "adafactor-no_scale": ("adafactor", {"adafactor.no_scale": ["bias"]}, {}),
    "adafactor-relative": ("adafactor", {"adafactor.relative_step": True, "adafactor.scale": False}, {}),
    "points": ("adam", EXACT, {"schedule": "4:1,8:0.1"}),
    "factors": ("adam", EXACT, {"rate_factors": ("bias=3", "ernel=0.5")}),
    "lazy": ("adam", EXACT, {"lazy_embeddings": True}),
}


def trajectory(optimizer, settings, recipe):
    plain = {"learning_rate": 0.01, "schedule": "constant", "warmup": 0.0, "weight_decay": 0.0}
    recipe = Recipe(optimizer=optimizer, **{**plain, **recipe})
    names = {"kernel": "kernel/embeddings", "bias": "out/bias"}         # a table, for the lazy case
    weights = {}
    for name, path in names.items():
        with keras.name_scope(path.partition("/")[0]):
            weights[name] = keras.Variable(GOLDENS[f"start/{name}"], name=path.partition("/")[2])
    paths = [weight.path for weight in weights.values()]
    stages = [*rate_factors.build_rate_factors(recipe, paths), *lazy_embeddings.build_lazy_embeddings(recipe, paths)]
    built = optimizers.build_optimizer(recipe, schedule.build_schedule(recipe, 100), list(weights.values()), settings)
    found = {name: [] for name in weights}
    for number in range(12):
        gradients = [ops.convert_to_tensor(GOLDENS[f"gradients/{name}"][number]) for name in weights]
        before = {weight.path: ops.convert_to_tensor(ops.convert_to_numpy(weight)) for weight in weights.values()}
        built.apply(gradients, list(weights.values()))
        for stage in stages:
            after = {weight.path: ops.convert_to_tensor(weight.value) for weight in weights.values()}
            after = stage.after_update(before, after, dict(zip(paths, gradients, strict=True)), None)
            for weight in weights.values():
                weight.assign(after[weight.path])
        for name, weight in weights.items():
            found[name].append(ops.convert_to_numpy(weight).copy())
    return {name: np.stack(values) for name, values in found.items()}


@pytest.mark.parametrize("case", CASES)
def test_twelve_updates_as_in_bert4keras(case):
    for name, values in trajectory(*CASES[case]).items():
        np.testing.assert_allclose(values, GOLDENS[f"{case}/{name}"], atol=2e-6, rtol=0, err_msg=name)
