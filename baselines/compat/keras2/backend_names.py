"""`keras.backend` as scripts know it: Keras 3 keeps the module, Keras 2's functions are added to it."""

import keras

from baselines.compat.keras2 import array_functions, graph_functions, loss_functions


def install() -> None:
    """Adds the functions that are missing."""
    named = {name: array_functions.on_values(function) for name, function in array_functions.SAME.items()}
    named |= loss_functions.FUNCTIONS
    named |= {each.__name__: each for each in (*array_functions.FUNCTIONS, *graph_functions.FUNCTIONS)}
    named["eval"] = graph_functions.get_value
    for name, function in named.items():
        setattr(keras.backend, name, function)
