"""A task that writes texts, bound to a checkpoint with an encoder and a decoder; other tasks take the encoder alone."""

import dataclasses
import functools

from baselines.errors import InputError
from baselines.models.config import Config
from baselines.models.encoder_decoder import decoder_start
from baselines.models.families import is_encoder_decoder
from baselines.prompts.encoder_decoder import encode_source_and_target
from baselines.task import Task


def bind_encoder_decoder(task: Task, config: Config) -> Task:
    """The task whose rows and head are those of the model's family.

    Raises:
        InputError: The task needs one model that reads and writes under one mask.
    """
    if not is_encoder_decoder(config.model_type):
        return task
    if task.head.output_kind != "text":
        if "mask" in task.head.encoder_options:
            raise InputError(
                f"This task reads and writes with one encoder, but {config.model_type} has an encoder and a decoder. "
                "Choose a checkpoint such as bert, nezha or roformer."
            )
        return task
    start = decoder_start(config)
    encode = functools.partial(encode_source_and_target, encode=task.encode, start_ids=start)
    return dataclasses.replace(task, encode=encode, head=task.head.with_encoder(start, config.pad_token_id))
