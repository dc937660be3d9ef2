"""bert4keras 0.11.5 on tf-keras: its model, its Adam with its weight decay, and train_on_batch, which compiles a tf.function.

XLA is off as in all of its examples; compile(jit_compile=True) works, starts 30 s later and was not faster.
"""

import json
import os
import tempfile
from importlib.metadata import version

os.environ |= {"TF_KERAS": "1", "TF_USE_LEGACY_KERAS": "1"}

import tensorflow as tf  # noqa: E402

# bert4keras extends the optimizers of TensorFlow 2.1 to 2.10; tf-keras has them here, and others under the old name.
tf.keras.optimizers.Optimizer = tf.keras.optimizers.legacy.Optimizer

from bert4keras.layers import Dense, Lambda  # noqa: E402
from bert4keras.models import build_transformer_model  # noqa: E402
from bert4keras.optimizers import Adam, extend_with_weight_decay  # noqa: E402
from worker import serve  # noqa: E402


def build(sizes: dict, options: list) -> tuple:
    tf.keras.utils.set_random_seed(0)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(sizes["config"], file)
        file.flush()
        bert = build_transformer_model(config_path=file.name, return_keras_model=False)
    first = Lambda(lambda x: x[:, 0])(bert.model.output)
    probabilities = Dense(sizes["classes"], activation="softmax", kernel_initializer=bert.initializer)(first)
    model = tf.keras.models.Model(bert.model.input, probabilities)
    optimizer = extend_with_weight_decay(Adam)(
        learning_rate=2e-5, weight_decay_rate=0.01, exclude_from_weight_decay=["Norm", "bias"], global_clipnorm=1.0
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer)

    def step(batch):
        token_ids, segment_ids, targets = batch
        return float(model.train_on_batch([token_ids, segment_ids], targets))

    packages = {name: version(name) for name in ("bert4keras", "tf-keras")}
    return step, model.count_params(), {**packages, "tensorflow": tf.__version__}


if __name__ == "__main__":
    serve(build)
