"""The vector of the first token, [CLS]."""

import keras


@keras.saving.register_keras_serializable(package="baselines")
class FirstToken(keras.layers.Layer):
    """x (B, L, D) -> (B, D)."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x):
        return x[:, 0]

    def compute_mask(self, x, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[2])
