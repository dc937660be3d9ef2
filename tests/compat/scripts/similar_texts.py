#! -*- coding: utf-8 -*-
# graph mode. SimBERT's way: one model writes a text and compares vectors of the batch.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)


class TotalLoss(Loss):
    """loss分两部分，一是seq2seq的交叉熵，二是相似度的交叉熵。"""
    def compute_loss(self, inputs, mask=None):
        loss1 = self.compute_loss_of_seq2seq(inputs, mask)
        loss2 = self.compute_loss_of_similarity(inputs, mask)
        self.add_metric(loss1, name='seq2seq_loss', aggregation='mean')
        self.add_metric(loss2, name='similarity_loss', aggregation='mean')
        return loss1 + loss2

    def compute_loss_of_seq2seq(self, inputs, mask=None):
        y_true, y_mask, _, y_pred = inputs
        y_true = y_true[:, 1:]
        y_mask = y_mask[:, 1:]
        y_pred = y_pred[:, :-1]
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        return K.sum(loss * y_mask) / K.sum(y_mask)

    def compute_loss_of_similarity(self, inputs, mask=None):
        _, _, y_pred, _ = inputs
        y_true = self.get_labels_of_similarity(y_pred)
        y_pred = K.l2_normalize(y_pred, axis=1)
        similarities = K.dot(y_pred, K.transpose(y_pred))
        idxs = K.arange(0, K.shape(y_pred)[0])
        similarities = similarities - K.cast(K.equal(idxs[None, :], idxs[:, None]), K.floatx()) * 1e12
        similarities = similarities * 20
        loss = K.categorical_crossentropy(y_true, similarities, from_logits=True)
        return K.mean(loss)

    def get_labels_of_similarity(self, y_pred):
        idxs = K.arange(0, K.shape(y_pred)[0])
        idxs_1 = idxs[None, :]
        idxs_2 = (idxs + 1 - idxs % 2 * 2)[:, None]
        labels = K.equal(idxs_1, idxs_2)
        return K.cast(labels, K.floatx())


bert = build_transformer_model(
    folder + '/bert_config.json', folder + '/bert_model.ckpt', with_pool='linear', application='unilm', return_keras_model=False,
    dropout_rate=0.0,
)
encoder = keras.models.Model(bert.model.inputs, bert.model.outputs[0])
seq2seq = keras.models.Model(bert.model.inputs, bert.model.outputs[1])
outputs = TotalLoss([2, 3])(bert.model.inputs + bert.model.outputs)
model = keras.models.Model(bert.model.inputs, outputs)
model.compile(optimizer=Adam(1e-2))

pairs = [(u'今天好', u'天天好'), (u'天天好', u'今天好'), (u'我不来', u'你不来'), (u'你不来', u'我不来')]
encoded = [tokenizer.encode(a, b) for a, b in pairs]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append([float(logs[name]) for name in ('loss', 'seq2seq_loss', 'similarity_loss')])


recorder = Recorder()
model.fit(x, epochs=3, batch_size=4, shuffle=False, callbacks=[recorder], verbose=0)
json.dump({'losses': recorder.logs, 'outputs': encoder.predict(x).tolist(), 'best': seq2seq.predict(x).argmax(-1).tolist()},
          open(result_path, 'w'))
