#! -*- coding: utf-8 -*-
# Spans of several categories by both global pointers.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.backend import multilabel_categorical_crossentropy
from bert4keras.layers import GlobalPointer, EfficientGlobalPointer
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
categories = 2


def batch():
    token_ids, segment_ids, labels = [], [], []
    for text, spans in [(u'我来北京', [(0, 3, 4)]), (u'今天天气好', [(1, 1, 2), (0, 3, 4)])]:
        t, s = tokenizer.encode(text)
        y = np.zeros((categories, len(t), len(t)))
        for category, start, end in spans:
            y[category, start, end] = 1
        token_ids.append(t)
        segment_ids.append(s)
        labels.append(y)
    return [sequence_padding(token_ids), sequence_padding(segment_ids)], sequence_padding(labels, seq_dims=3)


def global_pointer_crossentropy(y_true, y_pred):
    bh = K.prod(K.shape(y_pred)[:2])
    y_true = K.reshape(y_true, (bh, -1))
    y_pred = K.reshape(y_pred, (bh, -1))
    return K.mean(multilabel_categorical_crossentropy(y_true, y_pred))


def global_pointer_f1_score(y_true, y_pred):
    y_pred = K.cast(K.greater(y_pred, 0), K.floatx())
    return 2 * K.sum(y_true * y_pred) / K.sum(y_true + y_pred)


results = {}
for kind in (GlobalPointer, EfficientGlobalPointer):
    base = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', model='bert', dropout_rate=0.0)
    pointer = kind(heads=categories, head_size=4)
    output = pointer(base.output)
    model = Model(base.input, output)
    state = np.random.RandomState(4)
    pointer.set_weights([state.normal(size=w.shape) * 0.3 for w in pointer.get_weights()])
    model.compile(loss=global_pointer_crossentropy, optimizer=Adam(1e-2), metrics=[global_pointer_f1_score])
    x, y = batch()
    losses = []
    for _ in range(4):
        losses.append([float(v) for v in model.train_on_batch(x, y)][:1])
    scores = model.predict(x)
    results[kind.__name__] = {'losses': losses, 'outputs': np.where(np.isfinite(scores), scores, 0).tolist()}
json.dump(results, open(result_path, 'w'))
