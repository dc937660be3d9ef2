"""Estimated memory of an update, to choose a batch size before anything is loaded.

    fixed      P (4 + 4 slots), and 4 P more where micro-batches are summed, 2 P where weights are cast to half precision
    per block  A = rows x (a L D + b L F + c H L²) x bytes: what backward needs of its inside
    stored     X = rows x 6 L D x bytes: what it needs of a block that is computed again; four enter and leave its branches, and the
               compiler keeps two more

    plain      fixed + max(N A + R, 4 P)
    recompute  fixed + max(N X + R, 4 P) + W A

P parameters, N blocks, L tokens, D hidden size, F inner columns, H score matrices, as the family counts them; slots: numbers kept
per weight, an optimizer's `slots` and the `copies` of strategies; rows: of a micro-batch, times the `passes` that a strategy
holds; R: embeddings and head;
W: the branch in hand with its gradients. Gradients (4 P) and activations are not added up: backward frees a block's as it makes the
other's. a, b, c, R and W are fitted to XLA's buffers for CPUs (tests/training/test_card_memory.py compares),
which fuses less than a GPU: there the truth is lower. Korthikanti et al., 2022, arXiv:2205.05198, count the same terms by hand.
"""

import dataclasses
from typing import Any

from baselines.training.optimizers.optimizer import Optimizer
from baselines.training.strategies.strategy import Strategy

BYTES = {"float32": 4, "bf16": 2, "fp16": 2}
PER_L_D, PER_L_F, PER_H_L_L = 16.0, 4.0, 2.1
KEPT, REST, WORKING = 6, 9.0, 0.72
"""X and R in units of L D per row, W in units of A."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """Settings that the planner varies: rows per micro-batch, micro-batches per update, recomputation, precision."""

    batch_size: int
    accumulate: int = 1
    recompute: bool = False
    precision: str = "float32"


@dataclasses.dataclass(frozen=True)
class Setup:
    """Settings that the planner keeps fixed: the model's Config, tokens of a row, optimizer, strategies, rows of an example, and
    of the weights how many learn (None: all), how many are copied for adapters, and blocks below which nothing learns."""

    config: object
    length: int
    optimizer: Optimizer
    strategies: tuple[Strategy, ...] = ()
    rows_per_example: int = 1
    trained: int | None = None
    adapted: int = 0
    frozen_blocks: int = 0


@dataclasses.dataclass(frozen=True)
class Memory:
    """Bytes of an update: weights, optimizer (its memory and that of strategies), gradients, activations."""

    weights: float
    optimizer: float
    gradients: float
    activations: float

    @property
    def total(self) -> float:
        return self.weights + self.optimizer + self.gradients + self.activations

    def largest(self) -> str:
        """Name of the largest part."""
        return max(dataclasses.asdict(self).items(), key=lambda part: part[1])[0]


def parameters(config: Any) -> tuple[int, int]:
    """Weights of a model: (in all, outside its embedding tables). Heads are left out, a thousandth or less."""
    sizes = config.sizes()
    return sizes.parameters, sizes.inside


def update_memory(setup: Setup, plan: Plan) -> Memory:
    """The Memory of an update on micro-batches of plan.batch_size examples."""
    config, length = setup.config, setup.length
    count, _ = parameters(config)
    trained = count if setup.trained is None else setup.trained
    half = plan.precision != "float32"
    rows = plan.batch_size * setup.rows_per_example * max([strategy.passes for strategy in setup.strategies], default=1)
    block = rows * block_activations(config, length, plan.precision)
    entry = rows * length * config.hidden_size * BYTES[plan.precision]
    stored = (config.sizes().blocks - setup.frozen_blocks) * (KEPT * entry if plan.recompute else block) + REST * entry
    again = WORKING * block if plan.recompute else 0
    gradients, summed = 4 * trained, plan.accumulate > 1 and not setup.optimizer.accumulates
    copies = setup.optimizer.slots + sum(strategy.copies for strategy in setup.strategies)
    return Memory(
        weights=(count + setup.adapted) * (4 + 2 * half),
        optimizer=4 * trained * copies,
        gradients=gradients + 4 * trained * summed,
        activations=max(stored - gradients, 0) + again,
    )


def block_activations(config: Any, length: int, precision: str) -> float:
    """Bytes per row that backward needs of a block's inside; attention's softmax is in float32 always."""
    bytes_each = BYTES[precision]
    sizes = config.sizes()
    linear = PER_L_D * length * config.hidden_size + PER_L_F * length * sizes.inner
    scores = PER_H_L_L * sizes.scores * length**2
    return linear * bytes_each + scores * (4 + bytes_each) / 2


def flops(config: Any, length: int, recompute: bool = False) -> float:
    """Of an update, per row: 2 per weight and token forward and twice that backward; attention's own products likewise.

    What is computed again leaves out the output projections of attention and feed-forward: see recompute.py.
    """
    sizes = config.sizes()
    attention = 2 * sizes.blocks * sizes.scores * length * (config.attention_key_size + config.attention_head_size)
    heads = config.num_attention_heads * config.attention_head_size
    outputs = sizes.blocks * config.hidden_size * (heads + config.intermediate_size)
    again = 2 * (sizes.multiplied - outputs) + attention if recompute else 0
    return length * (3 * (2 * sizes.multiplied + attention) + again)
