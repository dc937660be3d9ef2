"""TensorFlow: updates as graphs, compiled by XLA unless told otherwise."""

import tensorflow as tf

from baselines.training.backends.variable_steps import VariableSteps


def value_and_gradients(function, values):
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        value, aux = function(values)
    gradients = tape.gradient(value, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    # Embedding gradients come as slices whose repeated rows are not yet summed: dense, so that squares and norms are right.
    return (value, aux), [tf.convert_to_tensor(gradient) for gradient in gradients]


class BackendSteps(VariableSteps):
    def read(self, variables):
        # Not ops.convert_to_tensor: that gives the variable itself, which is read again after it was assigned.
        return [tf.convert_to_tensor(variable.value) for variable in variables]

    def compiled(self, function, jit):
        return tf.function(function, jit_compile=jit, autograph=False)
