"""Memory planner: the batch size, accumulation, recomputation and precision with which a recipe fits a GPU.

All candidates learn from as many rows per update as the recipe. Of those that fit, the quickest is chosen: recomputation costs a
forward pass (about 6/5 of the FLOPs), and micro-batches of few tokens leave a GPU idle (half of it at 512 tokens, an assumption).
Precision changes numbers, so another than the recipe's is chosen only if the recipe's fits in no way.
"""

import dataclasses
import re
from collections.abc import Sequence

from baselines.errors import InputError
from baselines.task import Recipe
from baselines.training.memory_estimate import Memory, Plan, Setup, flops, update_memory

UNITS = {"": 1, "K": 1, "M": 2, "G": 3, "T": 4}
IDLE_TOKENS = 512
"""Tokens of a micro-batch that keep half of a GPU busy."""
RESERVED = 0.08
"""Of a GPU's memory, for its context, the compiler's scratch space and the allocator's gaps."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A Plan with its expected Memory and its time in that of the recipe's own plan without recomputation on a busy GPU."""

    plan: Plan
    memory: Memory
    time: float


def parse_bytes(text: str) -> float:
    """24GB, 24GiB, 8000MB -> bytes. Raises InputError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)(i?)B", text.strip(), re.IGNORECASE)
    size = float(match[1]) * (1024 if match[3] else 1000) ** UNITS[match[2].upper()] if match else 0
    if not size:
        raise InputError(f"--memory: {text!r} is not an amount of memory. Write it as 24GB, 24GiB or 8000MB.")
    return size


def candidates(setup: Setup, recipe: Recipe) -> list[Candidate]:
    """A Candidate for each precision, with and without recomputation, and each micro-batch that divides the recipe's update."""
    rows = recipe.batch_size * recipe.accumulate
    sizes = [size for size in range(rows, 0, -1) if rows % size == 0]
    plans = [
        Plan(size, rows // size, recompute, precision)
        for precision in dict.fromkeys([recipe.precision, "bf16"])
        for recompute in (False, True)
        for size in sizes
    ]
    return [candidate(setup, plan) for plan in plans]


def candidate(setup: Setup, plan: Plan) -> Candidate:
    config, length = setup.config, setup.length
    idle = 1 + IDLE_TOKENS / (plan.batch_size * setup.rows_per_example * length)
    time = idle * flops(config, length, plan.recompute) / flops(config, length)
    return Candidate(plan, update_memory(setup, plan), time)


def choose(candidates: Sequence[Candidate], precision: str, memory: float) -> Candidate | None:
    """The quickest Candidate that fits in `memory` bytes, in the recipe's precision if one does; None if none fits at all."""
    fitting = [one for one in candidates if one.memory.total <= memory * (1 - RESERVED)]
    own = [one for one in fitting if one.plan.precision == precision]
    return min(own or fitting, key=lambda one: (round(one.time, 3), one.memory.total), default=None)


def eval_batch_size(setup: Setup, recipe: Recipe, memory: float) -> int:
    """The recipe's, or the largest that fits beside weights and optimizer, which stay resident: a block's values, twice."""
    config, length = setup.config, setup.length
    resident = update_memory(setup, Plan(1))
    per_row = 4 * (config.num_attention_heads * length**2 + length * (4 * config.hidden_size + config.intermediate_size))
    free = memory * (1 - RESERVED) - resident.optimizer - resident.weights
    return max(1, min(recipe.eval_batch_size, int(free / (2 * per_row * setup.rows_per_example))))
