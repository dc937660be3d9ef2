#! -*- coding: utf-8 -*-
# graph mode. BERT-of-Theseus: two models step by step, one of which takes the other's place.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import Layer
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam, AdaFactor
from bert4keras.snippets import sequence_padding
from keras.layers import Lambda, Dense, Input
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)


class Mean(Layer):
    """The middle of two models' vectors, in place of a random choice."""
    def call(self, inputs):
        source, target = inputs
        mask = K.ones_like(source[:, :1, :1]) * 0.5
        return mask * source + (1 - mask) * target

    def compute_output_shape(self, input_shape):
        return input_shape[1]


def theseus(predecessor, successor, classifier):
    inputs = predecessor.inputs
    for layer in predecessor.model.layers:
        layer.trainable = False
    first = predecessor.apply_embeddings(inputs)
    second = successor.apply_embeddings(inputs)
    outputs = Mean()([first, second])
    times = predecessor.num_hidden_layers // successor.num_hidden_layers
    for index in range(successor.num_hidden_layers):
        first = outputs
        for sub_index in range(times):
            first = predecessor.apply_main_layers(first, times * index + sub_index)
        second = successor.apply_main_layers(outputs, index)
        outputs = Mean()([first, second])
    return Model(inputs, classifier(outputs))


options = dict(config_path=folder + '/bert_config.json', checkpoint_path=folder + '/bert_model.ckpt', return_keras_model=False,
               dropout_rate=0.0)
predecessor = build_transformer_model(prefix='Predecessor-', **options)
successor = build_transformer_model(prefix='Successor-', num_hidden_layers=1, ignore_invalid_weights=True, **options)
x_in = Input(shape=(None, 16))
x = Lambda(lambda x: x[:, 0])(x_in)
x = Dense(2, activation='softmax', kernel_initializer=successor.initializer, name='Classes')(x)
classifier = Model(x_in, x)
classifier.get_layer('Classes').set_weights([np.random.RandomState(1).normal(size=(16, 2)) * 0.3, np.zeros(2)])
model = theseus(predecessor, successor, classifier)
model.compile(loss='sparse_categorical_crossentropy', optimizer=AdaFactor(learning_rate=1e-2, min_dim_size_to_factor=8))

encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来', u'天天好')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = np.array([[1], [0], [1]])
losses = [float(model.train_on_batch(x, y)) for _ in range(4)]
json.dump({'losses': losses, 'outputs': model.predict(x).tolist()}, open(result_path, 'w'))
