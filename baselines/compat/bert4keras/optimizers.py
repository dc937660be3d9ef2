"""bert4keras.optimizers: Adam, AdaFactor, Lion, and the extensions that change an optimizer's class."""

import functools
from collections.abc import Callable
from typing import Any

from baselines.compat.bert4keras import optimizer_extensions as extensions
from baselines.compat.bert4keras.backend import K, is_tf_keras, keras, piecewise_linear
from baselines.compat.bert4keras.backend import root_mean_square as rms
from baselines.compat.bert4keras.dense_gradients import DenseGradients
from baselines.compat.bert4keras.snippets import insert_arguments, is_one_of, is_string, string_matching
from baselines.training.optimizers.rules import adafactor
from baselines.training.optimizers.rules.decoupled import Decoupled
from baselines.training.schedule import RelativeStep

ops = keras.ops
REEXPORTED = (K, insert_arguments, is_one_of, is_string, is_tf_keras, piecewise_linear, rms, string_matching)
"""What bert4keras.optimizers has from other modules."""


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class Adam(DenseGradients, Decoupled):
    """Adam whose epsilon is added after bias correction; without `bias_correction` as in BERT's own code."""

    SETTINGS = ("beta_1", "beta_2", "epsilon", "bias_correction")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = 1e-6,
        bias_correction: bool = True, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.bias_correction = beta_1, beta_2, bias_correction
        self.epsilon = epsilon or keras.config.epsilon()

    def add_slots(self, variables: Any) -> None:
        self.means, self.squares = self.slots(variables, "mean"), self.slots(variables, "square")

    def new_weight(self, index: int, weight: Any, gradient: Any, rate: Any) -> Any:
        mean, square = self.means[index], self.squares[index]
        mean = self.assign_value(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        square = self.assign_value(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
        if self.bias_correction:
            mean = mean / (1 - ops.power(self.beta_1, self.update_number))
            square = square / (1 - ops.power(self.beta_2, self.update_number))
        return weight - rate * mean / (ops.sqrt(square) + self.epsilon)


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class Lion(DenseGradients, keras.optimizers.Lion):
    """Lion with the values for language."""

    def __init__(self, learning_rate: Any = 3e-4, beta_1: float = 0.95, beta_2: float = 0.98, **kwargs: Any):
        super().__init__(learning_rate, beta_1, beta_2, **kwargs)


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class AdaFactor(DenseGradients, adafactor.Adafactor):
    """Our AdaFactor under bert4keras' arguments; learning_rate=None for steps relative to the number of updates."""

    def __init__(
        self, learning_rate: Any = 1e-3, beta1: float = 0.0, beta2: float | None = None, epsilon1: float = 1e-30,
        epsilon2: float = 1e-3, multiply_by_parameter_scale: bool = True, clipping_threshold: float | None = 1.0,
        min_dim_size_to_factor: int = 128, exclude_from_parameter_scale: Any = None, **kwargs: Any,
    ):  # fmt: skip
        if learning_rate is None:
            learning_rate = RelativeStep(1.0 if multiply_by_parameter_scale else 0.05)
        super().__init__(
            learning_rate, beta1, beta2 or 0.0, epsilon1, epsilon2, multiply_by_parameter_scale,
            exclude_from_parameter_scale or (), clipping_threshold or 0.0, min_dim_size_to_factor, **kwargs,
        )  # fmt: skip
        self.given = {
            "beta1": beta1, "beta2": beta2, "epsilon1": epsilon1, "epsilon2": epsilon2,
            "multiply_by_parameter_scale": multiply_by_parameter_scale, "clipping_threshold": clipping_threshold,
            "min_dim_size_to_factor": min_dim_size_to_factor, "exclude_from_parameter_scale": exclude_from_parameter_scale,
        }  # fmt: skip

    def get_config(self) -> dict:
        config = keras.optimizers.Optimizer.get_config(self)
        return {name: value for name, value in config.items() if name != "weight_decay"} | self.given


AdaFactorBase = AdaFactorV1 = AdaFactorV2 = AdaFactor
LionV2 = Lion


def export_to_custom_objects(base_extend_with: Callable) -> Callable:
    """Decorator of a function from a class of optimizers to another: names it on request, and registers it with Keras."""

    @functools.wraps(base_extend_with)
    def extended(BaseOptimizer: type, name: str | None = None) -> type:  # noqa: N803
        new = base_extend_with(BaseOptimizer)
        new.__name__ = name if isinstance(name, str) else new.__name__
        keras.utils.get_custom_objects()[new.__name__] = new
        return new

    return extended


def _extension(mixin: type, summary: str) -> Callable:
    def extend(BaseOptimizer: type) -> type:  # noqa: N803
        return type("NewOptimizer", (mixin, BaseOptimizer), {"__doc__": mixin.__doc__})

    extend.__doc__ = summary
    return export_to_custom_objects(extend)


extend_with_weight_decay = _extension(extensions.WeightDecay, "A class with decoupled weight decay.")
extend_with_layer_adaptation = _extension(extensions.LayerAdaptation, "A class whose steps are relative to weights, as LAMB's.")
extend_with_piecewise_linear_lr = _extension(extensions.PiecewiseLinear, "A class with a piecewise linear learning rate.")
extend_with_gradient_accumulation = _extension(extensions.GradientAccumulation, "A class that accumulates gradients.")
extend_with_lookahead = _extension(extensions.Lookahead, "A class with slow weights.")
extend_with_lazy_optimization = _extension(extensions.LazyOptimization, "A class that moves only rows with a gradient.")
extend_with_exponential_moving_average = _extension(extensions.MovingAverage, "A class that averages the weights.")
extend_with_parameter_wise_lr = _extension(extensions.ParameterWise, "A class with a factor for each weight.")
extend_with_weight_decay_v2 = extend_with_weight_decay
extend_with_layer_adaptation_v2 = extend_with_layer_adaptation
extend_with_piecewise_linear_lr_v2 = extend_with_piecewise_linear_lr
extend_with_gradient_accumulation_v2 = extend_with_gradient_accumulation
extend_with_lookahead_v2 = extend_with_lookahead
extend_with_lazy_optimization_v2 = extend_with_lazy_optimization
extend_with_exponential_moving_average_v2 = extend_with_exponential_moving_average
extend_with_parameter_wise_lr_v2 = extend_with_parameter_wise_lr


def _registered():
    objects = {"Adam": Adam, "AdaFactor": AdaFactor}
    keras.utils.get_custom_objects().update(objects)
    return objects


custom_objects = _registered()
