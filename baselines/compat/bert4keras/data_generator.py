"""DataGenerator: batches of a script's own data, in order or shuffled."""

from collections.abc import Iterator
from typing import Any

import numpy as np


class DataGenerator:
    """A subclass defines `__iter__(self, random=False)`, which loops over `self.sample(random)` and yields batches.

    data         a list, or an iterable of unknown length
    buffer_size  examples to shuffle among where the length is unknown
    """

    def __init__(self, data: Any, batch_size: int = 32, buffer_size: int | None = None):
        self.data, self.batch_size = data, batch_size
        self.steps = -(-len(data) // batch_size) if hasattr(data, "__len__") else None
        self.buffer_size = buffer_size or batch_size * 1000

    def __len__(self) -> int:
        return self.steps

    def sample(self, random: bool = False) -> Iterator[tuple[bool, Any]]:
        """Yields (whether it is the last one, example)."""
        examples = self._shuffled() if random else iter(self.data)
        current = next(examples)
        for following in examples:
            yield False, current
            current = following
        yield True, current

    def _shuffled(self):
        if self.steps is not None:
            for index in np.random.permutation(len(self.data)):
                yield self.data[index]
            return
        waiting, full = [], False
        for example in self.data:
            waiting.append(example)
            if full:
                yield waiting.pop(np.random.randint(len(waiting)))
            elif len(waiting) == self.buffer_size:
                full = True
        while waiting:
            yield waiting.pop(np.random.randint(len(waiting)))

    def __iter__(self, random: bool = False) -> Iterator:
        raise NotImplementedError

    def forfit(self, random: bool = True) -> Iterator:
        """Batches without end, for `model.fit`."""
        while True:
            yield from self.__iter__(random)

    def fortest(self, random: bool = False) -> Iterator:
        """The inputs of batches without end, for `model.predict`."""
        while True:
            for batch in self.__iter__(random):
                yield batch[0]

    def to_dataset(self, types: Any, shapes: Any, names: Any = None, padded_batch: bool = False) -> Any:
        """A tf.data.Dataset of the examples that `__iter__` yields one by one, in batches.

        Args:
            types: dtypes, nested as an example.
            shapes: Shapes, nested as an example.
            names: Names of inputs and outputs, nested as an example; examples then are dicts.
            padded_batch: Pad examples to the longest of a batch.
        """
        import tensorflow as tf

        def named(values: Any) -> Any:
            if names is None:
                return values
            if isinstance(names, str):
                return {names: values}
            if isinstance(names[0], str):
                return dict(zip(names, values, strict=True))
            return tuple(dict(zip(group, value, strict=True)) for group, value in zip(names, values, strict=True))

        def examples() -> Iterator:
            for example in self.forfit():
                yield named(example)

        types, shapes = named(types), named(shapes)
        if padded_batch:
            return tf.data.Dataset.from_generator(examples, output_types=types).padded_batch(self.batch_size, shapes)
        return tf.data.Dataset.from_generator(examples, output_types=types, output_shapes=shapes).batch(self.batch_size)
