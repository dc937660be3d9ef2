"""An ensemble of runs: scored beside its members, with equal weights or with weights chosen on dev, and kept as a folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.evaluation.greedy_weights import greedy_weights
from baselines.evaluation.member_table import TABLE, member_table
from baselines.experiment.input_files import format_paths
from baselines.experiment.members import ENSEMBLE, Member
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_write
from baselines.task import Split
from baselines.task_models.ensemble import EnsembleTaskModel
from baselines.task_models.loading import open_run
from baselines.task_models.predicting import decode_rows
from baselines.workflows.finetuning import report_scores
from baselines.workflows.joint_folder import common_dev_file, write_joint_folder


def make_ensemble(
    runs: Sequence[RunFolder],
    output: str | None = None,
    file: Path | None = None,
    weights_from_dev: bool = False,
    quiet: bool = False,
    devices: str = "one",
    command: Sequence[str] = (),
) -> tuple[RunFolder, str]:
    """Scores runs together and writes the folder of their ensemble.

    Args:
        runs: Runs of one task with the same labels.
        output: Folder to write; None for a new one under runs/TASK.
        file: File to score on; None for the dev file of the runs.
        weights_from_dev: Choose the weights on that file, instead of equal ones.
        quiet: Print the table only.
        devices: "one", "all" or a number.
        command: Command line, for the record.

    Returns:
        (the folder, the table of scores).

    Raises:
        InputError: The runs have different dev files and no file is given, or their predictions cannot be joined.
    """
    if output:
        RunFolder.require_unused(output)
    path = common_dev_file(runs, file)
    with Display(quiet) as display:
        models = [open_run(run, None, display, devices)[0] for run in runs]
        ensemble = EnsembleTaskModel(models, np.ones(len(models)))
        split = ensemble.encode_split(ensemble.read_split("dev", path))
        outputs = ensemble.member_outputs(ensemble.steps(), split)
        held_out = None
        if weights_from_dev:
            ensemble.weights, held_out = weights_on(ensemble, split, outputs)
        predictions = ensemble.joint_predictions(split.examples, outputs, ensemble.weights)
        scores = dict(ensemble.task.metric(split.golds, predictions.of(split.examples)))
        table = member_table([*member_rows(ensemble, split, outputs, runs), ("ensemble", None, scores)])
        members = [Member(run.path, float(weight)) for run, weight in zip(runs, ensemble.weights, strict=True)]
        folder = write_joint_folder(runs[0], ENSEMBLE, members, output, file, command)
        display.log_to(folder.log)
        with atomic_write(folder.path / TABLE, "w") as text:
            text.write(table)
        report_scores(ensemble, split, scores, predictions, folder.path / "dev")
        if held_out:
            display.note(explain_fit(scores, held_out, path))
        display.note(f"ensemble: {folder}")
    return folder, table


def member_rows(ensemble: EnsembleTaskModel, split: Split, outputs: Sequence[tuple], runs: Sequence[RunFolder]) -> list[tuple]:
    """(name, weight, scores) of each member, by itself."""
    rows = []
    for run, model, weight, (owners, own) in zip(runs, ensemble.models, ensemble.weights, outputs, strict=True):
        predictions = decode_rows(model.task, split.examples, owners, own)
        rows.append((str(run), float(weight), model.task.metric(split.golds, predictions.of(split.examples))))
    return rows


def weights_on(ensemble: EnsembleTaskModel, split: Split, outputs: Sequence[tuple]) -> tuple[np.ndarray, dict[str, float]]:
    """(weights chosen on all of a split, scores of weights that were each chosen on one half and applied to the other)."""
    known = {}

    def predictions(weights):
        if weights not in known:
            known[weights] = ensemble.joint_predictions(split.examples, outputs, np.array(weights)).of(split.examples)
        return known[weights]

    def chosen_on(places):
        golds = [split.golds[place] for place in places]

        def score(weights):
            predicted = predictions(weights)
            return next(iter(ensemble.task.metric(golds, [predicted[place] for place in places]).values()))

        return greedy_weights(len(ensemble.models), score)

    count = len(split.examples)
    if count < 2:
        raise InputError("--weights dev: one example is not enough to choose weights on. Give a larger file with --input.")
    halves = [range(0, count, 2), range(1, count, 2)]
    joined = [None] * count
    for one, other in (halves, halves[::-1]):
        predicted = predictions(tuple(chosen_on(one).tolist()))
        for place in other:
            joined[place] = predicted[place]
    return chosen_on(range(count)), dict(ensemble.task.metric(split.golds, joined))


def explain_fit(scores: Mapping[str, float], held_out: Mapping[str, float], path: object) -> str:
    """A sentence on what the score of weights is worth that were chosen on the file they are scored on."""
    name = next(iter(scores))
    return (
        f"The weights were chosen on {format_paths(path)}, so {name} {scores[name]:.4f} is optimistic. "
        f"With weights chosen on one half of it and scored on the other: {held_out[name]:.4f}"
    )
