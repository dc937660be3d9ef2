"""Optimal transport between two small sets of weights: the earth mover's distance, by POT's network simplex.

POT solves in float64 and exactly: no regularisation. If all weights are equal and both sides have the same size, the optimum is
an assignment, which SciPy finds several times faster.
"""

import dataclasses
import os
import warnings
from types import ModuleType

import numpy as np

from baselines.errors import InputError

MAX_SIZE_WITHOUT_WARNING = 500
"""Points per side above which a warning says that the time grows with the cube."""
TOLERANCE = 1e-6
"""Maximum difference of the sum of weights from 1."""
PIVOTS = 10_000_000


@dataclasses.dataclass(frozen=True)
class Transport:
    """An optimal transport.

    Args:
        value: sum(plan * costs), the minimum.
        plan: float64 (m, n), the weight that moves from i to j.
        potentials: (m,) and (n,). Their sum with the weights is also `value`, and u_i + v_j <= costs_ij.
    """

    value: float
    plan: np.ndarray
    potentials: tuple[np.ndarray, np.ndarray]


def transport(p: np.ndarray, q: np.ndarray, costs: np.ndarray) -> Transport:
    """Solves optimal transport.

    Args:
        p: Weights (m,) of sum 1.
        q: Weights (n,) of sum 1.
        costs: Costs (m, n).

    Returns:
        The optimal Transport.

    Raises:
        InputError: Weights are negative or do not sum to 1, shapes do not fit, or a number is not finite.
        RuntimeError: The solver fails.
    """
    costs = np.ascontiguousarray(costs, np.float64)
    if costs.ndim != 2 or not np.isfinite(costs).all():
        raise InputError(f"costs: shape {costs.shape} is not (m, n), or a number is NaN or infinite. Give finite numbers.")
    p, q = weights(p, "p", costs.shape[0]), weights(q, "q", costs.shape[1])
    if min(costs.shape) > MAX_SIZE_WITHOUT_WARNING:
        m, n = costs.shape
        warnings.warn(f"optimal transport of {m} x {n} points: the work grows with the cube", stacklevel=2)
    plan, log = pot().emd(p, q, costs, numItermax=PIVOTS, log=True, check_marginals=False)
    if log["warning"] is not None:
        raise RuntimeError(f"optimal transport was not solved: {log['warning']}")
    return Transport(float((plan * costs).sum()), plan, (log["u"], log["v"]))


def least_cost(p: np.ndarray | None, q: np.ndarray | None, costs: np.ndarray) -> float:
    """The value of `transport` for valid weights above 0 and costs of at least 0. None means equal weights."""
    m, n = costs.shape
    if m == 1 or n == 1:                                                # the plan is forced
        p, q = (np.full(m, 1 / m) if p is None else p), (np.full(n, 1 / n) if q is None else q)
        return max(float(p @ costs @ q), 0.0)
    if p is None and q is None and m == n:
        from scipy.optimize import linear_sum_assignment

        return max(float(costs[linear_sum_assignment(costs)].mean()), 0.0)
    plan = transport(np.full(m, 1 / m) if p is None else p, np.full(n, 1 / n) if q is None else q, costs)
    return max(plan.value, 0.0)


def weights(values: np.ndarray, name: str, count: int) -> np.ndarray:
    """Weights as float64 (count,) of sum 1. Raises InputError for others."""
    values = np.asarray(values, np.float64)
    if values.shape != (count,):
        raise InputError(f"{name}: expected {count} weights, but got shape {values.shape}. Give one per row or column of costs.")
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError(f"{name}: a weight is negative, NaN or infinite. Give finite weights of at least 0.")
    total = values.sum()
    if abs(total - 1) > TOLERANCE:
        raise InputError(f"{name}: the weights sum to {total:.6g}, not 1. Divide them by their sum.")
    return values / total


def pot() -> ModuleType:
    """Imports the module ot without the deep-learning libraries that it would import if installed."""
    for library in ("PYTORCH", "JAX", "CUPY", "TENSORFLOW"):
        os.environ.setdefault(f"POT_BACKEND_DISABLE_{library}", "1")
    import ot

    return ot
