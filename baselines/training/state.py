"""The state that a run resumes from, in one file written atomically.

Weights, dropout seeds, optimizer slots, the state of strategies, and the position in the data.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from safetensors import SafetensorError, safe_open

from baselines.errors import InputError
from baselines.weights import safetensors_file


@dataclasses.dataclass
class Position:
    """The progress of a run and its best score.

    epoch, update   finished epochs, and updates done in the current one
    updates         updates done in total
    losses          of the updates since the last line in metrics.jsonl, and the gradient norm of the last one
    more            further numbers of the last update for metrics.jsonl
    metrics_size    bytes of metrics.jsonl at this point: later lines are rewritten
    seconds         of updates, in total; step_seconds: median of an update since the process began, which leaves out compilation
    best            best dev score so far, and the epoch that reached it; stale counts the epochs since
    """

    epoch: int = 0
    update: int = 0
    updates: int = 0
    losses: list = dataclasses.field(default_factory=list)
    gradient_norm: float = 0.0
    more: dict = dataclasses.field(default_factory=dict)
    metrics_size: int = 0
    best: float | None = None
    best_epoch: int | None = None
    stale: int = 0
    seconds: float = 0.0
    step_seconds: float = 0.0
    finished: bool = False


def save_state(path: Path, model: Any, optimizer: Any, position: Position, memory: Sequence = ()) -> None:
    """Writes the file `path` atomically. The Keras variables must hold the current values (`Steps.sync`).

    memory   the state variables of strategies
    """
    arrays = {name: np.asarray(ops.convert_to_numpy(variable)) for name, variable in _named(model, optimizer, memory)}
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors_file.write(path, arrays, metadata={"position": json.dumps(dataclasses.asdict(position))}, digest=True)


def read_position(path: Path) -> Position:
    """The position stored in a state file. Raises InputError if it is missing or corrupted."""
    try:
        with safe_open(path, framework="numpy") as file:
            return Position(**json.loads(file.metadata()["position"]))
    except FileNotFoundError:
        raise InputError(
            f"{path}: no saved state to resume from. Start again: python run.py rerun {path.parent.parent}"
        ) from None
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: the saved state is corrupted ({error}). Copy the run folder again, or start again: "
            f"python run.py rerun {path.parent.parent}"
        ) from None


def load_state(path: Path, model: Any, optimizer: Any, memory: Sequence = ()) -> Position:
    """Assigns a saved state to the variables and returns its position. Raises InputError if it belongs to another model."""
    position = read_position(path)
    with safe_open(path, framework="numpy") as file:
        safetensors_file.verify(path, file)
        named = _named(model, optimizer, memory)
        expected, received = {name for name, _ in named}, set(file.keys())
        if expected != received:
            examples = sorted(expected ^ received)[:3]
            raise InputError(
                f"{path}: the state belongs to another model, optimizer or strategy (different: {', '.join(examples)}). "
                "Resume with the run's own recipe."
            )
        for name, variable in named:
            value = file.get_tensor(name)
            if value.shape != tuple(variable.shape):
                raise InputError(
                    f"{path}: {name} has the shape {value.shape}, not {tuple(variable.shape)}. Resume with the run's own model."
                )
            variable.assign(value)
    return position


def _named(model, optimizer, memory):
    # Keras numbers optimizers and seed generators in the order of a process's life: only the last part of a path is stable.
    groups = {"model": model.variables, "optimizer": optimizer.variables, "strategies": memory}
    return [
        (f"{group}/{index}/{variable.path.rpartition('/')[2]}", variable)
        for group, variables in groups.items()
        for index, variable in enumerate(variables)
    ]
