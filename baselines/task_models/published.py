"""A published checkpoint that was trained to continue texts, as a task model: it generates without a run."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format, dialogues
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import families, literals, trained_positions
from baselines.prompts import continuation, dialogue
from baselines.runtime.progress import Display
from baselines.task import Example, Generation, Recipe, Task
from baselines.task_models.generation import GenerationTaskModel
from baselines.task_models.loading import prepare_keras

MAX_LENGTH = 1024
"""Tokens of a prompt, for a model without a limit of its own."""
CONTINUED = Generation(continuation.prompt_of, GenerationConfig(top_p=0.95, max_tokens=100), continues=True)
REPLIED = Generation(dialogue.prompt_of, GenerationConfig(top_k=5, max_tokens=32), dialogue=True)


def open_published(source: str | Path, display: Display, replies: bool | None = None) -> GenerationTaskModel:
    """The task model of a checkpoint.

    Args:
        source: See `Checkpoint.open`.
        display: Display.
        replies: Whether texts are a dialogue to reply to; None: if the vocabulary has CDial-GPT's speakers.

    Raises:
        InputError: The model was not trained to continue texts.
    """
    checkpoint = Checkpoint.open(source, note=display.note)
    require_continuing(checkpoint.config.model_type, source)
    if replies is None:
        replies = bool(dialogue.speaker_ids(checkpoint.tokenizer))
    generation, length = REPLIED if replies else CONTINUED, trained_positions(checkpoint.config) or MAX_LENGTH
    config = dataclasses.replace(generation.config, max_tokens=min(generation.config.max_tokens, length // 2))
    task = Task(
        files={}, read=read_dialogues if replies else read_texts, encode=None, head=LanguageModelHead("causal"), loss=TokenMean(),
        decode=None, metric=None, generation=dataclasses.replace(generation, config=config), recipe=Recipe(max_length=length),
    )  # fmt: skip
    recipe = prepare_keras(task.recipe, display, training=False)
    encoder = checkpoint.build(**task.head.encoder_options)
    name, tokenizer, config = checkpoint.config.model_type, checkpoint.tokenizer, checkpoint.config
    return GenerationTaskModel(name, task, recipe, tokenizer, config, task.head(encoder), display, encoder=encoder)


def require_continuing(name: str, source: str | Path) -> None:
    """Raises InputError for a family that was not trained to continue texts."""
    if literals(name)["MASK"] != "causal":
        fitting = ", ".join(each for each in families() if literals(each)["MASK"] == "causal")
        raise InputError(
            f"--init {source}: {name} was not trained to continue texts. Choose a checkpoint of {fitting}, or train a run "
            "of a task that writes."
        )


def read_texts(path: str | Path) -> Iterator[Example]:
    """Examples of the field or column `text`."""
    for row in any_format.read(path):
        yield Example(id=row.id("id"), texts=(row.text("text"),), origin=row.origin)


def read_dialogues(path: str | Path) -> Iterator[Example]:
    """Examples of dialogues, each a history."""
    for row in dialogues.read(path, False):
        yield Example(id=row["id"], texts=tuple(row["utterances"]), origin=row.origin)
