"""Make goldens.npz: where bert4keras 0.11.5's optimizers take two weights in 12 updates, for test_bert4keras_optimizers.py.

In an environment of its own, with `pip install tensorflow-cpu tf-keras` and `pip install --no-deps bert4keras==0.11.5`:

    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/optimizers/make_bert4keras_optimizers.py

start/kernel, start/bias          the weights before: float32 (6, 5), (5,); row 2 of kernel gets no gradient in updates 3 and 5
gradients/kernel, gradients/bias  (12, 6, 5), (12, 5)
<case>/kernel, <case>/bias        the weights after each update, (12, …)
"""

import pathlib

import numpy as np
import tensorflow as tf
from bert4keras.backend import keras

keras.optimizers.Optimizer = keras.optimizers.legacy.Optimizer          # the class of that name when bert4keras was written
from bert4keras import optimizers  # noqa: E402

HERE = pathlib.Path(__file__).parent
UPDATES = 12
exact = {"epsilon": 1e-12}                                              # Keras has epsilon at another place
decayed = {"weight_decay_rate": 0.1, "exclude_from_weight_decay": ["bias"]}
lamb = optimizers.extend_with_layer_adaptation(optimizers.extend_with_weight_decay(optimizers.Adam))
CASES = {
    "adam": lambda: optimizers.Adam(0.01, **exact),
    "adamw": lambda: optimizers.extend_with_weight_decay(optimizers.Adam)(0.01, **exact, **decayed),
    "lamb": lambda: lamb(0.01, exclude_from_layer_adaptation=["bias"], **decayed),
    "lion": lambda: optimizers.extend_with_weight_decay(optimizers.Lion)(0.001, **decayed),
    "adafactor": lambda: optimizers.AdaFactor(0.01),
    "adafactor-factored": lambda: optimizers.AdaFactor(0.01, min_dim_size_to_factor=2),
    "adafactor-beta_1": lambda: optimizers.AdaFactor(0.01, beta1=0.9, min_dim_size_to_factor=2),
    "adafactor-beta_2": lambda: optimizers.AdaFactor(0.01, beta2=0.99, clipping_threshold=None, min_dim_size_to_factor=2),
    "adafactor-plain": lambda: optimizers.AdaFactor(0.01, multiply_by_parameter_scale=False),
    "adafactor-no_scale": lambda: optimizers.AdaFactor(0.01, exclude_from_parameter_scale=["bias"]),
    "adafactor-relative": lambda: optimizers.AdaFactor(None, multiply_by_parameter_scale=False),
    "points": lambda: optimizers.extend_with_piecewise_linear_lr(optimizers.Adam)(0.01, **exact, lr_schedule={4: 1, 8: 0.1}),
    "factors": lambda: optimizers.extend_with_parameter_wise_lr(optimizers.Adam)(
        0.01, **exact, paramwise_lr_schedule={"bias": 3, "ernel": 0.5}
    ),
    "lazy": lambda: optimizers.extend_with_lazy_optimization(optimizers.Adam)(
        0.01, **exact, include_in_lazy_optimization=["kernel"]
    ),
}


def trajectory(optimizer, start, gradients):
    weights = {name: tf.Variable(value, name=name) for name, value in start.items()}
    after = {name: [] for name in start}
    for number in range(UPDATES):
        optimizer.apply_gradients([(tf.constant(gradients[name][number]), weights[name]) for name in weights])
        for name, weight in weights.items():
            after[name].append(weight.numpy())
    return {name: np.stack(values) for name, values in after.items()}


def main():
    rng = np.random.default_rng(7302)
    start = {"kernel": rng.normal(0, 0.5, (6, 5)).astype("float32"), "bias": np.zeros(5, "float32")}
    gradients = {name: rng.normal(0, 1, (UPDATES, *value.shape)).astype("float32") for name, value in start.items()}
    gradients["kernel"][[3, 5], 2] = 0
    arrays = {f"start/{name}": value for name, value in start.items()}
    arrays |= {f"gradients/{name}": value for name, value in gradients.items()}
    for case, make in CASES.items():
        arrays |= {f"{case}/{name}": value for name, value in trajectory(make(), start, gradients).items()}
    np.savez_compressed(HERE / "goldens.npz", **arrays)


if __name__ == "__main__":
    main()
