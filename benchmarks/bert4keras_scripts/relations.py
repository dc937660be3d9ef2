#! -*- coding: utf-8 -*-
# graph mode. Relations: half pointers of a subject, and of its objects by conditional layer normalization.

from common import *
from bert4keras.backend import K, batch_gather
from bert4keras.layers import Loss, LayerNormalization
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from keras.layers import Input, Dense, Lambda, Reshape
from keras.models import Model

predicates = 20


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    length = len(token_ids)
    subject_labels, object_labels = np.zeros((length, 2)), np.zeros((length, predicates, 2))
    start, end = 1 + token_ids[1] % 4, 6 + token_ids[2] % 4
    subject_labels[start, 0] = subject_labels[end, 1] = 1
    object_labels[end + 1, token_ids[3] % predicates, 0] = object_labels[end + 2, token_ids[3] % predicates, 1] = 1
    yield token_ids, segment_ids, subject_labels, [start, end], object_labels


def extract_subject(inputs):
    output, subject_ids = inputs
    start = batch_gather(output, subject_ids[:, :1])
    end = batch_gather(output, subject_ids[:, 1:])
    return K.concatenate([start, end], 2)[:, 0]


bert = build_transformer_model(config_path, checkpoint_path, return_keras_model=False, dropout_rate=0.0)
subject_labels = Input(shape=(None, 2), name='Subject-Labels')
subject_ids = Input(shape=(2,), name='Subject-Ids')
object_labels = Input(shape=(None, predicates, 2), name='Object-Labels')

output = Dense(units=2, activation='sigmoid', name='Subject')(bert.model.output)
subject_preds = Lambda(lambda x: x**2)(output)
output = bert.model.layers[-2].get_output_at(-1)
subject = Lambda(extract_subject)([output, subject_ids])
output = LayerNormalization(conditional=True, name='Conditional')([output, subject])
output = Dense(units=predicates * 2, activation='sigmoid', name='Object')(output)
output = Lambda(lambda x: x**4)(output)
object_preds = Reshape((-1, predicates, 2))(output)


class TotalLoss(Loss):
    def compute_loss(self, inputs, mask=None):
        subject_labels, object_labels = inputs[:2]
        subject_preds, object_preds, _ = inputs[2:]
        mask = 1.0 if mask[4] is None else K.cast(mask[4], K.floatx())
        subject_loss = K.mean(K.binary_crossentropy(subject_labels, subject_preds), 2)
        subject_loss = K.sum(subject_loss * mask) / K.sum(mask)
        object_loss = K.sum(K.mean(K.binary_crossentropy(object_labels, object_preds), 3), 2)
        object_loss = K.sum(object_loss * mask) / K.sum(mask)
        return subject_loss + object_loss


inputs = [subject_labels, object_labels, subject_preds, object_preds, bert.model.output]
subject_preds, object_preds = TotalLoss([2, 3])(inputs)
model = Model(bert.model.inputs + [subject_labels, subject_ids, object_labels], [subject_preds, object_preds])
for name in ('Subject', 'Object', 'Conditional'):
    random_weights(model.get_layer(name))
model.compile(optimizer=Adam(1e-4))
train(model, WithoutLabels(texts, encode))
