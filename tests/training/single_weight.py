"""One weight and its optimizer, without a model and without compiling: shared by the tests of update rules."""

import keras
import numpy as np
from keras import ops

from baselines.task import Recipe
from baselines.training import optimizers


class Weight:
    """One weight and its optimizer, on which updates are called one by one."""

    def __init__(self, optimizer, value, name="kernel"):
        self.variable = keras.Variable(np.asarray(value, "float32"), name=name)
        self.optimizer = optimizer
        optimizer.build([self.variable])

    def after(self, *gradients):
        for gradient in gradients:
            self.optimizer.apply([ops.convert_to_tensor(np.asarray(gradient, "float32"))], [self.variable])
        return ops.convert_to_numpy(self.variable)

    def slot(self, name):
        return next(ops.convert_to_numpy(variable) for variable in self.optimizer.variables if variable.path.endswith(name))


def built(name, value, path="kernel", settings=(), rate=0.1, **recipe):
    """A Weight of the optimizer that flags would choose."""
    variable = Weight.__new__(Weight)
    variable.variable = keras.Variable(np.asarray(value, "float32"), name=path)
    variable.optimizer = optimizers.build_optimizer(Recipe(optimizer=name, **recipe), rate, [variable.variable], dict(settings))
    return variable


def near(found, expected, tolerance=2e-6):
    np.testing.assert_allclose(found, expected, atol=tolerance, rtol=0)
