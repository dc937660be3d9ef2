"""Predictions of a file or of texts, by a trained model or an exported graph. Nothing here needs Keras."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.writers import write_predictions
from baselines.errors import InputError
from baselines.evaluation.report import prediction_lines
from baselines.experiment.export_folder import ExportFolder
from baselines.runtime.progress import Display
from baselines.task import Example, Split
from baselines.task_models.exported import open_export
from baselines.task_models.predicting import PredictingModel


def predict_with_export(
    export: ExportFolder, source: str | tuple[str, ...], output: str | None = None, name: str | None = None, quiet: bool = False,
    changes: Mapping | None = None,
) -> list[dict]:  # fmt: skip
    """As finetuning.predict, with an exported graph in onnxruntime."""
    with Display(quiet) as display:
        model, _ = open_export(export.path, name, display, changes)
        predict = predict_texts if isinstance(source, tuple) else predict_file
        return predict(model, model.steps(), source, output)


def predict_texts(model: PredictingModel, steps: Any, texts: tuple[str, ...], output: str | Path | None = None) -> list[dict]:
    """Predicts the one example that these texts make; as predict_file."""
    check_texts(model, texts)
    examples = [Example(id=0, texts=texts, origin="the command line")]
    return write_lines(model, output, predict_split(model, steps, Split("test", None, examples)))


def check_texts(task_model: PredictingModel, texts: Sequence[str]) -> None:
    """Raises InputError for another number of texts than an example of the task has."""
    expected = task_model.task.num_texts
    if expected not in (None, len(texts)):
        raise InputError(
            f"{task_model.name} takes {expected} text{'s' * (expected > 1)} per example, not {len(texts)}. Put each text in quotes."
        )


def predict_file(
    task_model: PredictingModel, steps: Any, path: str | Path, output: str | Path | None = None, adjust: Callable | None = None
) -> list[dict]:
    """Predicts a file; returns the lines, and writes them to `output` if it is given."""
    return write_lines(task_model, output, predict_split(task_model, steps, task_model.read_split("test", path), adjust))


def write_lines(task_model: PredictingModel, output: str | Path | None, lines: list[dict]) -> list[dict]:
    """Writes prediction lines to `output` if it is given; returns them."""
    if output:
        write_predictions(output, lines, task_model.task.head.format_prediction)
        task_model.display.note(f"predictions: {output}")
    return lines


def predict_split(task_model: PredictingModel, steps: Any, split: Split, adjust: Callable | None = None) -> list[dict]:
    """Prediction lines of a split, whose gold is not read."""
    split = task_model.encode_split(split.without_gold())
    return prediction_lines(split.examples, task_model.predict(steps, split, adjust=adjust))
