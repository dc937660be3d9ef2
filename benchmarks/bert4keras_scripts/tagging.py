#! -*- coding: utf-8 -*-
# Sequence labeling with a CRF.

from common import *
from bert4keras.backend import K
from bert4keras.models import build_transformer_model
from bert4keras.layers import ConditionalRandomField
from bert4keras.optimizers import Adam
from keras.layers import Dense
from keras.models import Model

num_labels = 9


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    yield token_ids, segment_ids, [i % num_labels if i % 3 else 0 for i in token_ids]


bert = build_transformer_model(config_path, checkpoint_path, dropout_rate=0.0)
output = bert.get_layer('Transformer-1-FeedForward-Norm').output
dense = Dense(num_labels)
output = dense(output)
CRF = ConditionalRandomField(lr_multiplier=100)
output = CRF(output)
model = Model(bert.input, output)
random_weights(dense)
CRF.set_weights([np.zeros((num_labels, num_labels))])
model.compile(loss=CRF.sparse_loss, optimizer=Adam(1e-4), metrics=[CRF.sparse_accuracy])
train(model, Batches(texts, encode), trans=lambda: K.eval(CRF.trans).tolist())
