"""Learning rate by update: linear warm-up from 0, then linear decay to 0 or a constant. Devlin et al., 2018, arXiv:1810.04805."""

import keras
from keras import ops

SCHEDULES = ("linear", "constant")


@keras.saving.register_keras_serializable(package="baselines")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """rate(t) of update t = 0, 1, …: peak * (t + 1) / warmup_steps at first, then by `kind`; float32 scalar.

    With "linear" the last update, t = total_steps - 1, still moves: its rate is peak / (total_steps - warmup_steps).
    """

    def __init__(self, peak, warmup_steps, total_steps, kind="linear"):
        if kind not in SCHEDULES:
            raise ValueError(f"WarmupSchedule: expected kind to be one of {SCHEDULES}. Received: kind={kind!r}")
        self.peak, self.warmup_steps, self.total_steps, self.kind = peak, warmup_steps, total_steps, kind

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rate = (step + 1) / max(self.warmup_steps, 1)
        after = 1.0
        if self.kind == "linear":
            after = (self.total_steps - step) / max(self.total_steps - self.warmup_steps, 1)
        return self.peak * ops.clip(ops.where(step < self.warmup_steps, rate, after), 0.0, 1.0)

    def at(self, step):
        """The rate of an update as a Python float."""
        return float(ops.convert_to_numpy(self(step)))

    def get_config(self):
        names = ("peak", "warmup_steps", "total_steps", "kind")
        return {name: getattr(self, name) for name in names}
