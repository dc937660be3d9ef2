#! -*- coding: utf-8 -*-
# SimCSE's way: every text twice in a batch; here the second one lacks a character, for dropout would differ between libraries.

from common import *
from bert4keras.backend import K
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from keras.layers import Lambda
from keras.models import Model


def encode(text):
    for each in (text, text[:5] + text[6:]):
        token_ids, segment_ids = tokenizer.encode(each, maxlen=maxlen)
        yield token_ids, segment_ids, [0]


def simcse_loss(y_true, y_pred):
    idxs = K.arange(0, K.shape(y_pred)[0])
    idxs_1 = idxs[None, :]
    idxs_2 = (idxs + 1 - idxs % 2 * 2)[:, None]
    y_true = K.cast(K.equal(idxs_1, idxs_2), K.floatx())
    y_pred = K.l2_normalize(y_pred, axis=1)
    similarities = K.dot(y_pred, K.transpose(y_pred))
    similarities = similarities - K.cast(K.equal(idxs[None, :], idxs[:, None]), K.floatx()) * 1e12
    similarities = similarities * 20
    loss = K.categorical_crossentropy(y_true, similarities, from_logits=True)
    return K.mean(loss)


bert = build_transformer_model(config_path, checkpoint_path, with_pool='linear', dropout_rate=0.0)
output = Lambda(lambda x: x)(bert.output)
model = Model(bert.inputs, output)
model.compile(loss=simcse_loss, optimizer=Adam(1e-4))
train(model, Batches(texts, encode))
