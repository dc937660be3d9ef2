"""A run that classifies, tags or reads: one example in, its prediction out."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.exported import open_export


class Predictor:
    """A ServedPredictor (serving/model_registry.py) of a trained TaskModel, or of an export.

    Args:
        task_model: A TaskModel with trained weights, or an ExportedTaskModel.

    Raises:
        InputError: The task's examples have more than two texts.
    """

    def __init__(self, task_model: Any):
        self.task_model, self.task_name, self.kind = task_model, task_model.name, task_model.task.head.output_kind
        self.texts = _names_of_texts(task_model, self.kind)
        self._steps = task_model.steps()

    @classmethod
    def from_run(cls, folder: str | Path, quiet: bool = True) -> "Predictor":
        """The best checkpoint of a run.

        Args:
            folder: Run folder.
            quiet: Report nothing on the way.

        Raises:
            InputError: The folder is no run, or the task's examples have more than two texts.
        """
        from baselines.task_models.loading import open_run  # here: an export needs no Keras

        with Display(quiet) as display:
            return cls(open_run(RunFolder.open(folder), None, display)[0])

    @classmethod
    def from_export(cls, folder: str | Path, quiet: bool = True) -> "Predictor":
        """The graph of an export, as `from_run`, in onnxruntime alone. Raises InputError for another folder."""
        with Display(quiet) as display:
            return cls(open_export(folder, None, display)[0])

    def predict(self, texts: tuple[str, ...]) -> dict:
        """Predicts one example.

        Args:
            texts: Its texts, in the order of `self.texts`.

        Returns:
            {"prediction"}, and where the task knows them "confidence" and "span".
        """
        example = Example(id=0, texts=texts, origin="the request")
        decode = functools.partial(answer_with_span, decode=self.task_model.task.decode) if self.kind == "answer" else None
        predictions = self.task_model.predict(self._steps, self.task_model.split_of([example]), decode)
        result = predictions.by_id[0] if self.kind == "answer" else {"prediction": predictions.by_id[0]}
        if predictions.confidences is None:
            return result
        return {**result, "confidence": round(float(predictions.confidences[0]), 6)}


def answer_with_span(example: Example, outputs: dict, decode: Callable) -> dict:
    """{"prediction": the text, "span": [start, end] of its characters in the passage, or None without an answer}.

    Args:
        example: (question, passage).
        outputs: Of the head, an item per window.
        decode: The task's stage, which chooses the text among the windows.
    """
    answer, passage = decode(example, outputs), example.texts[1]
    windows = zip(outputs["score"], outputs["start"], outputs["end"], strict=True)
    spans = [(score, start, end) for score, start, end in windows if answer and passage[start:end] == answer]
    return {"prediction": answer, "span": list(max(spans)[1:]) if spans else None}


def _names_of_texts(task_model, kind):
    count = task_model.task.num_texts
    if count not in (1, 2):
        raise InputError(f"{task_model.name}: its examples have {count} texts, a request has one or two. Use `run.py predict`.")
    if kind == "answer":
        return ("question", "passage")
    return ("text", "text_pair")[:count]
