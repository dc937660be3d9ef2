#! -*- coding: utf-8 -*-
# graph mode. Virtual adversarial training: a train_function that asks the model itself for its targets.

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
from keras.utils import to_categorical

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
bert = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', return_keras_model=False, dropout_rate=0.0)
output = Lambda(lambda x: x[:, 0])(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
model = Model(bert.model.inputs, classifier(output))
K.set_value(classifier.kernel, np.random.RandomState(1).normal(size=(16, 2)) * 0.3)
model.compile(loss='kullback_leibler_divergence', optimizer=Adam(1e-2), metrics=['categorical_accuracy'])
random = np.random.RandomState(2)


def l2_normalize(x):
    return x / (np.sqrt((x**2).sum()) + 1e-8)


def virtual_adversarial_training(model, embedding_name, epsilon=1, xi=10, iters=1):
    if model.train_function is None:
        model._make_train_function()
    old_train_function = model.train_function
    embeddings = search_layer(model.outputs[0], embedding_name).embeddings
    gradients = K.gradients(model.total_loss, [embeddings])
    gradients = K.zeros_like(embeddings) + gradients[0]
    inputs = model._feed_inputs + model._feed_targets + model._feed_sample_weights
    model_outputs = K.function(inputs=inputs, outputs=model.outputs, name='model_outputs')
    embedding_gradients = K.function(inputs=inputs, outputs=[gradients], name='embedding_gradients')

    def train_function(inputs):
        outputs = model_outputs(inputs)
        inputs = inputs[:2] + outputs + inputs[3:]
        delta1, delta2 = 0.0, random.randn(*K.int_shape(embeddings))
        for _ in range(iters):
            delta2 = xi * l2_normalize(delta2)
            K.set_value(embeddings, K.eval(embeddings) - delta1 + delta2)
            delta1 = delta2
            delta2 = embedding_gradients(inputs)[0]
        delta2 = epsilon * l2_normalize(delta2)
        K.set_value(embeddings, K.eval(embeddings) - delta1 + delta2)
        outputs = old_train_function(inputs)
        K.set_value(embeddings, K.eval(embeddings) - delta2)
        return outputs

    model.train_function = train_function


encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来', u'天天好')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = to_categorical([1, 0, 1], 2)
losses = [model.train_on_batch(x, y)[0] for _ in range(2)]
virtual_adversarial_training(model, 'Embedding-Token', epsilon=0.5)


def batches():
    while True:
        yield [each[:2] for each in x], y[:2]
        yield [each[2:] for each in x], y[2:]


class Recorder(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        losses.extend([logs['loss'], logs['categorical_accuracy']])


model.fit(batches(), steps_per_epoch=2, epochs=3, callbacks=[Recorder()], verbose=0)
json.dump({'losses': [float(loss) for loss in losses], 'outputs': model.predict(x).tolist()}, open(result_path, 'w'))
