#! -*- coding: utf-8 -*-
# What the eight scripts of this folder share: the model's files, invented texts, batches, and a callback that times epochs.

import sys
import json
import time
import numpy as np
from bert4keras.backend import keras
from bert4keras.tokenizers import Tokenizer
from bert4keras.snippets import sequence_padding, DataGenerator

folder, result_path, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3])
config_path = folder + '/bert_config.json'
checkpoint_path = folder + '/bert_model.ckpt'
maxlen, batch_size, steps = 48, 16, 12
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
state = np.random.RandomState(0)
characters = [token for token in tokenizer._token_dict if len(token) == 1]


def make_text(shortest=16, longest=46):
    """Some characters are frequent, as in a language."""
    places = state.zipf(1.3, size=state.randint(shortest, longest)) % len(characters)
    return u''.join(characters[i] for i in places)


texts = [make_text() for _ in range(steps * batch_size)]


class Batches(DataGenerator):
    """Batches of what `encode(example)` returns: inputs and labels of one row, lists of lists."""
    def __init__(self, data, encode, dims=None):
        super(Batches, self).__init__(data, batch_size)
        self.encode, self.dims = encode, dims or {}

    def __iter__(self, random=False):
        rows = []
        for is_end, example in self.sample(random):
            rows.extend(self.encode(example))
            if len(rows) == self.batch_size or is_end:
                columns = [self.padded(column, self.dims.get(i, 1)) for i, column in enumerate(zip(*rows))]
                yield self.batch(columns)
                rows = []

    def padded(self, column, dims):
        length = maxlen if dims == 1 and max(map(len, column)) > 2 else None  # one length: JAX compiles each length again
        return sequence_padding(column if dims == 1 else [np.array(row) for row in column], length, seq_dims=dims)

    def batch(self, columns):
        return columns[:-1], columns[-1]


class WithoutLabels(Batches):
    def batch(self, columns):
        return columns, None


class Clock(keras.callbacks.Callback):
    """Loss, processor time of all threads, and time of each epoch."""
    def __init__(self):
        super(Clock, self).__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.process_time(), time.time()

    def on_epoch_end(self, epoch, logs=None):
        cpu, wall = self.began
        self.epochs.append({'loss': float(logs['loss']), 'cpu': time.process_time() - cpu, 'wall': time.time() - wall})


def random_weights(layer, scale=0.05):
    """Numbers that do not depend on the library's random generator."""
    layer.set_weights([np.random.RandomState(1).normal(size=w.shape) * scale for w in layer.get_weights()])


def train(model, batches, **more):
    """Trains, and writes what the clock saw together with `more`, functions that are called behind the training."""
    clock = Clock()
    model.fit(batches.forfit(random=False), steps_per_epoch=steps, epochs=epochs, callbacks=[clock], verbose=0)
    results = {'epochs': clock.epochs}
    for name in more:
        results[name] = more[name]()
    json.dump(results, open(result_path, 'w'))
