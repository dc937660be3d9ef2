#! -*- coding: utf-8 -*-
# A checkpoint in a model of other sizes, and ELECTRA's discriminator.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.models import build_transformer_model
from bert4keras.tokenizers import Tokenizer
from bert4keras.snippets import sequence_padding

folder, result_path = sys.argv[1:3]
config_path, checkpoint_path = folder + '/bert_config.json', folder + '/bert_model.ckpt'
tokenizer = Tokenizer(folder + '/vocab.txt', do_lower_case=True)
encoded = [tokenizer.encode(text) for text in (u'今天天气好', u'我不来')]
x = [sequence_padding([e[i] for e in encoded]) for i in (0, 1)]
results = {}
for name, sizes in {
    'larger': dict(hidden_size=24, intermediate_size=40, num_attention_heads=2, max_position=40),
    'smaller': dict(hidden_size=12, intermediate_size=16, num_attention_heads=2, num_hidden_layers=1, hidden_act='relu'),
}.items():
    model = build_transformer_model(config_path, checkpoint_path, autoresize_weights=True, **sizes)
    results[name] = model.predict(x).tolist()

for head in (True, 'linear'):
    electra = build_transformer_model(
        config_path, model='electra', with_discriminator=head, num_hidden_layers=1, hidden_act='gelu', return_keras_model=False,
        embedding_size=8
    )
    for layer in electra.model.layers:
        if 'Norm' not in layer.name:
            state = np.random.RandomState(sum(map(ord, layer.name)))
            layer.set_weights([state.normal(size=w.shape) * 0.3 for w in layer.get_weights()])
    results['electra_%s' % head] = electra.model.predict(x).tolist()
json.dump(results, open(result_path, 'w'))
