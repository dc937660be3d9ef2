#! -*- coding: utf-8 -*-
# Several devices: batches in parts, and a strategy's scope with a tf.data.Dataset.

import sys
import json
import numpy as np
import tensorflow as tf
from bert4keras.backend import keras, K
from bert4keras.models import build_transformer_model, data_parallel
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding, DataGenerator
from keras.layers import Lambda, Dense
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
train_data = [(u'今天天气好', 1), (u'我不好', 0), (u'天气不好我不来', 0), (u'好好好', 1)]


class data_generator(DataGenerator):
    def __iter__(self, random=False):
        for is_end, (text, label) in self.sample(False):
            token_ids, segment_ids = tokenizer.encode(text, maxlen=16)
            yield (token_ids, segment_ids), [label]


def build():
    bert = build_transformer_model(
        folder + '/bert_config.json', folder + '/bert_model.ckpt', num_hidden_layers=1, return_keras_model=False, dropout_rate=0.0
    )
    output = Lambda(lambda x: x[:, 0])(bert.model.output)
    classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
    model = Model(bert.model.inputs, classifier(output))
    classifier.set_weights([np.random.RandomState(1).normal(size=(16, 2)) * 0.3, np.zeros(2)])
    return model


encoded = [tokenizer.encode(text) for text, _ in train_data]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = np.array([[label] for _, label in train_data])
model = build()
train_model = data_parallel(model, devices=['/device:CPU:0', '/device:CPU:0'], parts=[1, 3])
train_model.compile(loss='sparse_categorical_crossentropy', optimizer=Adam(1e-2))
parallel = [float(train_model.train_on_batch(x, y)) for _ in range(3)]

with tf.distribute.MirroredStrategy(['/device:CPU:0']).scope():
    mirrored = build()
    mirrored.compile(loss='sparse_categorical_crossentropy', optimizer=Adam(1e-2), metrics=['sparse_categorical_accuracy'])


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))


recorder = Recorder()
dataset = data_generator(train_data, 4).to_dataset(
    types=(('float32', 'float32'), 'float32'), shapes=(([None], [None]), [1]), padded_batch=True
)
mirrored.fit(dataset, steps_per_epoch=1, epochs=3, callbacks=[recorder], verbose=0)
json.dump({'parallel': parallel, 'mirrored': recorder.losses, 'outputs': model.predict(x).tolist()}, open(result_path, 'w'))
