"""What strategies remember between updates, as Keras variables: they are threaded, saved and resumed like dropout seeds."""

import keras


class StrategyState:
    """The variables of all strategies of a run, and the seed of their random numbers, in one list.

    weights   {path: NumPy array} that training starts from
    survey    see Strategy.start
    """

    def __init__(self, strategies, weights, survey=None):
        self.variables, self.places = [], []
        self.generator = keras.random.SeedGenerator(name="strategies") if strategies else None
        if self.generator:
            self.variables.append(self.generator.state)
        for strategy in strategies:
            names = {}
            for name, value in strategy.start(weights, survey).items():
                names[name] = len(self.variables)
                variable = keras.Variable(value, dtype=value.dtype.name, trainable=False, name="memory")
                self.variables.append(variable)
            self.places.append(names)


class StrategyStateView:
    """One strategy's memory within an update: a mapping from names to arrays, read from and written to the threaded state."""

    def __init__(self, passes, places, offset):
        self.passes, self.places, self.offset = passes, places, offset

    def __getitem__(self, name):
        return self.passes.state[self.offset + self.places[name]]

    def __setitem__(self, name, value):
        place = self.offset + self.places[name]
        state = self.passes.state
        self.passes.state = [*state[:place], value, *state[place + 1 :]]     # a new list: others may hold the old one

    def __contains__(self, name):
        return name in self.places
