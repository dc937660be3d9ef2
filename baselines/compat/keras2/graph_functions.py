"""Variables, functions and gradients of graphs that Keras 2 had in `keras.backend`.

K.gradients(loss, variables)
    symbolic loss   an operation that runs the loss's graph once more and differentiates it: on every backend
    traced loss     in a loss function or a layer, by `tf.gradients`: with TensorFlow only, for JAX cannot look back
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.keras2.gradients import graph_variables, symbolic_gradients
from baselines.compat.keras2.notices import refused, translated
from baselines.compat.keras2.recorded import is_symbolic
from baselines.errors import InputError
from baselines.runtime import backends


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: Any = None) -> keras.Variable:
    """A variable that starts as `value`."""
    array = np.asarray(value, dtype or keras.config.floatx())
    return keras.Variable(array, dtype=array.dtype.name, name=name)


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: str | None = None, sparse: bool = False, name: str | None = None
) -> Any:
    """An input of a graph."""
    return keras.Input(batch_shape=shape if shape is not None else [None] * ndim, dtype=dtype, name=name)


def get_value(x: Any) -> np.ndarray:
    """The numbers of a variable or a tensor."""
    if is_symbolic(x):
        raise InputError(f"K.eval: {x.name} is symbolic and has no value. Use K.function(inputs, outputs) and give it arrays.")
    return ops.convert_to_numpy(x)


def batch_get_value(tensors: Sequence) -> list[np.ndarray]:
    """The numbers of several variables."""
    return [get_value(tensor) for tensor in tensors]


def set_value(x: Any, value: Any) -> None:
    """Gives a variable other numbers."""
    x.assign(value)


def batch_set_value(tuples: Sequence) -> None:
    """Gives several variables other numbers: pairs (variable, value)."""
    for each, value in tuples:
        each.assign(value)


def update(x: Any, new_x: Any) -> Any:
    """Assigns, in graphs too, and returns the new value."""
    x.assign(new_x)
    return ops.convert_to_tensor(x)


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable."""
    return update(x, ops.convert_to_tensor(x) + increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable."""
    return update(x, ops.convert_to_tensor(x) - decrement)


class Function:
    """What `K.function` returns: arrays in, arrays out."""

    def __init__(self, inputs: Sequence, outputs: Any, name: str | None = None):
        self.single = not isinstance(outputs, (list, tuple))
        self.places = [index for index, each in enumerate(inputs) if is_symbolic(each)]
        inputs, outputs = [inputs[place] for place in self.places], [outputs] if self.single else list(outputs)
        self.model = keras.Model(inputs, outputs, name=name)

    def __call__(self, inputs: Sequence) -> Any:
        given = [inputs[place] for place in self.places]
        given = [np.asarray(each) if isinstance(each, (list, tuple)) else each for each in given]
        given = given if len(given) > 1 else given[0]
        if keras.backend.backend() == "jax":                            # predict would keep the weights that it was compiled with
            outputs = keras.tree.map_structure(ops.convert_to_numpy, self._compiled()(given))
        else:
            outputs = self.model.predict_on_batch(given)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        return outputs[0] if self.single else outputs

    @functools.cache  # noqa: B019 - lives as long as the function
    def _compiled(self) -> Callable:
        def run(state: tuple, given: Any) -> tuple:
            return self.model(given, training=False), state

        compiled = backends.current().compile_function(run, graph_variables(self.model))
        return lambda given: compiled((), given)[0]


def function(inputs: Sequence, outputs: Any, updates: Any = None, name: str | None = None, **options: Any) -> Function:
    """A compiled function from the values of inputs to those of outputs; learning phases among the inputs count as 0."""
    if updates:
        raise refused("K.function with updates", "Use model.train_on_batch, or assign to variables in a layer's call.")
    translated("K.function(inputs, outputs)", "a compiled keras.Model")
    return Function(inputs, outputs, name)


def gradients(loss: Any, variables: Any) -> Any:
    """The gradients of a loss: a list, or one for one variable."""
    single = not isinstance(variables, (list, tuple))
    wanted = [variables] if single else list(variables)
    if is_symbolic(loss):
        found = symbolic_gradients(loss, wanted)
    else:
        found = _traced_gradients(loss, wanted)
    return found[0] if single else found


def _traced_gradients(loss, variables):
    advice = "Use a strategy of ours: `--strategies gradient_penalty` or `vat`, or KERAS_BACKEND=tensorflow."
    if keras.backend.backend() != "tensorflow":
        raise refused(f"K.gradients of a computed loss with {keras.backend.backend()}", advice)
    import tensorflow as tf

    if tf.executing_eagerly():
        raise refused("K.gradients outside of a compiled step", "Use tf.GradientTape, or a loss function of model.compile.")
    translated("K.gradients in a loss", "tf.gradients in the compiled step")
    found = tf.gradients(loss, [each.value if isinstance(each, keras.Variable) else each for each in variables])
    return found


def learning_phase() -> int:
    """0: whether a model trains is an argument of its call, not a state."""
    return 0


def set_learning_phase(value: int) -> None:
    """Does nothing: `fit` trains, `predict` does not."""
    translated("K.set_learning_phase", "nothing: fit trains, predict does not")


@keras.saving.register_keras_serializable(package="baselines")
class TrainPhase(keras.layers.Layer):
    """[x, alt] -> x while training, else alt."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return inputs[0] if training else inputs[1]

    def compute_output_spec(self, inputs: Any, training: bool | None = None) -> Any:
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x while training, else alt; both may be functions without arguments."""
    if training is None and not is_symbolic(x, alt):
        training = keras.layers.Layer()._get_call_context().training
    if training is None and not callable(x) and is_symbolic(x, alt):
        return TrainPhase()([x, alt])
    chosen = x if training else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x unless training, else alt."""
    return in_train_phase(alt, x, training)


def get_session() -> None:
    """Raises InputError: there are no sessions."""
    raise refused("K.get_session()", "Leave sessions out: functions run at once, and K.function compiles.")


def set_session(session: Any) -> None:
    """Does nothing: there are no sessions, and GPU memory grows as it is needed."""
    translated("K.set_session", "nothing: there are no sessions")


def symbolic(function: Any) -> Any:
    """The function itself."""
    return function


FUNCTIONS = (
    variable, placeholder, get_value, batch_get_value, set_value, batch_set_value, update, update_add, update_sub, function,
    gradients, learning_phase, set_learning_phase, in_train_phase, in_test_phase, get_session, set_session, symbolic,
)  # fmt: skip
