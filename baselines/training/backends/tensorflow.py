"""TensorFlow: updates as graphs, compiled by XLA unless jit is off."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from baselines.training.backends import step_compiler, tensorflow_adam
from baselines.training.backends import tensorflow_devices as devices
from baselines.training.backends.tensorflow_graphs import AnyLengthGraph
from baselines.training.recompute import wait_for


def value_and_gradients(function: Callable, values: Sequence, by_rows: bool = False) -> tuple:
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value, aux = function(values)
    gradients = tape.gradient(value, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    # Embedding gradients come as slices whose repeated rows are not yet summed: dense, so that squares and norms are right.
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
    return (value, aux), devices.share(gradients) if by_rows else devices.mean(gradients)


def sum_of_squares(arrays: Sequence) -> Any:
    """The sum of the squares of all numbers in some arrays, float32 ()."""
    return 2 * tf.add_n([tf.nn.l2_loss(tf.cast(array, tf.float32)) for array in arrays])


def compile_function(function: Callable) -> Callable:
    """A function of arrays, as a graph."""
    return tf.function(function, autograph=False)


def total(array: Any) -> Any:
    """The sum over the devices that share a batch. Each of them computes the whole loss, so the gradients' mean is the gradient."""
    return devices.total(array)


def checkpoint(function: Callable, weights: Sequence, arrays: Sequence, constants: Sequence) -> list:
    """function(weights, arrays, constants) -> list of arrays, computed again for its gradient, which leaves out `constants`.

    Not tf.recompute_grad: that has no second derivative.
    """
    split = len(weights)

    @tf.custom_gradient
    def outputs(*values):
        def gradients(*incoming):
            wanted = [number for number, gradient in enumerate(incoming) if gradient is not None and gradient.dtype.is_floating]
            incoming = [incoming[number] for number in wanted]
            again = [*map(tf.identity, values[:split]), *wait_for(incoming, values[split:])]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(again)
                second = function(again[:split], again[split:], wait_for(incoming, constants))
                second = [second[number] for number in wanted]
            gradients = tape.gradient(second, again, incoming, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            return gradients[:split] + wait_for(gradients[:split], gradients[split:])

        return tuple(function(list(values[:split]), list(values[split:]), constants)), gradients

    return list(outputs(*weights, *arrays))


def serves_any_length(model: keras.Model, jit: bool) -> bool:
    """Whether one graph takes batches of every length. XLA compiles for sizes, and so do several devices and some layers."""
    needs_length = any(getattr(layer, "needs_length", False) for layer in model.layers)
    return devices.shares() == 1 and not jit and not needs_length


class StepCompiler(step_compiler.StepCompiler):
    """Graphs, compiled by XLA with `jit`; with several devices plain graphs, because XLA compiles for one."""

    def compile(self, function: Callable, any_rows: bool = False) -> Callable:
        model = self.objective.model
        if serves_any_length(model, self.jit):
            return AnyLengthGraph(function, model, any_rows)
        if devices.shares() == 1:
            return tf.function(function, jit_compile=self.jit, autograph=False)
        strategy = tf.distribute.get_strategy()
        return tf.function(lambda *arguments: strategy.run(function, arguments), autograph=False)

    def update(self, function: Callable) -> Callable:
        return devices.take_first(super().update(function))

    def prediction(self, function: Callable, any_rows: bool = False) -> Callable:
        compiled = super().prediction(function, any_rows)
        return lambda *arguments: devices.concatenate_rows(compiled(*arguments))

    def read(self, variables: Sequence) -> list:
        # Not ops.convert_to_tensor: that gives the variable itself, which is read again after it was assigned.
        return [tf.convert_to_tensor(variable.value) for variable in variables]

    def assign(self, variables: Sequence, values: Sequence) -> None:
        if devices.replica():
            devices.assign(variables, values)
        else:
            super().assign(variables, values)

    def optimize(self, gradients: Sequence) -> None:
        if devices.shares() == 1 and tensorflow_adam.applies_to(self.optimizer):
            return tensorflow_adam.apply(self.optimizer, gradients, self.objective.weights)
        # They are the same on every device, and Keras adds them up.
        super().optimize(devices.share(gradients))

    def place(self, batch: dict) -> Any:
        return devices.shard_batch(batch)

    def seeds_of_device(self, state: Sequence, back: bool = False) -> list:
        """Dropout differs between devices; what strategies draw for weights does not."""
        model = self.objective.model.non_trainable_variables
        seeds = [variable.path.endswith("seed_generator_state") for variable in model] + [False] * (len(state) - len(model))
        sign = -1 if back else 1
        return [devices.own_seed(value, sign) if seed else value for value, seed in zip(state, seeds, strict=True)]
