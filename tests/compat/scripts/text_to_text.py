#! -*- coding: utf-8 -*-
# graph mode. T5 and mT5: a text from another one, with encoder and decoder apart while decoding.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding, AutoRegressiveDecoder
from keras.models import Model

folder, result_path = sys.argv[1:3]
config = dict(vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, attention_head_size=6,
              intermediate_size=24, dropout_rate=0.0)


class CrossEntropy(Loss):
    """交叉熵作为loss，并mask掉padding部分"""
    def compute_loss(self, inputs, mask=None):
        y_true, y_pred = inputs
        y_true = y_true[:, 1:]
        y_mask = K.cast(mask[1], K.floatx())[:, 1:]
        y_pred = y_pred[:, :-1]
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        return K.sum(loss * y_mask) / K.sum(y_mask)


def randomize(model):
    for layer in model.layers:
        state = np.random.RandomState(sum(map(ord, layer.name)))
        layer.set_weights([state.normal(size=w.shape) * 0.3 + ('Norm' in layer.name) for w in layer.get_weights()])


sources = sequence_padding([[5, 6, 7, 8, 1], [9, 10, 1], [11, 12, 13, 1]])
targets = sequence_padding([[0, 8, 7, 1], [0, 10, 9, 1], [0, 13, 1]])
results = {}
for version, act in (('t5.1.0', 'relu'), ('mt5.1.1', ['gelu', 'linear'])):
    t5 = build_transformer_model(model=version, hidden_act=act, return_keras_model=False, **config)
    encoder, decoder, model = t5.encoder, t5.decoder, t5.model
    randomize(model)
    output = CrossEntropy(1)([model.inputs[1], model.outputs[0]])
    train_model = Model(model.inputs, output)
    train_model.compile(optimizer=Adam(1e-2))
    losses = [float(train_model.train_on_batch([sources, targets], None)) for _ in range(3)]

    class Writer(AutoRegressiveDecoder):
        @AutoRegressiveDecoder.wraps(default_rtype='probas')
        def predict(self, inputs, output_ids, states):
            return self.last_token(decoder).predict([inputs[0], output_ids])

    writer = Writer(start_id=0, end_id=1, maxlen=3)
    context = encoder.predict(np.array([[5, 6, 7, 8, 1]]))[0]
    results[version] = {'losses': losses, 'context': context.tolist(), 'written': writer.beam_search([context], topk=2).tolist()}

alone = build_transformer_model(model='t5.1.1_encoder', hidden_act=['gelu', 'linear'], **config)
randomize(alone)
results['encoder'] = alone.predict(sources)[1].tolist()[:3]
alone = build_transformer_model(model='t5.1.1_decoder', hidden_act=['gelu', 'linear'], **config)
randomize(alone)
results['decoder'] = alone.predict([np.ones((1, 2, 16)), np.array([[0, 8, 7]])]).tolist()
json.dump(results, open(result_path, 'w'))
