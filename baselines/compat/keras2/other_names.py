"""Names that Keras 2 had elsewhere: `lr`, losses, file names of checkpoints, `multi_gpu_model`, and modules by their old paths."""

import sys
import types
from typing import Any

import keras
from keras.src.losses import ALL_OBJECTS_DICT as known_losses
from keras.src.metrics import ALL_OBJECTS_DICT as known_metrics

from baselines.compat.keras2.notices import refused, translated

LOSSES = {
    "kullback_leibler_divergence": "kl_divergence", "kld": "kl_divergence", "KLD": "kl_divergence", "logcosh": "log_cosh",
    "huber_loss": "huber", "cosine_proximity": "cosine_similarity", "mse": "mean_squared_error", "MSE": "mean_squared_error",
    "mae": "mean_absolute_error", "MAE": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
}  # fmt: skip
"""{Keras 2's name of a loss or metric, in strings and in keras.losses: Keras 3's}"""
_optimizer_init = keras.optimizers.Optimizer.__init__
_checkpoint_init = keras.callbacks.ModelCheckpoint.__init__


def optimizer_init(self: keras.optimizers.Optimizer, learning_rate: Any = None, *args: Any, **options: Any) -> None:
    """As in Keras 3; `lr` is the learning rate, `decay` lowers it with the number of updates."""
    if "lr" in options:
        translated("lr=…", "learning_rate=…")
        learning_rate = options.pop("lr")
    decay = options.pop("decay", 0)
    if decay:
        translated("decay=…", "keras.optimizers.schedules.InverseTimeDecay")
        learning_rate = keras.optimizers.schedules.InverseTimeDecay(learning_rate, 1, decay)
    _optimizer_init(self, learning_rate, *args, **options)


def checkpoint_init(self: Any, filepath: Any, *args: Any, **options: Any) -> None:
    """As in Keras 3; a file of weights may have any name, and `period` is the number of epochs between two."""
    period = options.pop("period", 1)
    if period != 1:
        raise refused(f"ModelCheckpoint(period={period})", "Use save_freq, in batches.")
    _checkpoint_init(self, "any.weights.h5", *args, **options)
    self.filepath = str(filepath)


def multi_gpu_model(model: keras.Model, gpus: Any = None, **options: Any) -> keras.Model:
    """Raises InputError: a model is copied to devices by a strategy or a distribution."""
    raise refused(
        "keras.utils.multi_gpu_model",
        "Use bert4keras.models.data_parallel, tf.distribute.MirroredStrategy, keras.distribution.DataParallel, or --devices all.",
    )


def _module(name, **names):
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules.setdefault(name, module)
    return module


def install() -> None:
    """Adds these names to Keras."""
    for name, now in LOSSES.items():
        for module, known in ((keras.losses, known_losses), (keras.metrics, known_metrics)):
            known.setdefault(name, getattr(keras.losses, now))
            if not hasattr(module, name):
                setattr(module, name, getattr(keras.losses, now))
    optimizer = keras.optimizers.Optimizer
    optimizer.__init__ = optimizer_init
    optimizer.lr = property(lambda self: self.learning_rate, lambda self, value: setattr(self, "learning_rate", value))
    keras.callbacks.ModelCheckpoint.__init__ = checkpoint_init
    keras.utils.multi_gpu_model = multi_gpu_model
    names = {name: value for name, value in vars(keras.layers).items() if not name.startswith("_")}
    _module("keras.engine", Layer=keras.layers.Layer)
    _module("keras.engine.topology", **names)
    _module("keras.engine.base_layer", Layer=keras.layers.Layer)
    _module("keras.layers.core", **names)
    _module("keras.layers.embeddings", **names)
    _module("keras.layers.merge", **names)
    _module("keras.layers.recurrent", **names)
    _module("keras.layers.convolutional", **names)
    if not hasattr(keras.utils, "np_utils"):
        keras.utils.np_utils = _module("keras.utils.np_utils", to_categorical=keras.utils.to_categorical)
