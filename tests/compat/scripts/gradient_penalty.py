#! -*- coding: utf-8 -*-
# graph mode. A loss with the gradient of the embeddings in it, and integrated gradients by K.function.

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


def sparse_categorical_crossentropy(y_true, y_pred):
    y_true = K.reshape(y_true, K.shape(y_pred)[:-1])
    y_true = K.cast(y_true, 'int32')
    y_true = K.one_hot(y_true, K.shape(y_pred)[-1])
    return K.categorical_crossentropy(y_true, y_pred)


def loss_with_gradient_penalty(y_true, y_pred, epsilon=1):
    loss = K.mean(sparse_categorical_crossentropy(y_true, y_pred))
    embeddings = search_layer(y_pred, 'Embedding-Token').embeddings
    gp = K.sum(K.gradients(loss, [embeddings])[0].values**2)
    return loss + 0.5 * epsilon * gp


model.compile(loss=loss_with_gradient_penalty, optimizer=Adam(1e-2), metrics=['sparse_categorical_accuracy'])
encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来', u'天天好')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = np.array([[1], [0], [1]])


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))


recorder = Recorder()
model.fit(x, y, epochs=4, batch_size=3, shuffle=False, callbacks=[recorder], verbose=0)

embedded = bert.model.get_layer('Embedding-Token-Segment').output
probability = Lambda(lambda x: x[:, 1])(model.output)
gradients = K.gradients(probability, [embedded])[0]
attribution = K.function(inputs=model.inputs, outputs=[K.sum(gradients**2, axis=2)])
json.dump({'losses': recorder.losses, 'outputs': attribution(x)[0].tolist()}, open(result_path, 'w'))
