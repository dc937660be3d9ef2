#! -*- coding: utf-8 -*-
# Text classification: a Dense layer on the first token.

from common import *
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from keras.layers import Lambda, Dense
from keras.models import Model


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    yield token_ids, segment_ids, [int(characters[3] in text)]


bert = build_transformer_model(config_path, checkpoint_path, return_keras_model=False, dropout_rate=0.0)
output = Lambda(lambda x: x[:, 0], name='CLS-token')(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
output = classifier(output)
model = Model(bert.model.input, output)
random_weights(classifier)
model.compile(loss='sparse_categorical_crossentropy', optimizer=Adam(1e-4), metrics=['accuracy'])
train(model, Batches(texts, encode))
