#! -*- coding: utf-8 -*-
# graph mode. GPLinker's way: three global pointers over one encoder, with the sparse multi-label loss.

from common import *
from bert4keras.backend import K, sparse_multilabel_categorical_crossentropy
from bert4keras.layers import GlobalPointer
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from keras.models import Model

predicates = 20


class Spans(Batches):
    def batch(self, columns):
        return columns[:2], columns[2:]


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    s, o, p = 1 + token_ids[1] % 4, 7 + token_ids[2] % 4, token_ids[3] % predicates
    entities = [[[s, s + 2]], [[o, o + 1]]]
    yield token_ids, segment_ids, entities, [[[s, o]] if i == p else [[0, 0]] for i in range(predicates)], \
        [[[s + 2, o + 1]] if i == p else [[0, 0]] for i in range(predicates)]


def globalpointer_crossentropy(y_true, y_pred):
    shape = K.shape(y_pred)
    y_true = y_true[..., 0] * K.cast(shape[2], K.floatx()) + y_true[..., 1]
    y_pred = K.reshape(y_pred, (shape[0], -1, K.prod(shape[2:])))
    loss = sparse_multilabel_categorical_crossentropy(y_true, y_pred, True)
    return K.mean(K.sum(loss, 1))


base = build_transformer_model(config_path, checkpoint_path, return_keras_model=False, dropout_rate=0.0)
output = base.model.output
pointers = [GlobalPointer(heads=2, head_size=64), GlobalPointer(heads=predicates, head_size=64, RoPE=False, tril_mask=False),
            GlobalPointer(heads=predicates, head_size=64, RoPE=False, tril_mask=False)]
model = Model(base.model.inputs, [pointer(output) for pointer in pointers])
for pointer in pointers:
    random_weights(pointer)
model.compile(loss=globalpointer_crossentropy, optimizer=Adam(1e-4))
train(model, Spans(texts, encode, {2: 2, 3: 2, 4: 2}))
