#! -*- coding: utf-8 -*-
# Names in texts by a CRF, with its learned transitions in a Viterbi decoder.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.layers import ConditionalRandomField
from bert4keras.snippets import sequence_padding, DataGenerator, ViterbiDecoder, to_array
from keras.layers import Dense
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
num_labels = 3
data = [(u'我来北京', [0, 0, 1, 2]), (u'北京今天天气好', [1, 2, 0, 0, 0, 0, 0]), (u'你不来', [0, 0, 0]), (u'去北京', [0, 1, 2])]


class data_generator(DataGenerator):
    def __iter__(self, random=False):
        batch_token_ids, batch_segment_ids, batch_labels = [], [], []
        for is_end, (text, labels) in self.sample(random):
            token_ids, segment_ids = tokenizer.encode(text)
            batch_token_ids.append(token_ids)
            batch_segment_ids.append(segment_ids)
            batch_labels.append([0] + labels + [0])
            if len(batch_token_ids) == self.batch_size or is_end:
                yield [sequence_padding(batch_token_ids), sequence_padding(batch_segment_ids)], sequence_padding(batch_labels)
                batch_token_ids, batch_segment_ids, batch_labels = [], [], []


base = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', dropout_rate=0.0)
output = base.get_layer('Transformer-1-FeedForward-Norm').output
dense = Dense(num_labels)
output = dense(output)
CRF = ConditionalRandomField(lr_multiplier=100)
output = CRF(output)
model = Model(base.input, output)
dense.set_weights([np.random.RandomState(2).normal(size=(16, num_labels)) * 0.3, np.zeros(num_labels)])
CRF.set_weights([np.random.RandomState(3).normal(size=(num_labels, num_labels)) / 100.0])
model.compile(loss=CRF.sparse_loss, optimizer=Adam(1e-2), metrics=[CRF.sparse_accuracy])


class NamedEntityRecognizer(ViterbiDecoder):
    def recognize(self, text):
        tokens = tokenizer.tokenize(text)
        mapping = tokenizer.rematch(text, tokens)
        token_ids = tokenizer.tokens_to_ids(tokens)
        segment_ids = [0] * len(token_ids)
        token_ids, segment_ids = to_array([token_ids], [segment_ids])
        nodes = model.predict([token_ids, segment_ids])[0]
        return self.decode(nodes).tolist(), mapping


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        self.logs = []

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append([float(logs['loss']), float(logs['sparse_accuracy'])])


recorder = Recorder()
model.fit(data_generator(data, 2).forfit(random=False), steps_per_epoch=1, epochs=4, callbacks=[recorder], verbose=0)
trans = K.eval(CRF.trans)
NER = NamedEntityRecognizer(trans=trans, starts=[0], ends=[0])
found = [NER.recognize(text) for text, _ in data] + [NER.recognize(u'今天Abc来 北京')]
json.dump({'losses': recorder.logs, 'labels': [labels for labels, _ in found], 'mappings': [mapping for _, mapping in found],
           'trans': np.round(trans, 6).tolist()}, open(result_path, 'w'))
