"""ExportedTaskModel: a task with its tokenizer and an exported graph, in onnxruntime alone. It predicts, and does not learn."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.data.batching import Batches
from baselines.data.encoded_dataset import EncodedDataset
from baselines.decoding.label_path import best_path
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments, check_recipe, train_arguments
from baselines.experiment.export_folder import ExportFolder
from baselines.exporting.onnx_session import OnnxSession
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display
from baselines.task import Recipe, Task
from baselines.task_models import few_labels
from baselines.task_models.binding import bind_task, self_terminating
from baselines.task_models.predicting import PredictingModel
from baselines.tokenizers.tokenizer import Tokenizer


@dataclasses.dataclass
class ExportedTaskModel(PredictingModel):
    """A PredictingModel of an export. `open_export` makes them.

    Attributes:
        name: Of the task.
        task: The task, bound.
        recipe: Of the run.
        tokenizer: Of the run's checkpoint.
        display: Where messages and progress go.
        run: {input: array} -> {output: array}, the graph.
        features: {input of the graph: feature of a row}.
        cache: Folder that keeps encoded rows for the next run; "" keeps nothing.
    """

    name: str
    task: Task
    recipe: Recipe
    tokenizer: Tokenizer
    display: Display
    run: Any
    features: Mapping[str, str]
    cache: str = ""

    def steps(self) -> None:
        """None: a graph has no compiled steps. `predict` takes it as a TaskModel takes its own."""

    def batches(self, encoded: EncodedDataset, batch_size: int) -> Batches:
        """Batches of encoded rows; few rows make a small batch, because a graph takes any number."""
        return super().batches(encoded, max(1, min(batch_size, len(encoded))))

    def _outputs(self, steps, batch):
        outputs = self.run({name: batch["features"][feature] for name, feature in self.features.items()})
        if "steps" in outputs:
            outputs = outputs | {"labels": best_path(outputs["initial"], outputs["steps"], outputs["mask"])}
        return outputs, None, None


def open_export(
    folder: str | Path, name: str | None, display: Display, changes: Mapping | None = None, run: Any = None
) -> tuple[ExportedTaskModel, TrainArguments]:
    """(The ExportedTaskModel of an export, the TrainArguments of its run).

    Args:
        folder: The folder.
        name: Expected task, or None.
        display: Where messages go.
        changes: Options of the task that differ from training.
        run: The graph as a function, where it is open already; None: onnxruntime opens it.

    Raises:
        InputError: The folder is no export, of another task or in another format than ONNX, or damaged.
    """
    export = ExportFolder.open(folder)
    if export.about.get("kind") == "text":
        raise InputError(
            f"{export} generates text, which its example.py and other programs do. Give the run folder itself to predict or serve."
        )
    if run is None:
        export.require_onnx()
    values = export.read_recipe()
    task_name, task = task_catalog.find(export.task_name)
    if name and task_catalog.find(name)[0] != task_name:
        raise InputError(f"{export} is an export of {task_name}, not of {name}. Leave the task out, or give another folder.")
    values.pop("task", None)
    values |= {"pad_to_multiple_of": "1", **(changes or {})}            # any length costs the same
    arguments = check_recipe(train_arguments(task, values, export.path / "export.json"))
    task = bind_task(task, arguments.options, export.read_labels(), None)
    tokenizer = Tokenizer.from_folder(export.path)
    task = few_labels.bind(self_terminating(task, arguments.options, tokenizer), arguments.recipe, arguments.settings, tokenizer)
    features = {name: about["feature"] for name, about in export.about["inputs"].items()}
    model = ExportedTaskModel(
        task_name, task, arguments.recipe, tokenizer, display, run or OnnxSession(export.file("graph")), features,
        cache=arguments.flags.cache,
    )  # fmt: skip
    return model, arguments

