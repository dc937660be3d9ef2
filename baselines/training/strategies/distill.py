"""Knowledge distillation: a small model learns the outputs of a trained one. Hinton et al., 2015, arXiv:1503.02531.

`run.py distill` chooses it; docs/distill.md. Logits are compared by the head's divergence at a temperature T, times T²; vectors by
the cosines between the texts of a batch (RoFormer-Sim, kexue.fm/archives/8454), which need not be of one size. Hidden states may be
learned too (TinyBERT, arXiv:1909.10351): of another width through a projection, which is the least-squares solution for the batches
so far, where TinyBERT trains one by its gradient. With several devices, cosines are those of a device's rows.
"""

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from baselines.errors import InputError
from baselines.losses.contrastive import EMBEDDING
from baselines.losses.similarity_structure import similarity_structure
from baselines.plugins.settings import flag, positive, ranges
from baselines.training.strategies.taught_strategy import TaughtStrategy

VECTOR_FACTOR = 100.0
"""RoFormer-Sim's factor of the squared differences of cosines."""
MOMENTUM = 0.95
"""Of the moments that the projection is computed from: about 20 micro-batches count."""
RIDGE = 1e-3


@dataclasses.dataclass(frozen=True)
class Distill(TaughtStrategy):
    """gold loss + weight divergence + hidden squared error; divergence and error are means over labeled and unlabeled rows."""

    teacher: str = ""
    """Run folder of the teacher, a run of the same task."""
    temperature: float = 2.0
    """The logits of teacher and student are divided by it."""
    weight: float = 1.0
    """Factor of the divergence."""
    gold: float = 1.0
    """Factor of the task's own loss on labeled rows; 0: learn from the teacher alone."""
    teacher_labels: bool = False
    """The teacher predicts the gold of the training file, whose own labels are not read."""
    hidden: float = 0.0
    """Factor of the mean squared error of hidden states; 0: none."""
    layers: tuple[str, ...] = ()
    """STUDENT:TEACHER, numbers of blocks from 1 whose outputs are compared, such as 1:2,2:4. Default: evenly spaced."""

    takes = ("unlabelled",)
    passes = 2
    widths: ClassVar[tuple[tuple[int, int, int], ...]] = ()
    """(number of a compared pair, student's and teacher's width), where they differ; see `with_widths`."""

    def __post_init__(self):
        ranges(self, weight=(0, None), gold=(0, None), hidden=(0, None))
        positive(self, "temperature")
        if not self.weight and not self.hidden:
            raise InputError(f"{flag(self, 'weight')} 0 without hidden states learns nothing from the teacher. Set one above 0.")

    def pairs(self, student: int, teacher: int) -> list[tuple[int, int]]:
        """[(block of the student, block of the teacher)], from 1, of models with these numbers of blocks.

        Raises InputError for blocks that a model does not have.
        """
        if not self.layers:
            return [(number, round(number * teacher / student)) for number in range(1, student + 1)]
        found = []
        for pair in self.layers:
            numbers = [int(word) if word.isdecimal() else 0 for word in pair.split(":")]
            if len(numbers) != 2 or not (1 <= numbers[0] <= student and 1 <= numbers[1] <= teacher):
                limits = f"with numbers up to {student} and {teacher}"
                raise InputError(f"{flag(self, 'layers')}: {pair!r} is not STUDENT:TEACHER {limits}. Write pairs such as 1:2.")
            found.append((numbers[0], numbers[1]))
        return found

    def with_widths(self, widths: list[tuple[int, int]]) -> "Distill":
        """The strategy for pairs of hidden states of these widths (student's, teacher's)."""
        result = copy.copy(self)
        differing = tuple((number, *pair) for number, pair in enumerate(widths) if pair[0] != pair[1])
        object.__setattr__(result, "widths", differing)                 # what the models say, not a setting
        return result

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        return {
            name: np.zeros((student + 1, columns), "float32")
            for number, student, teacher in self.widths
            for name, columns in ((f"square_{number}", student + 1), (f"cross_{number}", teacher))
        }

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        parts = [(step.batch, outputs)]
        if "unlabelled" in step.batch:
            unlabelled = step.batch["unlabelled"]
            parts.append((unlabelled, step.predict(weights, unlabelled["features"], training=True)))
        total = self.gold * loss
        counts = [step.total(ops.sum(ops.cast(batch["weights"], "float32"))) for batch, _ in parts]
        rows = ops.maximum(sum(counts), 1e-6)
        for count, (batch, student) in zip(counts, parts, strict=True):
            total += count / rows * self._apart(student, batch, step)
        return total, outputs

    def _apart(self, outputs, batch, step):
        """How far the student is from the teacher on the rows of a batch: float32 ()."""
        from keras import ops

        taught, result = batch["taught"], 0.0
        if self.weight and EMBEDDING in taught:
            structure = similarity_structure(taught[EMBEDDING], outputs[EMBEDDING], batch["weights"])
            result += self.weight * VECTOR_FACTOR * structure
        elif self.weight:
            soft = [softened(each, self.temperature) for each in (taught, outputs)]
            factor = self.temperature**2 if "logits" in taught else 1.0
            result += self.weight * factor * step.row_mean(step.divergence(*soft, batch["features"]), batch["weights"])
        states = sorted(name for name in taught if name.startswith("hidden_"))
        real = taught.get("real")
        for name in states:
            number = int(name.removeprefix("hidden_"))
            student, teacher = (ops.cast(each[name], "float32") for each in (outputs, taught))
            mask = ops.cast(real, "float32") * ops.cast(ops.expand_dims(batch["weights"], -1), "float32")
            projected = self._projected(number, student, teacher, mask, step)
            error = ops.mean(ops.square(projected - teacher), axis=-1)
            mean = step.total(ops.sum(error * mask)) / ops.maximum(step.total(ops.sum(mask)), 1e-6)
            result += self.hidden / len(states) * mean
        return result

    def _projected(self, number, student, teacher, mask, step):
        """The student's states (B, L, D) in the teacher's space, by the projection that fits the batches so far best."""
        from keras import ops

        if f"square_{number}" not in step.state:
            return student
        size, columns = step.state[f"cross_{number}"].shape
        states = ops.concatenate([student, ops.ones_like(student[..., :1])], axis=-1)
        rows = ops.stop_gradient(ops.reshape(states * ops.expand_dims(mask, -1), (-1, size)))
        targets = ops.reshape(teacher, (-1, columns))
        moments = {}
        for name, other in ((f"square_{number}", rows), (f"cross_{number}", targets)):
            new = step.total(ops.matmul(ops.transpose(rows), other))
            moments[name] = step.state[name] = MOMENTUM * step.state[name] + (1 - MOMENTUM) * new
        square, cross = moments.values()
        ridge = RIDGE * ops.trace(square) / size + 1e-6
        lower = ops.cholesky(square + ridge * ops.eye(size))
        inner = ops.solve_triangular(lower, cross, lower=True)
        projection = ops.solve_triangular(ops.transpose(lower), inner, lower=False)
        return ops.matmul(states, ops.stop_gradient(projection))


def softened(outputs: dict, temperature: float) -> dict:
    """The outputs with logits divided by the temperature."""
    from keras import ops

    return outputs | ({"logits": ops.cast(outputs["logits"], "float32") / temperature} if "logits" in outputs else {})


STRATEGY = Distill
