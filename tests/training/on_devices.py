"""Trains on one and on several simulated devices; prints the largest differences as JSON, for test_devices.py.

KERAS_BACKEND=jax python on_devices.py FOLDER         from this folder, with the repository on PYTHONPATH
"""

import json
import os
import pathlib
import sys

os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tiny  # noqa: E402

from baselines.task import Recipe  # noqa: E402
from baselines.training import backends, devices  # noqa: E402
from baselines.training.state import Position, load_state, save_state  # noqa: E402
from baselines.training.steps import to_float  # noqa: E402
from baselines.training.strategies.ema import Ema  # noqa: E402
from baselines.training.strategies.fgm import Fgm  # noqa: E402
from baselines.training.strategies.gradient_penalty import GradientPenalty  # noqa: E402

JAX = keras.backend.backend() == "jax"
def micro_batches(seed):
    """Two of 8 rows; of 8 devices four, and of 2 one, have nothing but padding of the second."""
    first, second = (tiny.batch(rows=8, seed=2 * seed + number) for number in range(2))
    second["weights"][4:] = 0
    return [first, second]


def trained(count, strategies=(), batches=None, dropout=0.0, model_parallel=1, save=None, load=None, **changes):
    """{name: array} of losses, norms, weights, and predictions with the weights to score: two updates or, from a state, one."""
    devices.spread(Recipe(devices=count, model_parallel=model_parallel))
    built = tiny.model(dropout)
    steps = tiny.steps(built, strategies, **changes)
    batches = batches or [micro_batches(seed) for seed in range(2)]
    found = {}
    if load:
        load_state(load, built, steps.optimizer, steps.strategy_state.variables)
        steps.reset()
    for number, update in enumerate(batches):
        if load and number == 0:
            continue
        logs = {name: to_float(value) for name, value in steps.train(update).items()}
        found |= {f"{name} {number}": value for name, value in logs.items()}
        if save and number == 0:
            steps.sync()
            save_state(save, built, steps.optimizer, Position(), steps.strategy_state.variables)
    steps.sync()
    found |= tiny.weights(built)
    with steps.scored_weights():
        outputs, totals, counts = steps.evaluate(tiny.batch(rows=8))
        found |= {"logits": outputs["logits"], "totals": totals, "counts": counts}
    return found


def difference(first, second):
    """The largest one between arrays of the same name; of all names that `second` has."""
    assert second.keys() <= first.keys()
    return max(float(np.abs(np.asarray(first[name]) - np.asarray(second[name])).max()) for name in second)


def main(folder):
    state, found = pathlib.Path(folder) / "state.safetensors", {}
    if not JAX:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})         # as in conftest.py

    single = [[micro_batches(seed)[1]] for seed in range(2)]
    several = "8" if JAX else "2"                                       # TensorFlow builds a graph for each device

    # JAX compiles one program and cuts it, whatever it computes: second derivatives need not be compiled for 8 devices.
    strategies = (Ema(0.9), Fgm()) if JAX else (Ema(0.9), Fgm(), GradientPenalty())
    everything = {"strategies": strategies, "clip_norm": 0.1, "dropout": 0.3 if JAX else 0.0}
    one, many = trained("one", **everything), trained(several, save=state, **everything)
    found["strategies, accumulated, clipped"] = difference(one, many)
    other = {"count": "4", "model_parallel": 2} if JAX else {"count": "one"}
    found["resumed on others"] = difference(one, trained(load=state, **other, **everything))

    keras.config.set_dtype_policy("mixed_bfloat16")
    half = {"batches": single, "precision": "bf16"}
    found["bf16"] = difference(trained("one", **half), trained(several, **half))
    if not JAX:
        strategy = tf.distribute.get_strategy()
        seeds = strategy.run(lambda: backends.devices().own_seed(tf.constant([5, 7], "int64"), 1))
        found["seeds"] = [seed.numpy().tolist() for seed in strategy.experimental_local_results(seeds)]
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
