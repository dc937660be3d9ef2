"""Keras 2's ways in models: symbolic losses and metrics, generators, nested lists, and losses that look back at the graph."""

import functools
from typing import Any

import keras
import numpy as np
from keras.src.models.functional import Functional

from baselines.compat.keras2.generators import arrays, batches, is_generator
from baselines.compat.keras2.layer_ways import add_loss as layer_add_loss
from baselines.compat.keras2.layer_ways import add_metric as layer_add_metric
from baselines.compat.keras2.notices import translated
from baselines.compat.keras2.recorded import is_symbolic
from baselines.compat.keras2.train_functions import fit_with_function, inside
from baselines.runtime import backends

REPLACED = ("compile", "fit", "predict", "evaluate", "compute_loss", "train_on_batch")
_original = {name: getattr(keras.Model, name) for name in REPLACED}
OLD_COMPILE = ("sample_weight_mode", "target_tensors", "experimental_run_tf_function", "options", "run_metadata")


@keras.saving.register_keras_serializable(package="baselines")
class Attached(keras.layers.Layer):
    """[output, loss or metric] -> output; adds the other to the model's losses or to its log."""

    def __init__(self, metric: str | None = None, **options: Any):
        super().__init__(**options)
        self.metric = metric

    def call(self, inputs: Any) -> Any:
        output, value = inputs
        if self.metric is None:
            self.add_loss(value)
        else:
            self.add_metric(value, self.metric)
        return output

    def compute_output_spec(self, inputs: Any) -> Any:
        if self.metric is not None:
            self.add_metric(0.0, self.metric)
            self.metrics[0].reset_state()
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[0] if mask else None

    def get_config(self) -> dict:
        return {**super().get_config(), "metric": self.metric}


def _attach(model, value, metric=None):
    """Rebuilds a functional model in place, so that it computes `value` beside its first output."""
    first, *others = model.outputs
    outputs = [Attached(metric)([first, value]), *others]
    inputs = list(model.inputs)
    model.__init__(inputs if len(inputs) > 1 else inputs[0], outputs if others else outputs[0], name=model.name)


def add_loss(self: keras.Model, losses: Any, inputs: Any = None) -> None:
    """Adds a loss, symbolic as in Keras 2, or computed in a call as in Keras 3."""
    if not is_symbolic(losses):
        layer_add_loss(self, losses)
        return
    translated("model.add_loss(symbolic loss)", "a layer of the model that adds it")
    for loss in keras.tree.flatten(losses):
        _attach(self, loss)


def add_metric(self: keras.Model, value: Any, name: str | None = None, aggregation: str | None = "mean") -> None:
    """Adds a number to the log, symbolic as in Keras 2, or computed in a call."""
    if not is_symbolic(value):
        layer_add_metric(self, value, name)
        return
    translated("model.add_metric(symbolic metric)", "a layer of the model that measures it")
    _attach(self, value, name or value.name)


def compile_model(self: keras.Model, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, **options: Any) -> None:
    """As in Keras 3, compiled the way this library compiles: XLA only where it pays."""
    for name in OLD_COMPILE:
        if options.pop(name, None) is not None:
            translated(f"compile({name}=…)", "left out")
    if options.get("jit_compile", "auto") == "auto":
        options["jit_compile"] = backends.current().jit_pays() and not options.get("run_eagerly")
    if loss is None:
        self._compile_loss = None
    _original["compile"](self, optimizer, loss=loss, metrics=metrics, **options)
    self.__dict__["script_train_function"] = None


def compute_loss(
    self: keras.Model, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
) -> Any:
    """As in Keras 3; in a loss function a prediction still leads back to its layer, for `search_layer(y_pred, name)`."""
    for symbol, tensor in zip(getattr(self, "outputs", None) or [], keras.tree.flatten(y_pred), strict=False):
        try:
            tensor._keras_history = symbol._keras_history
        except AttributeError:                                          # JAX's tracers take no attributes
            break
    return _original["compute_loss"](self, x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)


def predict(
    self: keras.Model, x: Any, batch_size: int | None = None, verbose: Any = 0, steps: int | None = None, **options: Any
) -> Any:
    """As in Keras 3, silent unless asked; a single batch of arrays takes the short way."""
    for name in ("max_queue_size", "workers", "use_multiprocessing"):
        options.pop(name, None)
    x = batches(x, self) if is_generator(x) else arrays(x)
    leaves = keras.tree.flatten(x) if isinstance(x, (list, tuple, dict, np.ndarray)) else []
    if leaves and all(isinstance(leaf, np.ndarray) for leaf in leaves) and not options and steps is None and verbose in (0, False):
        if len(leaves[0]) <= (batch_size or 32):
            return self.predict_on_batch(x)
    return _original["predict"](self, x, batch_size=batch_size, verbose=verbose, steps=steps, **options)


def evaluate(self: keras.Model, x: Any = None, y: Any = None, *args: Any, **options: Any) -> Any:
    """As in Keras 3; generators may yield lists."""
    return _original["evaluate"](self, batches(x, self) if is_generator(x) else arrays(x), arrays(y), *args, **options)


def predict_generator(self: keras.Model, generator: Any, steps: int | None = None, **options: Any) -> Any:
    """`predict` with a generator."""
    translated("predict_generator", "predict")
    return self.predict(generator, steps=steps, verbose=options.get("verbose", 0))


def evaluate_generator(self: keras.Model, generator: Any, steps: int | None = None, **options: Any) -> Any:
    """`evaluate` with a generator."""
    translated("evaluate_generator", "evaluate")
    return self.evaluate(generator, steps=steps, verbose=options.get("verbose", 0))


class StateSync(keras.callbacks.Callback):
    """On JAX, puts the weights back into their variables before a script's callbacks look at them."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        assert self.model is not None                                   # reading it is what synchronizes


def fit(self: keras.Model, x: Any = None, y: Any = None, *args: Any, **options: Any) -> Any:
    """As in Keras 3; options of Keras 2's queues are left out, and a `train_function` of the script's own is used."""
    for name in ("max_queue_size", "workers", "use_multiprocessing"):
        if options.pop(name, None) is not None:
            translated(f"fit({name}=…)", "left out")
    if getattr(self, "script_train_function", None) is not None:
        return fit_with_function(self, x, y, *args, **options)
    callbacks = options.get("callbacks")
    if keras.backend.backend() == "jax" and not isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks] * bool(callbacks)
        options["callbacks"] = [StateSync(), *callbacks]
    validation = options.get("validation_data")
    if validation is not None:
        options["validation_data"] = batches(validation, self) if is_generator(validation) else tuple(map(arrays, validation))
    if is_generator(x):
        x, options["shuffle"] = batches(x, self), False
    with inside(self):
        return _original["fit"](self, arrays(x), arrays(y), *args, **options)


def fit_generator(self: keras.Model, generator: Any, steps_per_epoch: int | None = None, epochs: int = 1, **options: Any) -> Any:
    """`fit` with a generator."""
    translated("fit_generator", "fit")
    return self.fit(generator, steps_per_epoch=steps_per_epoch, epochs=epochs, **options)


def train_on_batch(self: keras.Model, x: Any, y: Any = None, *args: Any, **options: Any) -> Any:
    """As in Keras 3; lists of numbers are arrays."""
    with inside(self):
        return _original["train_on_batch"](self, arrays(x), arrays(y), *args, **options)


def install() -> None:
    """Adds these ways to `keras.Model`."""
    for function in (fit, predict, evaluate, compute_loss, train_on_batch):
        setattr(keras.Model, function.__name__, functools.wraps(_original[function.__name__])(function))
    keras.Model.compile = functools.wraps(_original["compile"])(compile_model)
    for function in (add_loss, add_metric, predict_generator, evaluate_generator, fit_generator):
        setattr(keras.Model, function.__name__, function)
    Functional.add_loss = add_loss
    keras.Model.script_train_function = None
