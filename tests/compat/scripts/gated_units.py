#! -*- coding: utf-8 -*-
# A gated attention unit behind BERT, and labels by a maximum entropy Markov model.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.optimizers import Adam
from bert4keras.layers import GatedAttentionUnit, MaximumEntropyMarkovModel, SinusoidalPositionEmbedding
from bert4keras.snippets import sequence_padding
from keras.layers import Dense
from keras.models import Model

folder, result_path = sys.argv[1:3]
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
data = [(u'我来北京', [0, 0, 1, 2]), (u'北京今天天气好', [1, 2, 0, 0, 0, 0, 0]), (u'你不来', [0, 0, 0])]
encoded = [tokenizer.encode(text) for text, _ in data]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
y = sequence_padding([[0] + labels + [0] for _, labels in data])
results = {}
for hidden_dim in (None, 2):
    base = build_transformer_model(folder + '/bert_config.json', folder + '/bert_model.ckpt', num_hidden_layers=1, dropout_rate=0.0)
    positions = SinusoidalPositionEmbedding(output_dim=8, merge_mode='zero')(base.output)
    unit = GatedAttentionUnit(units=20, key_size=8)
    output = unit([base.output, positions], p_bias='rotary')
    dense, MEMM = Dense(3), MaximumEntropyMarkovModel(lr_multiplier=10, hidden_dim=hidden_dim)
    output = MEMM(dense(output))
    model = Model(base.inputs, output)
    state = np.random.RandomState(3)
    for layer in (unit, dense, MEMM):
        layer.set_weights([state.normal(size=w.shape) * 0.2 for w in layer.get_weights()])
    model.compile(loss=MEMM.sparse_loss, optimizer=Adam(1e-2), metrics=[MEMM.sparse_accuracy])
    losses = [float(model.train_on_batch(x, y)[0]) for _ in range(3)]
    scores = model.predict(x)
    results[str(hidden_dim)] = {'losses': losses, 'outputs': np.where(np.isfinite(scores), scores, 0).tolist()}
json.dump(results, open(result_path, 'w'))
