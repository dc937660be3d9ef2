"""Keras' Adam and AdamW with one operation per weight: a graph of half as many operations, and no temporary copies of weights."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


def applies_to(optimizer: Any) -> bool:
    """Whether `apply` does what the optimizer's own `apply` does: the same formulas on the same variables."""
    own_gradients = (optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm, optimizer.loss_scale_factor)
    plain = type(optimizer) in (keras.optimizers.Adam, keras.optimizers.AdamW) and not optimizer.amsgrad
    return plain and not any(own_gradients) and not optimizer.use_ema and not optimizer.gradient_accumulation_steps


def apply(optimizer: Any, gradients: Sequence, variables: Sequence) -> None:
    """An update of the variables by dense gradients.

    Args:
        optimizer: Adam or AdamW, built.
        gradients: float32, of the shapes of the variables.
        variables: Keras variables that the optimizer was built with.
    """
    rate, update = tf.cast(optimizer.learning_rate, tf.float32), tf.cast(optimizer.iterations.value + 1, tf.float32)
    beta_1, beta_2, epsilon = (tf.constant(value, tf.float32) for value in (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon))
    powers = tf.pow(beta_1, update), tf.pow(beta_2, update)
    decay = rate * optimizer.weight_decay if optimizer.weight_decay else None
    for gradient, variable in zip(gradients, variables, strict=True):
        index, weight = optimizer._get_variable_index(variable), variable.value
        if decay is not None and optimizer._use_weight_decay(variable):
            with tf.control_dependencies([gradient]):                   # or all products would be ready before the forward pass
                weight.assign_sub(weight * decay, read_value=False)
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle, m=optimizer._momentums[index].value.handle, v=optimizer._velocities[index].value.handle,
            beta1_power=powers[0], beta2_power=powers[1], lr=rate, beta1=beta_1, beta2=beta_2, epsilon=epsilon, grad=gradient,
        )  # fmt: skip
    optimizer.iterations.assign_add(1)
