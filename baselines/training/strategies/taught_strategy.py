"""What the strategies have in common that learn from a trained run, which workflows/teaching.py opens."""

from typing import Any, ClassVar

from baselines.training.strategies.strategy import Strategy


class TaughtStrategy(Strategy):
    """A strategy with a teacher.

    Attributes:
        teacher: Run folder of the teacher, a setting.
        teacher_labels: Whether the teacher predicts the gold of the training file.
        replaces_blocks: Whether the student's blocks take the teacher's places in its model, see `with_modules` in theseus.py;
            otherwise the student compares its outputs with the teacher's.
    """

    needs = ("teacher",)
    teacher: str
    teacher_labels: ClassVar[bool] = False
    replaces_blocks: ClassVar[bool] = False

    def with_updates(self, updates: int) -> Any:
        """The strategy for a training of this number of updates."""
        return self
