#! -*- coding: utf-8 -*-
# Two classes: a Dense layer on the pooled vector, weights saved by a callback.

import sys
import json
import numpy as np
from bert4keras.backend import keras, set_gelu
from bert4keras.tokenizers import Tokenizer
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam, extend_with_piecewise_linear_lr, extend_with_weight_decay
from bert4keras.snippets import sequence_padding, DataGenerator
from keras.layers import Dropout, Dense

set_gelu('tanh')
folder, result_path = sys.argv[1:3]
maxlen, batch_size = 16, 3
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
train_data = [(u'今天天气好', 1), (u'我不好', 0), (u'天气不好我不来', 0), (u'好好好', 1), (u'我今天来', 1), (u'你不来', 0)]


class data_generator(DataGenerator):
    def __iter__(self, random=False):
        batch_token_ids, batch_segment_ids, batch_labels = [], [], []
        for is_end, (text, label) in self.sample(random):
            token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
            batch_token_ids.append(token_ids)
            batch_segment_ids.append(segment_ids)
            batch_labels.append([label])
            if len(batch_token_ids) == self.batch_size or is_end:
                batch_token_ids = sequence_padding(batch_token_ids)
                batch_segment_ids = sequence_padding(batch_segment_ids)
                batch_labels = sequence_padding(batch_labels)
                yield [batch_token_ids, batch_segment_ids], batch_labels
                batch_token_ids, batch_segment_ids, batch_labels = [], [], []


bert = build_transformer_model(
    config_path=folder + '/bert_config.json',
    checkpoint_path=folder + '/bert_model.ckpt',
    with_pool=True,
    return_keras_model=False,
    dropout_rate=0.0,
)
output = Dropout(rate=0.0)(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
output = classifier(output)
model = keras.models.Model(bert.model.input, output)
classifier.set_weights([np.random.RandomState(1).normal(size=(16, 2)) * 0.3, np.zeros(2)])

AdamW = extend_with_weight_decay(Adam, name='AdamW')
AdamLR = extend_with_piecewise_linear_lr(AdamW, name='AdamLR')
model.compile(
    loss='sparse_categorical_crossentropy',
    optimizer=AdamLR(learning_rate=1e-2, weight_decay_rate=0.01, exclude_from_weight_decay=['Norm', 'bias'],
                     lr_schedule={2: 1, 5: 0.2}),
    metrics=['accuracy'],
)
train_generator = data_generator(train_data, batch_size)


def evaluate(data):
    total, right = 0., 0.
    for x_true, y_true in data:
        y_pred = model.predict(x_true).argmax(axis=1)
        total += len(y_true)
        right += (y_true[:, 0] == y_pred).sum()
    return right / total


class Evaluator(keras.callbacks.Callback):
    def __init__(self):
        self.best_val_acc = 0.
        self.losses = []

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(float(logs['loss']))
        val_acc = evaluate(train_generator)
        if val_acc >= self.best_val_acc:
            self.best_val_acc = val_acc
            model.save_weights(result_path + '.weights')


evaluator = Evaluator()
model.fit_generator(
    train_generator.forfit(random=False), steps_per_epoch=1, epochs=4, callbacks=[evaluator], verbose=0
) if hasattr(model, 'fit_generator') else model.fit(
    train_generator.forfit(random=False), steps_per_epoch=1, epochs=4, callbacks=[evaluator], verbose=0
)
final = model.predict(next(iter(train_generator))[0])
model.load_weights(result_path + '.weights')
again = evaluate(train_generator)
token_ids = tokenizer.encode(u'今天Abc好', u'不')[0]
json.dump({
    'losses': evaluator.losses,
    'outputs': final.tolist(),
    'restored': bool(again == evaluator.best_val_acc),
    'token_ids': [int(i) for i in token_ids],
    'text': tokenizer.decode(token_ids),
}, open(result_path, 'w'))
