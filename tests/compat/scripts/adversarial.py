#! -*- coding: utf-8 -*-
# graph mode. Adversarial training by a train_function of the script's own (FGM).

import sys
import json
import numpy as np
from bert4keras.backend import keras, K, search_layer
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding
from keras.layers import Lambda, Dense
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
bert = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', return_keras_model=False, dropout_rate=0.0)
output = Lambda(lambda x: x[:, 0])(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
output = classifier(output)
model = Model(bert.model.input, output)
K.set_value(classifier.kernel, np.random.RandomState(1).normal(size=(16, 2)) * 0.3)
model.compile(loss='sparse_categorical_crossentropy', optimizer=Adam(1e-2), metrics=['sparse_categorical_accuracy'])


def adversarial(model, name, epsilon):
    if model.train_function is None:
        model._make_train_function()
    old_train_function = model.train_function
    for output in model.outputs:
        layer = search_layer(output, name)
        if layer is not None:
            break
    embeddings = layer.embeddings
    gradients = K.gradients(model.total_loss, [embeddings])
    gradients = K.zeros_like(embeddings) + gradients[0]
    inputs = model._feed_inputs + model._feed_targets + model._feed_sample_weights
    embedding_gradients = K.function(inputs=inputs, outputs=[gradients], name='embedding_gradients')

    def train_function(inputs):
        grads = embedding_gradients(inputs)[0]
        delta = epsilon * grads / (np.sqrt((grads**2).sum()) + 1e-8)
        K.set_value(embeddings, K.eval(embeddings) + delta)
        outputs = old_train_function(inputs)
        K.set_value(embeddings, K.eval(embeddings) - delta)
        return outputs

    model.train_function = train_function


adversarial(model, 'Embedding-Token', 0.5)
encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来', u'天天好')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = np.array([[1], [0], [1]])


def batches():
    while True:
        yield x, y


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))


recorder = Recorder()
model.fit_generator(batches(), steps_per_epoch=1, epochs=4, callbacks=[recorder], verbose=0)
json.dump({'losses': recorder.losses, 'outputs': model.predict(x).tolist()}, open(result_path, 'w'))
