#! -*- coding: utf-8 -*-
# Relations: a subject, and with conditional layer normalization its objects.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K, batch_gather
from bert4keras.layers import Loss, LayerNormalization
from bert4keras.tokenizers import Tokenizer
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam, extend_with_exponential_moving_average
from bert4keras.snippets import sequence_padding
from keras.layers import Input, Dense, Lambda, Reshape
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
predicates = 2


def extract_subject(inputs):
    output, subject_ids = inputs
    start = batch_gather(output, subject_ids[:, :1])
    end = batch_gather(output, subject_ids[:, 1:])
    subject = K.concatenate([start, end], 2)
    return subject[:, 0]


bert = build_transformer_model(
    config_path=folder + '/bert_config.json', checkpoint_path=folder + '/bert_model.ckpt', return_keras_model=False, dropout_rate=0.0
)
subject_labels = Input(shape=(None, 2), name='Subject-Labels')
subject_ids = Input(shape=(2,), name='Subject-Ids')
object_labels = Input(shape=(None, predicates, 2), name='Object-Labels')

output = Dense(units=2, activation='sigmoid', kernel_initializer=bert.initializer, name='Subject')(bert.model.output)
subject_preds = Lambda(lambda x: x**2)(output)
subject_model = Model(bert.model.inputs, subject_preds)

output = bert.model.layers[-2].get_output_at(-1)
subject = Lambda(extract_subject)([output, subject_ids])
output = LayerNormalization(conditional=True, name='Conditional')([output, subject])
output = Dense(units=predicates * 2, activation='sigmoid', kernel_initializer=bert.initializer, name='Object')(output)
output = Lambda(lambda x: x**4)(output)
object_preds = Reshape((-1, predicates, 2))(output)
object_model = Model(bert.model.inputs + [subject_ids], object_preds)



class TotalLoss(Loss):
    """subject_loss与object_loss之和，都是二分类交叉熵"""
    def compute_loss(self, inputs, mask=None):
        subject_labels, object_labels = inputs[:2]
        subject_preds, object_preds, _ = inputs[2:]
        mask = 1.0 if mask[4] is None else K.cast(mask[4], K.floatx())
        subject_loss = K.binary_crossentropy(subject_labels, subject_preds)
        subject_loss = K.mean(subject_loss, 2)
        subject_loss = K.sum(subject_loss * mask) / K.sum(mask)
        object_loss = K.binary_crossentropy(object_labels, object_preds)
        object_loss = K.sum(K.mean(object_loss, 3), 2)
        object_loss = K.sum(object_loss * mask) / K.sum(mask)
        return subject_loss + object_loss


subject_preds, object_preds = TotalLoss([2, 3])(
    [subject_labels, object_labels, subject_preds, object_preds, bert.model.output]
)
train_model = Model(
    bert.model.inputs + [subject_labels, subject_ids, object_labels], [subject_preds, object_preds]
)
state = np.random.RandomState(5)
for name in ('Subject', 'Object', 'Conditional'):
    layer = train_model.get_layer(name)
    layer.set_weights([state.normal(size=w.shape) * 0.3 for w in layer.get_weights()])
AdamEMA = extend_with_exponential_moving_average(Adam, name='AdamEMA')
optimizer = AdamEMA(learning_rate=1e-2)
train_model.compile(optimizer=optimizer)

texts = [u'我来北京', u'今天天气好']
encoded = [tokenizer.encode(text) for text in texts]
token_ids, segment_ids = (sequence_padding([e[i] for e in encoded]) for i in (0, 1))
s_labels = np.zeros(token_ids.shape + (2,))
s_labels[0, 1, 0] = s_labels[0, 2, 1] = s_labels[1, 1, 0] = s_labels[1, 2, 1] = 1
o_labels = np.zeros(token_ids.shape + (predicates, 2))
o_labels[0, 3, 0, 0] = o_labels[0, 4, 0, 1] = o_labels[1, 4, 1, 0] = o_labels[1, 5, 1, 1] = 1
x = [token_ids, segment_ids, s_labels, np.array([[1, 2], [1, 2]]), o_labels]


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))


recorder = Recorder()
train_model.fit(x, epochs=4, batch_size=2, shuffle=False, callbacks=[recorder], verbose=0)
optimizer.apply_ema_weights()
averaged = subject_model.predict([token_ids, segment_ids])
assert np.isfinite(averaged).all()
optimizer.reset_old_weights()
now = object_model.predict([token_ids, segment_ids, np.array([[1, 2], [1, 2]])])
json.dump({'losses': recorder.losses, 'outputs': [now.tolist()]}, open(result_path, 'w'))
