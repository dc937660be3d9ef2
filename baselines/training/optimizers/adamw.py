"""Adam with decoupled weight decay. Loshchilov and Hutter, 2019, arXiv:1711.05101."""

import re

import keras

NOT_DECAYED = re.compile(r"bias|norm", re.IGNORECASE)
"""bert4keras' exclusions (biases and norms), matched against the path of a variable: names differ between backends."""


def build(recipe, rate, weights):
    """rate: float or schedule; weights: the trainable variables. Returns a built Keras optimizer, epsilon 1e-6 as BERT's."""
    optimizer = keras.optimizers.AdamW(
        learning_rate=rate,
        weight_decay=recipe.weight_decay,
        epsilon=1e-6,
        global_clipnorm=recipe.clip_norm or None,
    )
    optimizer.exclude_from_weight_decay(var_list=[w for w in weights if NOT_DECAYED.search(w.path)])
    optimizer.build(weights)
    return optimizer
