#! -*- coding: utf-8 -*-
# graph mode. UniLM: one text from another, with a Loss layer and a decoder.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.layers import Loss
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer, load_vocab
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding, open
from bert4keras.snippets import DataGenerator, AutoRegressiveDecoder
from keras.models import Model

folder, result_path = sys.argv[1:3]
token_dict, keep_tokens = load_vocab(
    dict_path=folder + '/vocab.txt', simplified=True, startswith=['[PAD]', '[UNK]', '[CLS]', '[SEP]']
)
tokenizer = Tokenizer(token_dict, do_lower_case=True)
pairs = [(u'今天天气好', u'好天气'), (u'我不来', u'不来'), (u'你今天来', u'来'), (u'天天好', u'天好')]


class data_generator(DataGenerator):
    def __iter__(self, random=False):
        batch_token_ids, batch_segment_ids = [], []
        for is_end, (source, target) in self.sample(random):
            token_ids, segment_ids = tokenizer.encode(source, target, maxlen=20)
            batch_token_ids.append(token_ids)
            batch_segment_ids.append(segment_ids)
            if len(batch_token_ids) == self.batch_size or is_end:
                batch_token_ids = sequence_padding(batch_token_ids)
                batch_segment_ids = sequence_padding(batch_segment_ids)
                yield [batch_token_ids, batch_segment_ids], None
                batch_token_ids, batch_segment_ids = [], []


class CrossEntropy(Loss):
    """交叉熵作为loss，并mask掉输入部分"""
    def compute_loss(self, inputs, mask=None):
        y_true, y_mask, y_pred = inputs
        y_true = y_true[:, 1:]  # 目标token_ids
        y_mask = y_mask[:, 1:]  # segment_ids，刚好指示了要预测的部分
        y_pred = y_pred[:, :-1]  # 预测序列，错开一位
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        loss = K.sum(loss * y_mask) / K.sum(y_mask)
        return loss


model = build_transformer_model(
    folder + '/bert_config.json',
    folder + '/bert_model.ckpt',
    application='unilm',
    keep_tokens=keep_tokens,
    dropout_rate=0.0,
)
output = CrossEntropy(2)(model.inputs + model.outputs)
model = Model(model.inputs, output)
model.compile(optimizer=Adam(1e-2))


class Writer(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype='probas')
    def predict(self, inputs, output_ids, states):
        token_ids, segment_ids = inputs
        token_ids = np.concatenate([token_ids, output_ids], 1)
        segment_ids = np.concatenate([segment_ids, np.ones_like(output_ids)], 1)
        return self.last_token(model).predict([token_ids, segment_ids])


class WriterWithStates(AutoRegressiveDecoder):
    @AutoRegressiveDecoder.wraps(default_rtype='logits', use_states=True)
    def predict(self, inputs, output_ids, states):
        token_ids, segment_ids = inputs
        token_ids = np.concatenate([token_ids, output_ids], 1)
        segment_ids = np.concatenate([segment_ids, np.ones_like(output_ids)], 1)
        states = 1 if states is None else states + 1
        return np.log(model.predict([token_ids, segment_ids])[:, -1]) / states, states


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))


recorder = Recorder()
train_generator = data_generator(pairs, 2)
model.fit(train_generator.forfit(random=False), steps_per_epoch=1, epochs=4, callbacks=[recorder], verbose=0)

writer = Writer(start_id=None, end_id=tokenizer._token_end_id, maxlen=6)
stateful = WriterWithStates(start_id=None, end_id=tokenizer._token_end_id, maxlen=6, minlen=2)
token_ids, segment_ids = tokenizer.encode(u'今天你来')
beams = [writer.beam_search([token_ids, segment_ids], topk=k).tolist() for k in (1, 2, 4)]
beams.append(stateful.beam_search([token_ids, segment_ids], topk=3).tolist())
np.random.seed(7)
samples = [ids.tolist() for ids in writer.random_sample([token_ids, segment_ids], 3, topk=5)]
samples += [ids.tolist() for ids in writer.random_sample([token_ids, segment_ids], 2, topp=0.8)]
samples += [ids.tolist() for ids in writer.random_sample([token_ids, segment_ids], 2, topk=8, topp=0.6, temperature=0.9)]
with open(result_path, 'w', encoding='utf-8') as f:
    f.write(json.dumps({'losses': recorder.losses, 'beams': beams, 'samples': samples, 'vocab_size': tokenizer._vocab_size}))
