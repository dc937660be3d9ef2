"""Loads exports to serve, in onnxruntime alone: a run's name is TASK/FOLDER, as in model_loading.py."""

from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.export_folder import ExportFolder
from baselines.inference.exported_embedder import ExportedEmbedder
from baselines.inference.predictor import Predictor
from baselines.losses.contrastive import EMBEDDING
from baselines.runtime.progress import Display
from baselines.serving.model_registry import ModelRegistry


def add_export(registry: ModelRegistry, folder: str | Path, display: Display) -> None:
    """Opens an export and adds it to the served models.

    Raises:
        InputError: The folder is no ONNX export, or another served model has its name.
    """
    export = ExportFolder.open(folder)
    export.require_onnx()
    name = f"{export.task_name}/{export.path.resolve().name}"
    if name in registry.runs:
        raise InputError(f"--run {folder}: two runs have the name {name}. Rename one folder.")
    if EMBEDDING in export.about["outputs"]:
        registry.embedders[name] = ExportedEmbedder(folder)
    else:
        registry.predictors[name] = Predictor.from_export(folder)
    display.note(f"{name}: ready, in onnxruntime")
