"""TrainableModel: a Keras model with all that a run needs to train, save and load it. TaskModel and pretraining build on it."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from baselines.models.families import family, literals
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.json_files import write_json_object
from baselines.task import Pretraining, Recipe, Task
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.training.steps import Steps
from baselines.weights.load import load_weights
from baselines.weights.save import save_hugging_face


@dataclasses.dataclass
class TrainableModel:
    """The model of one run.

    Attributes:
        name: Of the task or the objective.
        task: The task (bound) or the objective.
        recipe: Hyperparameters.
        tokenizer: The checkpoint's tokenizer.
        config: The encoder's Config.
        model: The encoder with the task's head.
        display: Where messages and progress go.
        training_loss: What updates minimize; None: the task's own loss. Rows are always scored by the task's own loss, so that
            runs can be compared.
        encoder: Of a trained model: the model under the head, with the same weights.
        stored_dtype: Of the weights in a saved checkpoint; None: as they are.
        lora: The LoraModel of a model that learns by adapters, or None.
    """

    name: str
    task: Task | Pretraining
    recipe: Recipe
    tokenizer: Tokenizer
    config: Any
    model: keras.Model
    display: Display
    training_loss: Any = None
    encoder: keras.Model | None = None
    stored_dtype: str | None = None
    lora: Any = None
    output_names: typing.ClassVar[tuple[str, ...] | None] = None
    """Outputs of scored rows that are looked at, besides their losses; None: all."""
    verb: typing.ClassVar[str] = "train"
    """The verb that resumes such a run."""

    @property
    def weight_names(self) -> Mapping[str, Any]:
        """{variable path: its names in checkpoints}, with those optional that the head says may be new."""
        names, new = family(self.config.model_type).weight_names(self.config), self.task.head.optional_weights
        return {path: dataclasses.replace(name, optional=name.optional or path.startswith(new)) for path, name in names.items()}

    def steps(self, optimizer: Any = None, strategies: Sequence = (), full_pass: Any = None) -> Steps:
        """The compiled steps of training, scoring and prediction."""
        return Steps(
            self.model,
            self.task.loss,
            optimizer,
            strategies,
            jit=self.recipe.jit == "true",
            clip_norm=self.recipe.clip_norm,
            clip=self.recipe.clip,
            recompute=self.recipe.recompute,
            divergence=self.task.head.divergence,
            full_pass=full_pass,
            training_loss=self.training_loss,
            output_names=self.output_names,
            gradient_cache=self.recipe.gradient_cache and optimizer is not None,
        )

    def save_checkpoint(self, path: Any) -> None:
        """Write the folder `path` in one step: config.json, model.safetensors with the head, vocabulary, labels."""
        values = self.config.to_hugging_face()
        if self.task.labels:
            values["id2label"] = dict(enumerate(self.task.labels.names))
            values["label2id"] = {name: index for index, name in enumerate(self.task.labels.names)}
        if literals(self.config.model_type)["MASK"] == "causal":        # what transformers' generate begins and ends with
            values["bos_token_id"] = self.tokenizer.start_ids[0] if self.tokenizer.start_ids else None
            values["eos_token_id"] = self.tokenizer.vocabulary.sep_id
        with atomic_folder(path) as folder:
            write_json_object(folder / "config.json", values)
            self.tokenizer.save(folder)
            if self.lora:
                self.lora.save(folder, self.weight_names)
                return
            files = [file.name for file in folder.iterdir()]
            save_hugging_face(self.model, folder, self.weight_names, self.stored_dtype, files)

    def load_checkpoint(self, path: Any) -> None:
        """Load the weights, including the head's, of a folder that `save_checkpoint` wrote."""
        if self.lora:
            self.lora.load(Path(path), self.weight_names)
        else:
            load_weights(self.model, path, self.weight_names, task_weights=True)
