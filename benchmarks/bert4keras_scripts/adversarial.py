#! -*- coding: utf-8 -*-
# graph mode. FGM: a train_function of the script's own moves the embeddings along their gradient.

from common import *
from bert4keras.backend import K, search_layer
from bert4keras.models import build_transformer_model
from bert4keras.optimizers import Adam
from keras.layers import Lambda, Dense
from keras.models import Model


def encode(text):
    token_ids, segment_ids = tokenizer.encode(text, maxlen=maxlen)
    yield token_ids, segment_ids, [int(characters[3] in text)]


def adversarial_training(model, embedding_name, epsilon=1):
    if model.train_function is None:
        model._make_train_function()
    old_train_function = model.train_function
    for output in model.outputs:
        embedding_layer = search_layer(output, embedding_name)
        if embedding_layer is not None:
            break
    embeddings = embedding_layer.embeddings
    gradients = K.gradients(model.total_loss, [embeddings])
    gradients = K.zeros_like(embeddings) + gradients[0]
    inputs = model._feed_inputs + model._feed_targets + model._feed_sample_weights
    embedding_gradients = K.function(inputs=inputs, outputs=[gradients], name='embedding_gradients')

    def train_function(inputs):
        grads = embedding_gradients(inputs)[0]
        delta = epsilon * grads / (np.sqrt((grads**2).sum()) + 1e-8)
        K.set_value(embeddings, K.eval(embeddings) + delta)
        outputs = old_train_function(inputs)
        K.set_value(embeddings, K.eval(embeddings) - delta)
        return outputs

    model.train_function = train_function


bert = build_transformer_model(config_path, checkpoint_path, return_keras_model=False, dropout_rate=0.0)
output = Lambda(lambda x: x[:, 0])(bert.model.output)
classifier = Dense(units=2, activation='softmax', kernel_initializer=bert.initializer)
model = Model(bert.model.input, classifier(output))
random_weights(classifier)
model.compile(loss='sparse_categorical_crossentropy', optimizer=Adam(1e-4), metrics=['sparse_categorical_accuracy'])
adversarial_training(model, 'Embedding-Token', 0.5)
train(model, Batches(texts, encode))
