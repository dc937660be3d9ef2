"""`model.train_function` as in Keras 2.3: a function of a flat list, which scripts wrap for adversarial training.

    model._make_train_function()
    old = model.train_function                         inputs, targets and sample weights -> [loss, metrics …]
    K.gradients(model.total_loss, [embeddings])        symbolic, of the graph from model._feed_inputs + … to the loss
    model.train_function = new                         `fit` then calls it for every batch

The steps inside are compiled; between them the script moves arrays itself, as it did.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.keras2.notices import translated
from baselines.errors import InputError


def make_train_function(self: keras.Model) -> None:
    """Keras 2's `_make_train_function`: nothing is left to do."""
    translated("model._make_train_function()", "a function around train_on_batch")


def _feeds(model):
    """(targets, sample weights, total loss) of a compiled model, symbolic; made once per compilation."""
    if getattr(model, "_script_feeds", (None,))[0] is not model._compile_config:
        if not model.compiled:
            raise InputError("model.total_loss: the model is not compiled. Call model.compile first.")
        targets = [] if model.loss is None else [_target(model.loss, output) for output in model.outputs]
        weights = [keras.Input(()) for _ in targets]
        total = TotalLoss(model)(list(model.inputs), targets)
        model.__dict__["_script_feeds"] = (model._compile_config, targets, weights, total)
    return model._script_feeds[1:]


def _target(loss, output):
    """The input for the targets of an output; class numbers are (B, …, 1), as Keras 2 had them."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", getattr(loss, "name", ""))
    rank = len(output.shape)
    return keras.Input((None,) * (rank - 2) + ((1,) if "sparse" in str(name) else (None,)) if rank > 1 else ())


class TotalLoss(keras.Operation):
    """(inputs, targets) -> the loss that training minimizes, of a forward pass without dropout."""

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model

    def call(self, inputs: list, targets: list) -> Any:
        outputs = self.model(inputs if len(inputs) > 1 else inputs[0], training=False)
        targets = targets if len(targets) != 1 else targets[0]
        losses = [] if self.model._compile_loss is None else [self.model._compile_loss(targets, outputs)]
        return ops.sum(ops.stack([*losses, *self.model.losses]))

    def compute_output_spec(self, inputs: list, targets: list) -> Any:
        return keras.KerasTensor((), keras.config.floatx())


class FlatTrainFunction:
    """[inputs, targets, sample weights] -> [loss, metrics …], one update."""

    def __init__(self, model: keras.Model):
        self.model = model

    def __call__(self, values: list) -> list:
        count = len(self.model.inputs)
        x, rest = values[:count], [value for value in values[count:] if np.ndim(value)]
        y = rest[0] if rest else None
        result = self.model.train_on_batch(x if count > 1 else x[0], y, return_dict=False)
        return list(result) if isinstance(result, (list, tuple)) else [result]


def fit_with_function(
    model: keras.Model, x: Any, y: Any = None, batch_size: int = 32, epochs: int = 1, verbose: Any = 1, callbacks: Any = None,
    steps_per_epoch: int | None = None, initial_epoch: int = 0, shuffle: bool = True, **options: Any,
) -> Any:  # fmt: skip
    """`fit` that calls the script's own train_function for every batch."""
    validation = options.pop("validation_data", None)
    left = {name: value for name, value in options.items() if value is not None}
    if left:
        raise InputError(f"fit with a train_function of the script's own takes no {', '.join(left)}. Leave them out.")
    batches, steps = _batches(x, y, batch_size, shuffle) if y is not None or isinstance(x, (list, np.ndarray)) else (iter(x), None)
    steps = steps_per_epoch or steps or len(x)
    running = keras.callbacks.CallbackList(
        callbacks, add_history=True, add_progbar=bool(verbose), verbose=verbose, epochs=epochs, steps=steps, model=model
    )
    model.stop_training = False
    running.on_train_begin()
    logs = {}
    for epoch in range(initial_epoch, epochs):
        seen = []
        running.on_epoch_begin(epoch)
        for step in range(steps):
            values = _flat(*next(batches)[:2])
            running.on_train_batch_begin(step)
            logs = _logs(model, model.script_train_function(values))
            seen.append((len(values[0]), logs))
            running.on_train_batch_end(step, logs)
            if model.stop_training:
                break
        logs = _mean_logs(seen)
        if validation is not None:
            found = model.evaluate(*validation, verbose=0, return_dict=True)
            logs |= {f"val_{name}": float(value) for name, value in found.items()}
        running.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    running.on_train_end(logs)
    return model.history


def _flat(inputs, targets):
    inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    targets = [] if targets is None else list(targets) if isinstance(targets, (list, tuple)) else [targets]
    inputs, targets = [np.asarray(each) for each in inputs], [np.asarray(each) for each in targets]
    return inputs + targets + [np.ones(len(each), "float32") for each in targets]


def _logs(model, outputs):
    names = ["loss", *(name for name in model.get_metrics_result() if name != "loss")]
    values = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return {name: float(value) for name, value in zip(names, values, strict=False)}


def _mean_logs(seen):
    """The logs of an epoch from [(rows, logs of a batch)]: as in Keras 2, the mean over rows."""
    sizes = [rows for rows, _ in seen]
    return {name: float(np.average([batch[name] for _, batch in seen], weights=sizes)) for name in seen[0][1]}


def _batches(x, y, batch_size, shuffle):
    inputs = x if isinstance(x, (list, tuple)) else [x]
    count = len(inputs[0])

    def forever():
        while True:
            order = np.random.permutation(count) if shuffle else np.arange(count)
            for start in range(0, count, batch_size):
                rows = order[start : start + batch_size]
                yield [np.asarray(each)[rows] for each in inputs], None if y is None else np.asarray(y)[rows]

    return forever(), -(-count // batch_size)


@contextlib.contextmanager
def inside(model: keras.Model) -> Iterator[None]:
    """While Keras itself trains: `model.train_function` is its own compiled step, not the script's function."""
    before = model.__dict__.get("_keras_trains", False)
    model.__dict__["_keras_trains"] = True
    try:
        yield
    finally:
        model.__dict__["_keras_trains"] = before


def _get_train_function(self):
    if self.__dict__.get("_keras_trains") or not self.compiled:
        return self.__dict__.get("_own_train_function")
    return self.script_train_function or FlatTrainFunction(self)


def _set_train_function(self, function):
    if function is None or self.__dict__.get("_keras_trains"):
        self.__dict__["_own_train_function"] = function
        return
    translated("model.train_function = …", "fit calls it for every batch")
    self.__dict__["script_train_function"] = function


def install() -> None:
    """Adds these names to `keras.Model`."""
    model = keras.Model
    model._make_train_function = make_train_function
    model._feed_inputs = property(lambda self: list(self.inputs))
    model._feed_targets = property(lambda self: list(_feeds(self)[0]))
    model._feed_sample_weights = property(lambda self: list(_feeds(self)[1]))
    model.total_loss = property(lambda self: _feeds(self)[2])
    model.train_function = property(_get_train_function, _set_train_function)
