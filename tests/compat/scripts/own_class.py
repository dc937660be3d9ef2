#! -*- coding: utf-8 -*-
# graph mode. A model class of the script's own: another attention mask, another head.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.models import BERT, build_transformer_model
from bert4keras.layers import Lambda, Dense, Loss
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.snippets import sequence_padding, string_matching, longest_common_subsequence, text_segmentate
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)


class BackwardBERT(BERT):
    """Each token sees one that follows it, and the head scores classes of tokens."""
    def __init__(self, num_classes=3, **kwargs):
        super(BackwardBERT, self).__init__(**kwargs)
        self.num_classes = num_classes

    def compute_attention_bias(self, inputs=None):
        if self.attention_bias is None:

            def backward_mask(s):
                seq_len = K.shape(s)[1]
                idxs = K.arange(0, seq_len)
                return idxs[None, :] <= idxs[:, None] + 1

            self.attention_bias = self.apply(
                inputs=self.inputs[0], layer=Lambda, function=backward_mask, name='Attention-Backward-Mask'
            )
        return self.attention_bias

    def apply_final_layers(self, inputs):
        x = super(BackwardBERT, self).apply_final_layers(inputs)
        return self.apply(
            inputs=x, layer=Dense, units=self.num_classes, activation='softmax', kernel_initializer=self.initializer, name='Tags'
        )


class TagLoss(Loss):
    def compute_loss(self, inputs, mask=None):
        y_true, y_pred = inputs
        y_mask = K.cast(mask[1], K.floatx())
        y_true = K.cast(K.equal(y_true % 3, 0), K.floatx())
        loss = K.sparse_categorical_crossentropy(y_true, y_pred)
        return K.sum(loss * y_mask) / K.sum(y_mask)


model = build_transformer_model(
    folder + '/bert_config.json', folder + '/bert_model.ckpt', model=BackwardBERT, num_classes=3, dropout_rate=0.0
)
model.get_layer('Tags').set_weights([np.random.RandomState(1).normal(size=(16, 3)) * 0.3, np.zeros(3)])
train_model = Model(model.inputs, TagLoss(1)([model.inputs[0], model.outputs[0]]))
train_model.compile(optimizer=Adam(1e-2))
encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来', u'天天好')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
losses = [float(train_model.train_on_batch(x, None)) for _ in range(4)]
outputs = model.predict(x)
real = (x[0] > 0)[..., None]
model.save(result_path + '.model')
again = keras.models.load_model(result_path + '.model')
json.dump({
    'losses': losses,
    'outputs': (outputs * real).tolist(),
    'pieces': text_segmentate(u'今天。天气好，我来。你不来', 6, u'。，', u'。，'),
    'common': longest_common_subsequence(u'今天天气好', u'天气不好')[1],
    'matched': [string_matching('Norm/beta', ['bias', 'Norm']), string_matching('kernel', ['bias'])],
    'reloaded': bool(np.allclose(again.predict(x), outputs, atol=1e-5)),
}, open(result_path, 'w'))
