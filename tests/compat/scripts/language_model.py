#! -*- coding: utf-8 -*-
# A language model that depends on a class through conditional layer normalization.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam, extend_with_layer_adaptation
from bert4keras.snippets import sequence_padding, AutoRegressiveDecoder
from keras.layers import Input, Embedding, Reshape
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)


class CrossEntropy(Loss):
    def compute_loss(self, inputs, mask=None):
        y_true, y_pred = inputs
        mask = 1.0 if mask is None else K.cast(mask[1], K.floatx())[:, 1:]
        y_true = y_true[:, 1:]
        y_pred = y_pred[:, :-1]
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        loss = K.sum(loss * mask) / K.sum(mask)
        acc = K.cast(K.equal(y_true, K.cast(K.argmax(y_pred, axis=-1), K.floatx())), K.floatx())
        self.add_metric(K.sum(acc * mask) / K.sum(mask), name='acc', aggregation='mean')
        return loss


c_in = Input(shape=(1,))
c = Embedding(2, 8, name='Class')(c_in)
c = Reshape((8,))(c)
model = build_transformer_model(
    folder + '/bert_config.json',
    folder + '/bert_model.ckpt',
    application='lm',
    layer_norm_cond=c,
    additional_input_layers=c_in,
    dropout_rate=0.0,
)
output = CrossEntropy(1)([model.inputs[0], model.outputs[0]])
model = Model(model.inputs, output)
model.get_layer('Class').set_weights([np.random.RandomState(6).normal(size=(2, 8))])
AdamLamb = extend_with_layer_adaptation(Adam, name='AdamLamb')
model.compile(optimizer=AdamLamb(learning_rate=1e-2, exclude_from_layer_adaptation=['Norm', 'bias']))

encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来')]
token_ids, segment_ids = (sequence_padding([e[i] for e in encoded]) for i in (0, 1))
x = [token_ids, segment_ids, np.array([[1], [0]])]


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append([float(logs['loss']), float(logs['acc'])])


recorder = Recorder()
model.fit(x, epochs=4, batch_size=2, shuffle=False, callbacks=[recorder], verbose=0)


class Writer(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype='probas')
    def predict(self, inputs, output_ids, states):
        token_ids = output_ids
        segment_ids = np.zeros_like(token_ids)
        return self.last_token(model).predict([token_ids, segment_ids, inputs[0]])


writer = Writer(start_id=tokenizer._token_start_id, end_id=tokenizer._token_end_id, maxlen=6)
beams = [writer.beam_search([[k]], topk=3).tolist() for k in (0, 1)]
json.dump({'losses': recorder.logs, 'beams': beams}, open(result_path, 'w'))
