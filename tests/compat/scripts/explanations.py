#! -*- coding: utf-8 -*-
# graph mode. Integrated gradients: which tokens a class depends on.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K, batch_gather
from bert4keras.layers import Layer
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from keras.layers import Lambda, Dense, Input
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
bert = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', return_keras_model=False, dropout_rate=0.0)
output = Lambda(lambda x: x[:, 0])(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
model = Model(bert.model.inputs, classifier(output))
K.set_value(classifier.kernel, np.random.RandomState(1).normal(size=(16, 2)) * 0.3)


class Gradient(Layer):
    """某个类别的概率对输入的梯度，乘以输入"""
    def __init__(self, **kwargs):
        super(Gradient, self).__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        x, output, label = inputs
        output = batch_gather(output, label)
        return K.gradients(output, [x])[0] * x

    def compute_output_shape(self, input_shape):
        return input_shape[0]


label_in = Input(shape=(1,))
x = model.get_layer('Embedding-Token').output
grads = Gradient()([x, model.output, label_in])
grads_model = Model(model.inputs + [label_in], grads)

embeddings = model.get_layer('Embedding-Token').embeddings
values = K.eval(embeddings)
token_ids, segment_ids = tokenizer.encode(u'今天天气不好')
predicted = model.predict([np.array([token_ids]), np.array([segment_ids])])[0]
label = int(predicted.argmax())
n, found = 5, []
for i in range(n):
    K.set_value(embeddings, 1.0 * i / (n - 1) * values)
    found.append(grads_model.predict([[token_ids], [segment_ids], [[label]]])[0])
K.set_value(embeddings, values)
scores = np.sqrt((np.array(found).mean(0)**2).sum(axis=1))
json.dump({'label': label, 'outputs': predicted.tolist(), 'scores': scores.tolist()}, open(result_path, 'w'))
