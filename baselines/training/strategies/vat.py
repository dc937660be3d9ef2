"""Virtual adversarial training: consistent answers around unlabeled texts. Miyato et al., 2017, arXiv:1704.03976.

Needs `--unlabelled FILE`: a batch of it goes with every batch of training. The paper perturbs every input, we the table. Su Jianlin
(kexue.fm/archives/7466) takes labeled and unlabeled updates in turn, by two optimizers; here one update learns from both.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import positive, ranges
from baselines.training.strategies.perturbation import OnTable, perturb, scale_to_norm


@dataclasses.dataclass(frozen=True)
class Vat(OnTable):
    """loss + weight D(epsilon u), where D(x) = KL(answers || answers at table + x) and u is the direction in which D grows most.

    Power iteration from fresh noise: u = gradient of D at xi u / ||u||. Answers, and gradients of D, are without dropout.
    """

    epsilon: float = 1.0
    """Length of the step."""
    xi: float = 10.0
    """Length of the step for the direction, suited to noise on the whole table: 10 / sqrt(21128) per token."""
    iterations: int = 1
    """Rounds that find the direction, each a forward and backward pass; 0: random noise."""
    weight: float = 1.0
    """Factor of the divergence in the loss."""

    needs = ("divergence", "unlabelled")
    passes = 3

    def __post_init__(self):
        ranges(self, epsilon=(0, None), iterations=(0, None), weight=(0, None))
        positive(self, "xi")

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        unlabelled = step.batch["unlabelled"]
        features = unlabelled["features"]
        clean = {name: ops.stop_gradient(array) for name, array in step.predict(weights, features).items()}

        def divergence(shift, training):
            others = step.predict(perturb(weights, self.table, shift), features, training)
            return step.row_mean(step.divergence(clean, others, features), unlabelled["weights"])

        direction = step.normal(weights[self.table].shape)
        for _ in range(self.iterations):
            start = ops.stop_gradient(scale_to_norm(direction, self.xi))
            _, _, gradients = step.differentiate(lambda arrays: (divergence(arrays["shift"], False), ()), {"shift": start})
            direction = ops.stop_gradient(gradients["shift"])
        return loss + self.weight * divergence(scale_to_norm(direction, self.epsilon), training=True), outputs


STRATEGY = Vat
