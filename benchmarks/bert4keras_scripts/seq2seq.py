#! -*- coding: utf-8 -*-
# graph mode. UniLM: titles by beam search, with a Loss layer for training.

from common import *
from bert4keras.backend import K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from bert4keras.snippets import AutoRegressiveDecoder
from keras.models import Model


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, text[:12], maxlen=maxlen)
    yield token_ids, segment_ids


class CrossEntropy(Loss):
    def compute_loss(self, inputs, mask=None):
        y_true, y_mask, y_pred = inputs
        y_true = y_true[:, 1:]
        y_mask = y_mask[:, 1:]
        y_pred = y_pred[:, :-1]
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        return K.sum(loss * y_mask) / K.sum(y_mask)


model = build_transformer_model(config_path, checkpoint_path, application='unilm', dropout_rate=0.0)
output = CrossEntropy(2)(model.inputs + model.outputs)
model = Model(model.inputs, output)
model.compile(optimizer=Adam(1e-4))


class AutoTitle(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype='probas')
    def predict(self, inputs, output_ids, states):
        token_ids, segment_ids = inputs
        token_ids = np.concatenate([token_ids, output_ids], 1)
        segment_ids = np.concatenate([segment_ids, np.ones_like(output_ids)], 1)
        return self.last_token(model).predict([token_ids, segment_ids])

    def generate(self, text, topk=1):
        token_ids, segment_ids = tokenizer.encode(text, maxlen=self.maxlen)
        return [int(i) for i in self.beam_search([token_ids, segment_ids], topk=topk)]


autotitle = AutoTitle(start_id=None, end_id=tokenizer._token_end_id, maxlen=24, minlen=24)
written = []


def write():
    """Processor milliseconds per token of a beam search of 3; the first text warms up."""
    for text in texts[:4]:
        began = time.process_time()
        written.append(autotitle.generate(text, topk=3))
        spent = time.process_time() - began
        times.append(1000 * spent / len(written[-1]))
    return {'ms': times[1:], 'ids': written}


times = []
train(model, WithoutLabels(texts, encode), written=write)
