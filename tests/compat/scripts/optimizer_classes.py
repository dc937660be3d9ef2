#! -*- coding: utf-8 -*-
# graph mode. Every optimizer and what extend_with_… makes of Adam, on a small model.

import sys
import json
import numpy as np
from bert4keras.backend import keras, K
from bert4keras.optimizers import *
from keras.layers import Input, Embedding, Dense, Lambda
from keras.models import Model

folder, result_path = sys.argv[1:3]
state = np.random.RandomState(0)
x, y = np.array([[1, 2], [3, 1], [2, 2], [4, 1]]), np.array([[0], [1], [1], [0]])
start = [state.normal(size=shape) for shape in ((6, 4), (4, 8), (8,), (8, 2), (2,))]


def train(optimizer, steps=3):
    x_in = Input(shape=(None,))
    h = Embedding(6, 4, name='Table')(x_in)
    h = Lambda(lambda h: K.mean(h, 1))(h)
    h = Dense(8, activation='tanh', name='Hidden')(h)
    model = Model(x_in, Dense(2, activation='softmax', name='Classes')(h))
    model.set_weights(start)
    model.compile(loss='sparse_categorical_crossentropy', optimizer=optimizer)
    history = [model.get_weights()]
    for _ in range(steps):
        model.train_on_batch(x, y)
        history.append(model.get_weights())
    return model, history


def numbers(weights):
    return [weight.tolist() if weight.ndim > 1 else [weight.tolist()] for weight in weights]


schedule = {2: 1, 4: 0.1}
rate = dict(learning_rate=0.1)
AdamW = extend_with_weight_decay(Adam, name='AdamW')
made = {
    'adam': Adam(0.1, bias_correction=False),
    'lion': Lion(**rate),
    'adafactor': AdaFactor(min_dim_size_to_factor=4, **rate),
    'adafactor_momentum': AdaFactor(beta1=0.9, beta2=0.99, multiply_by_parameter_scale=False, clipping_threshold=None, **rate),
    'decay': AdamW(weight_decay_rate=0.1, exclude_from_weight_decay=['bias', 'Table'], **rate),
    'layers': extend_with_layer_adaptation(AdamW, name='Lamb')(exclude_from_layer_adaptation=['bias'], **rate),
    'schedule': extend_with_piecewise_linear_lr(Adam)(lr_schedule=schedule, **rate),
    'lazy': extend_with_lazy_optimization(Adam)(include_in_lazy_optimization=['Table'], **rate),
    'by_weight': extend_with_parameter_wise_lr(Adam)(paramwise_lr_schedule={'Hidden': 2, 'bias': 0.5}, **rate),
    'all': extend_with_parameter_wise_lr(extend_with_piecewise_linear_lr(extend_with_lazy_optimization(AdamW)))(
        weight_decay_rate=0.1, include_in_lazy_optimization=['Table'], lr_schedule=schedule, paramwise_lr_schedule={'Table': 3}, **rate
    ),
}
results = {name: numbers(train(optimizer)[1][-1]) for name, optimizer in made.items()}

# Accumulated gradients move the weights once for two batches.
Accumulated = extend_with_gradient_accumulation(Adam, name='Accumulated')
history = train(Accumulated(0.1, grad_accum_steps=2, bias_correction=False), 4)[1]
moved = [after for before, after in zip(history, history[1:]) if not np.allclose(before[1], after[1])]
results['accumulated'] = numbers(moved[0])

# Averages of the weights that are no table.
optimizer = extend_with_exponential_moving_average(Adam, name='Averaged')(0.1, ema_momentum=0.9)
model, history = train(optimizer)
optimizer.apply_ema_weights()
results['averaged'] = numbers(model.get_weights()[1:])
optimizer.reset_old_weights()
results['restored'] = bool(np.allclose(model.get_weights()[1], history[-1][1]))
json.dump(results, open(result_path, 'w'))
