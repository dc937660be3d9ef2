"""Task models, new and trained: checkpoints, vocabularies and flags are checked, then everything is built."""

import dataclasses
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from baselines import losses
from baselines.data import word_list
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments, check_recipe, train_arguments
from baselines.experiment.input_files import checkpoint_folder, data_file
from baselines.experiment.members import ensemble_members
from baselines.experiment.run_folder import RunFolder
from baselines.models.adapters import LoraModel
from baselines.models.checkpoint import Checkpoint
from baselines.models.compatibility import check_length, check_model_parallel
from baselines.models.lora import Lora
from baselines.models.words import model_options
from baselines.plugins import task_catalog
from baselines.plugins.settings import make
from baselines.runtime.lean_imports import set_random_seed
from baselines.runtime.progress import Display
from baselines.storage.checkpoint_paths import absolute
from baselines.task import Recipe, Task
from baselines.task_models import few_labels
from baselines.task_models.binding import bind_task, self_terminating
from baselines.task_models.embedding import EmbeddingTaskModel
from baselines.task_models.encoder_decoder import bind_encoder_decoder
from baselines.task_models.ensemble import EnsembleTaskModel
from baselines.task_models.generation import GenerationTaskModel
from baselines.task_models.task_model import TaskModel
from baselines.tokenizers.tokenizer import SampledTokenizer, Tokenizer
from baselines.training import devices, engine, freezing, gradient_cache

if typing.TYPE_CHECKING:
    import keras

POLICIES = {"float32": "float32", "bf16": "mixed_bfloat16", "fp16": "mixed_float16"}


def create_task_model(
    name: str,
    task: Task,
    arguments: TrainArguments,
    labels: Sequence[str] | None,
    train_file: Path | tuple[Path, ...] | None,
    display: Display,
) -> TaskModel:
    """A TaskModel with a model from --init or from random weights, and a new head."""
    flags, recipe = arguments.flags, arguments.recipe
    task = bind_task(task, arguments.options, labels, train_file)
    folder = checkpoint_folder(flags, task.demo.checkpoint)
    words = getattr(arguments.options, "words", None)
    checkpoint = open_initial_checkpoint(folder, recipe, display, words, pre_tokenizer=flags.pre_tokenizer)
    task = bind_to_checkpoint(task, arguments, checkpoint.tokenizer, checkpoint.config)
    sampled = sampled_tokenizer(name, task, checkpoint.tokenizer, flags.sample_tokenization)
    table = task.head.token_table
    losses.check_losses(recipe.loss, arguments.settings, task.loss, name, table is not None)
    recipe = prepare_keras(recipe, display)
    gradient_cache.check_gradient_cache(recipe, task.loss)
    encoder = checkpoint.build_encoder(**task.head.encoder_options)
    model = task.head(encoder)
    freezing.freeze(model, recipe.freeze)
    recipe, tokenizer, config = engine.choose_padding(recipe, model), checkpoint.tokenizer, checkpoint.config
    task_model = task_model_type(task)(
        name, task, recipe, tokenizer, config, model, display, cache=flags.cache, sampled_tokenizer=sampled
    )
    if flags.from_scratch:
        display.note(f"starting from random weights: {folder} gives the configuration and the vocabulary")
    else:
        verdict = checkpoint.load(encoder, task_model.weight_names, flags.ignore_mismatched)
        display.note(f"{folder}: {verdict.summary()}")
    if recipe.lora:
        settings, loaded = make(Lora, "lora", arguments.settings), [fate.path for fate in verdict.used]
        task_model.lora = LoraModel(model, encoder, recipe.lora, settings, absolute(folder), loaded)
        display.note(f"LoRA: {trainable_share(model)} of the weights learn")
    embeddings = None if table is None else weight_of(task_model.model, table)
    loss = losses.build_training_loss(recipe.loss, arguments.settings, task.loss, embeddings)
    mode = few_labels.build(recipe, arguments.settings)
    task_model.training_loss = mode.training_loss(loss) if mode else loss
    return task_model


def sampled_tokenizer(name: str, task: Task, tokenizer: Tokenizer, alpha: float) -> SampledTokenizer | None:
    """What cuts training texts at random, for --sample_tokenization; None for a negative number.

    Raises:
        InputError: The tokenizer has one way to cut a text, or the task draws its rows in a way of its own.
    """
    if alpha < 0:
        return None
    if not math.isfinite(alpha):
        raise InputError(f"--sample_tokenization: expected a finite number. Received: {alpha}")
    if task.sampling is not None:
        raise InputError(f"--sample_tokenization: {name} draws its rows from encoded texts. Leave the flag out.")
    return tokenizer.sampled(alpha)


def open_initial_checkpoint(
    source: str | Path,
    recipe: Recipe,
    display: Display,
    words: str | None = None,
    vocabulary: str | Path | None = None,
    pre_tokenizer: str | None = None,
) -> Checkpoint:
    """The Checkpoint that a new model starts from.

    Args:
        source: Folder of a checkpoint, or config.json.
        words: File of words that join the vocabulary, or None.
        vocabulary: Folder of the vocabulary, if it is another one.
        pre_tokenizer: "jieba", "none", or None for that of the checkpoint.

    Raises:
        InputError: The checkpoint does not fit the recipe.
    """
    fields = model_options(recipe.model_options)
    checkpoint = Checkpoint.open(source, vocabulary, recipe.model, fields, pre_tokenizer, note=display.note)
    check_model_parallel(recipe, checkpoint.config)
    if words is not None:
        known = len(checkpoint.tokenizer.vocabulary)
        checkpoint = checkpoint.with_words(word_list.read(words))
        new = len(checkpoint.tokenizer.vocabulary) - known
        display.note(f"vocabulary: {new} words of {words} added to {known} tokens")
    check_length(recipe.max_length, checkpoint.config, source)
    return checkpoint


def bind_to_checkpoint(task: Task, arguments: TrainArguments, tokenizer: Tokenizer, config: Any) -> Task:
    """The task completed by what its checkpoint says: the id of the end, encoder and decoder, the ids of words for `--few pet`."""
    task = bind_encoder_decoder(self_terminating(task, arguments.options, tokenizer), config)
    return few_labels.bind(task, arguments.recipe, arguments.settings, tokenizer)


def task_model_type(task: Task) -> type[TaskModel]:
    """The TaskModel for the kind of output that the task's head declares."""
    return {"embedding": EmbeddingTaskModel, "text": GenerationTaskModel}.get(task.head.output_kind, TaskModel)


def trainable_share(model: keras.Model) -> str:
    """Such as "1.2 of 102.3 M"."""
    counts = [sum(math.prod(weight.shape) for weight in weights) for weights in (model.trainable_variables, model.weights)]
    return f"{counts[0] / 1e6:.2f} of {counts[1] / 1e6:.1f} M"


def weight_of(model: keras.Model, path: str) -> np.ndarray:
    """A copy of a model's weight, NumPy."""
    return np.array(next(weight for weight in model.weights if weight.path == path).numpy())


def load_task_model(
    name: str, task: Task, arguments: TrainArguments, labels: Sequence[str] | None, folder: Path, display: Display
) -> TaskModel:
    """A TaskModel with the weights that a run kept as its best."""
    task = bind_task(task, arguments.options, labels, None)
    recipe = prepare_keras(arguments.recipe, display, training=False)
    checkpoint = Checkpoint.open(folder, note=display.note, unchanged=True)
    task = bind_to_checkpoint(task, arguments, checkpoint.tokenizer, checkpoint.config)
    encoder = checkpoint.build_encoder(**task.head.encoder_options)
    model = task.head(encoder)
    recipe, tokenizer, config = engine.choose_padding(recipe, model), checkpoint.tokenizer, checkpoint.config
    task_model = task_model_type(task)(name, task, recipe, tokenizer, config, model, display, cache=arguments.flags.cache)
    checkpoint.load(model, task_model.weight_names, task_weights=True)
    task_model.encoder = encoder
    return task_model


def prepare_keras(recipe: Recipe, display: Display, training: bool = True) -> None:
    """Chooses devices, seeds, engine and precision, before anything is built.

    Args:
        recipe: Recipe.
        display: Display for notes about what was chosen.
        training: Whether the engine is worth a line.

    Returns:
        The Recipe, whose `jit` and `precision` are no longer "auto".
    """
    used = devices.spread(recipe)
    if used:
        display.note(used)
    recipe, engine_note = engine.choose_engine(recipe)
    if engine_note and training:
        display.note(engine_note)
    if recipe.precision == "fp16" and all("cpu" in device.lower() for device in devices.available()):
        display.note("fp16 on a CPU is computed in float32: the same result as on a GPU, but slower than float32")
    set_random_seed(recipe.seed)
    keras.config.set_floatx("float32")                                  # whatever ~/.keras/keras.json says
    keras.config.set_dtype_policy(POLICIES[recipe.precision])
    return recipe


def open_run(
    run: RunFolder, name: str | None, display: Display, devices: str = "one", changes: Mapping | None = None
) -> tuple[TaskModel | EnsembleTaskModel, TrainArguments]:
    """(TaskModel with the run's best weights, its TrainArguments). Raises InputError if `name` is another task than the run's.

    run       of an ensemble, its models are opened as an EnsembleTaskModel
    devices   those that compute now, with the padding that suits them: what a run was trained on is no part of its weights
    changes   {option: value} of the task that are others than in training
    """
    task_name, task, arguments = arguments_of_run(run, name, devices, changes)
    if members := ensemble_members(run):
        models = [open_run(RunFolder.open(member.path), task_name, display, devices, changes)[0] for member in members]
        return EnsembleTaskModel(models, [member.weight for member in members]), arguments
    arguments = with_demo_files(run, task_name, task, arguments, lambda: Tokenizer.from_folder(run.require_best()))
    labels = run.read_labels()
    return load_task_model(task_name, task, arguments, labels, run.require_best(), display), arguments


def arguments_of_run(
    run: RunFolder, name: str | None = None, devices: str = "one", changes: Mapping | None = None
) -> tuple[str, Task, TrainArguments]:
    """(full name of the task, the task, TrainArguments) of a run, for its use on `devices` and with `changes`, see `open_run`."""
    values = run.read_recipe()
    task_name, task = task_catalog.find(values.pop("task"))
    if name and task_catalog.find(name)[0] != task_name:
        raise InputError(f"{run} is a run of {task_name}, not of {name}. Leave the task out, or give another run.")
    values |= {"devices": devices, "model_parallel": 1, "pad_to_multiple_of": "auto", **(changes or {})}
    return task_name, task, check_recipe(train_arguments(task, values, run.path / "recipe.yaml"))


def with_demo_files(
    run: RunFolder, name: str, task: Task, arguments: TrainArguments, tokenizer: Callable[[], Tokenizer]
) -> TrainArguments:
    """The TrainArguments of a run with --demo, completed by what its task prepares for it; else as they are.

    tokenizer   function that gives that of the run's model
    """
    if not arguments.flags.demo or task.demo.prepare is None:
        return arguments
    file = lambda split: data_file(name, task, split, None, True)       # noqa: E731
    return dataclasses.replace(arguments, options=task.demo.prepare(arguments.options, run.path, tokenizer, file))
