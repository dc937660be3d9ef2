"""Something added to what one layer of a model gives, from outside: to differentiate by its output, such as each token's vector."""

import contextlib

from keras import ops


def layer_of(model, path):
    """The layer that holds the weight of that path, wherever in the model it is."""
    holding = [layer for layer in model._flatten_layers() if path in (weight.path for weight in layer.weights)]
    return min(holding, key=lambda layer: len(layer.weights))           # the innermost one


@contextlib.contextmanager
def shifted_output(layer, shift):
    """Within, calls of `layer` give their output plus `shift`, reshaped; those with reverse=True (a tied output layer) do not."""
    call = layer.call

    def shifted(*inputs, reverse=False):
        if reverse:
            return call(*inputs, reverse=True)
        output = call(*inputs)
        return output + ops.cast(ops.reshape(shift, ops.shape(output)), output.dtype)

    layer.call = shifted
    try:
        yield
    finally:
        del layer.call
