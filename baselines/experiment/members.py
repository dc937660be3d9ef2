"""members.json: the runs behind a folder that was made of several, and how it was made.

{"made_by": "ensemble", "members": [{"run": "../seed1", "weight": 0.5}, …]}        paths are relative to the folder
"""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.run_folder import MEMBERS, RunFolder

ENSEMBLE, AVERAGE = "ensemble", "average"


@dataclasses.dataclass(frozen=True)
class Member:
    """A run (or a checkpoint) and its weight; the weights of all members sum to 1."""

    path: Path
    weight: float


def write_members(folder: RunFolder, made_by: str, members: Sequence[Member]) -> None:
    """Writes members.json.

    Args:
        folder: Folder of the ensemble or average.
        made_by: ENSEMBLE or AVERAGE.
        members: Its members.
    """
    rows = [{"run": os.path.relpath(member.path, folder.path), "weight": member.weight} for member in members]
    folder.write_json(MEMBERS, {"made_by": made_by, "members": rows})


def checkpoints_of(run: RunFolder) -> list[Path]:
    """The checkpoint folders that a run predicts with: its best, or those of an ensemble's members. Raises InputError without."""
    members = ensemble_members(run)
    return [run.require_best()] if members is None else [RunFolder.open(member.path).require_best() for member in members]


def ensemble_members(run: RunFolder) -> list[Member] | None:
    """The members of an ensemble's folder; None for any other run.

    Raises:
        InputError: members.json is damaged.
    """
    value = run.read_json(MEMBERS)
    if value is None:
        return None
    try:
        members = [Member(run.path / row["run"], float(row["weight"])) for row in value["members"]]
        made_by = value["made_by"]
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{run.path / MEMBERS} does not list runs and weights. Make the folder again.") from None
    if made_by != ENSEMBLE:
        return None
    if not members or min(member.weight for member in members) < 0 or not sum(member.weight for member in members) > 0:
        raise InputError(f"{run.path / MEMBERS}: the weights are not positive numbers. Make the folder again.")
    return members
