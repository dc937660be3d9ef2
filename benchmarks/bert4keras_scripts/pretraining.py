#! -*- coding: utf-8 -*-
# graph mode. Masked language modeling as in pretraining: some tokens are masked, and weights decay.

from common import *
from bert4keras.backend import K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam, extend_with_weight_decay, extend_with_piecewise_linear_lr
from keras.layers import Input
from keras.models import Model


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    is_masked = [int(0 < i < len(token_ids) - 1 and (i * 7 + token_ids[1]) % 7 == 0) for i in range(len(token_ids))]
    masked = [tokenizer._token_mask_id if m else t for t, m in zip(token_ids, is_masked)]
    yield masked, segment_ids, token_ids, is_masked


class MaskedLoss(Loss):
    def compute_loss(self, inputs, mask=None):
        y_true, is_masked, y_pred = inputs
        loss = K.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        return K.sum(loss * is_masked) / (K.sum(is_masked) + K.epsilon())


bert = build_transformer_model(config_path, checkpoint_path, with_mlm='linear', return_keras_model=False, dropout_rate=0.0)
token_ids = Input(shape=(None,), name='Token-Ids')
is_masked = Input(shape=(None,), name='Is-Masked')
output = MaskedLoss(2)([token_ids, is_masked, bert.model.output])
model = Model(bert.model.inputs + [token_ids, is_masked], output)
AdamW = extend_with_weight_decay(Adam, name='AdamW')
AdamWLR = extend_with_piecewise_linear_lr(AdamW, name='AdamWLR')
model.compile(optimizer=AdamWLR(
    learning_rate=1e-4, weight_decay_rate=0.01, exclude_from_weight_decay=['Norm', 'bias'], lr_schedule={10: 1, 200: 0.1}
))
train(model, WithoutLabels(texts, encode))
