"""What `extend_with_…` adds to a class of optimizers: mixins that change the step which the class below them made.

Each sees the weight before the step and after it, the gradient and the rate. All extensions of one class share `Extension`, which
is in the class's bases once.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras.backend import piecewise_linear
from baselines.compat.bert4keras.dense_gradients import DenseGradients
from baselines.compat.bert4keras.snippets import string_matching
from baselines.compat.keras2.notices import translated


class Extension(DenseGradients):
    """The part that all extensions of a class share: it runs once, and asks each of them, the innermost first.

    ARGUMENTS   {name: default} that an extension takes out of the class's arguments and stores
    """

    ARGUMENTS = {}

    def __init__(self, *args: Any, **kwargs: Any):
        given = {name: kwargs.pop(name, default) for name, default in self.own_arguments().items()}
        super().__init__(*args, **kwargs)
        for name, value in given.items():
            setattr(self, name, value)

    @classmethod
    def extensions(cls) -> list[type]:
        """The extensions of a class, the innermost first."""
        return [each for each in reversed(cls.__mro__) if issubclass(each, Extension) and "ARGUMENTS" in vars(each)]

    @classmethod
    def own_arguments(cls) -> dict[str, Any]:
        """{argument: default} of all extensions of a class."""
        return {name: default for each in cls.extensions() for name, default in each.ARGUMENTS.items()}

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One weight's step."""
        before = ops.add(variable, 0.0)                                 # a copy: convert_to_tensor keeps TensorFlow's variables
        super().update_step(gradient, variable, learning_rate)
        after, index = ops.add(variable, 0.0), self._get_variable_index(variable)
        for extension in self.extensions():
            if "moved" in vars(extension):
                after = extension.moved(self, index, before, after, gradient, learning_rate)
        self.assign(variable, after)

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        """The weight after the step of the class below, changed."""
        return after

    def path(self, index: int) -> str:
        """The name of a weight, such as Embedding-Token/embeddings, as patterns in scripts expect it."""
        return self._trainable_variables[index].path.replace("MLM-Bias/bias", "MLM-Bias/beta")

    def get_config(self) -> dict:
        """The arguments, for saved models."""
        return super().get_config() | {name: getattr(self, name) for name in self.own_arguments()}


class WeightDecay(Extension):
    """Weights also shrink by rate * weight_decay_rate, but those whose name a regular expression of the exclusions finds."""

    ARGUMENTS = {"weight_decay_rate": 0.01, "exclude_from_weight_decay": ()}

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        if string_matching(self.path(index), self.exclude_from_weight_decay):
            return after
        return after - ops.cast(rate, after.dtype) * self.weight_decay_rate * before


class LayerAdaptation(Extension):
    """A weight's step is as long as the weight, times the rate: You et al., 2019, arXiv:1904.00962."""

    ARGUMENTS = {"exclude_from_layer_adaptation": ()}

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        if string_matching(self.path(index), self.exclude_from_layer_adaptation):
            return after
        step, rate = after - before, ops.maximum(ops.cast(rate, after.dtype), keras.config.epsilon())
        weight, length = _length(before), _length(step / rate)
        ratio = ops.where(ops.logical_and(weight > 0, length > 0), weight / ops.maximum(length, 1e-30), 1.0)
        return before + step * ratio


def _length(x):
    return ops.sqrt(ops.sum(ops.square(x)))


class PiecewiseLinear(Extension):
    """{1000: 1, 2000: 0.1}: the rate rises from 0 to all of it in 1000 updates, falls to a tenth, and stays there."""

    ARGUMENTS = {"lr_schedule": {0: 1}}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.lr_schedule = {int(step): factor for step, factor in self.lr_schedule.items()}

    def _get_current_learning_rate(self):
        return super()._get_current_learning_rate() * piecewise_linear(self._iterations, self.lr_schedule)


class GradientAccumulation(Extension):
    """Weights move every grad_accum_steps batches, by the mean gradient; in bert4keras they move one batch later."""

    ARGUMENTS = {"grad_accum_steps": 2}

    def __init__(self, *args: Any, **kwargs: Any):
        translated("extend_with_gradient_accumulation", "Keras 3's gradient_accumulation_steps, which moves one batch earlier")
        steps = kwargs.pop("grad_accum_steps", 2)
        super().__init__(*args, gradient_accumulation_steps=steps if steps > 1 else None, **kwargs)
        self.grad_accum_steps = steps

    def get_config(self) -> dict:
        """The arguments, for saved models."""
        config = super().get_config()
        config.pop("gradient_accumulation_steps", None)
        return config


class Slotted(Extension):
    """An extension that keeps one more number per weight; SLOT is its name."""

    def build(self, variables: Sequence) -> None:
        """Makes the slots."""
        if self.built:
            return
        super().build(variables)
        for name in [vars(each)["SLOT"] for each in self.extensions() if "SLOT" in vars(each)]:
            setattr(self, f"{name}_slots", [self.add_variable_from_reference(variable, name) for variable in variables])


class Lookahead(Slotted):
    """Every k updates the weights step back towards slow ones, which start as the weights; in bert4keras they start at 0."""

    ARGUMENTS = {"steps_per_slow_update": 5, "slow_step_size": 0.5}
    SLOT = "slow"

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        slot = self.slow_slots[index]
        slow = ops.where(self.iterations == 0, before, ops.add(slot, 0.0))
        back = (self.iterations + 1) % self.steps_per_slow_update == 0
        slow = ops.where(back, slow + self.slow_step_size * (after - slow), slow)
        self.assign(slot, slow)
        return ops.where(back, slow, after)


class LazyOptimization(Extension):
    """Rows of the included weights stay where they are in batches that give them no gradient."""

    ARGUMENTS = {"include_in_lazy_optimization": ()}

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        if not string_matching(self.path(index), self.include_in_lazy_optimization):
            return after
        return ops.where(ops.any(ops.not_equal(gradient, 0.0), axis=-1, keepdims=True), after, before)


class MovingAverage(Slotted):
    """Keeps the exponential moving average of the weights, which `apply_ema_weights` puts in their place for a while."""

    ARGUMENTS = {"ema_momentum": 0.999}
    SLOT = "ema"

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        slot = self.ema_slots[index]
        self.assign(slot, slot * self.ema_momentum + after * (1.0 - self.ema_momentum))
        return after

    def apply_ema_weights(self, bias_correction: bool = True) -> None:
        """Sets the weights to their average, which by default is free of its start at 0."""
        self.old_weights = [ops.convert_to_numpy(variable) for variable in self._trainable_variables]
        scale = 1.0 - np.power(self.ema_momentum, int(self.iterations)) if bias_correction else 1.0
        for variable, slot in zip(self._trainable_variables, self.ema_slots, strict=True):
            variable.assign(ops.convert_to_numpy(slot) / scale)

    def reset_old_weights(self) -> None:
        """Sets the weights to what they were before `apply_ema_weights`."""
        for variable, old in zip(self._trainable_variables, self.old_weights, strict=True):
            variable.assign(old)


class ParameterWise(Extension):
    """{name: factor}: steps of weights whose path contains the name are multiplied."""

    ARGUMENTS = {"paramwise_lr_schedule": {}}

    def moved(self, index: int, before: Any, after: Any, gradient: Any, rate: Any) -> Any:
        factors = [factor for name, factor in self.paramwise_lr_schedule.items() if name in self.path(index)]
        return before + (after - before) * float(np.prod(factors)) if factors else after
