"""Sessions of new and of trained models: checkpoints, vocabularies and flags are checked, then everything is built."""

import dataclasses
import functools

import keras
import numpy as np

from baselines import losses
from baselines.data import word_list
from baselines.embedding_session import EmbeddingSession
from baselines.errors import InputError
from baselines.heads.embedding import EmbeddingHead
from baselines.inputs import bind, checkpoint_folder
from baselines.losses.self_terminating import SelfTerminating
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import trained_positions
from baselines.models.vocabulary import TABLES
from baselines.models.vocabulary import rows as selected_rows
from baselines.models.words import model_options
from baselines.session import Session
from baselines.tokenizers.wordpiece import Tokenizer
from baselines.training import devices, gradient_cache
from baselines.weights.load import load_weights
from baselines.writing_session import WritingSession

POLICIES = {"float32": "float32", "bf16": "mixed_bfloat16", "fp16": "mixed_float16"}


def new_session(name, task, arguments, labels, train_file, display):
    """A Session with a model from --init or from random weights, and a new head."""
    flags, recipe = arguments.flags, arguments.recipe
    task = bound(task, arguments.options, labels, train_file)
    folder = checkpoint_folder(flags, task.demo_checkpoint)
    tokenizer = Tokenizer.from_folder(folder)
    task = self_terminating(task, arguments.options, tokenizer)
    table = getattr(task.head, "token_table", None)
    losses.check(recipe.loss, arguments.settings, task.loss, name, table is not None)
    prepare_keras(recipe, display)
    gradient_cache.check(recipe, task.loss)
    words = getattr(arguments.options, "words", None)
    tokenizer, config, adapt = configured(folder, recipe, tokenizer, words, flags.ignore_mismatched, display)
    encoder = encoder_of(task, config)
    session = kind_of(task)(name, task, recipe, tokenizer, config, task.head(encoder), display, flags.cache)
    if flags.from_scratch:
        display.note(f"starting from random weights: {folder} gives the configuration and the vocabulary")
    else:
        verdict = load_weights(encoder, folder, session.weight_names, adapt, ignore_mismatched=flags.ignore_mismatched)
        display.note(f"{folder}: {verdict.summary()}")
    embeddings = None if table is None else weight_of(session.model, table)
    session.training_loss = losses.build(recipe.loss, arguments.settings, task.loss, embeddings)
    return session


def configured(source, recipe, tokenizer, words, ignore_mismatched, display):
    """(tokenizer, config, what `load_weights` is to adapt) of a new model; what does not fit together is an InputError.

    source   folder of a checkpoint, or config.json           words   see `with_words`
    """
    config = configure(source, recipe.model, **model_options(recipe.model_options))
    check_model_parallel(recipe, config)
    check_vocabulary(tokenizer, config, source, ignore_mismatched)
    tokenizer, config, adapt = with_words(words, tokenizer, config, display)
    check_length(recipe.max_length, config, source)
    return tokenizer, config, adapt


def bound(task, options, labels, train_file):
    """The task completed by the user's files and, where it writes, by the flags that say how."""
    task = bind(task, options, labels, train_file)
    if task.writing is None:
        return task
    chosen = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(task.writing)}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    return dataclasses.replace(task, writing=dataclasses.replace(task.writing, **chosen))


def self_terminating(task, options, tokenizer):
    """The task whose texts always end, if a flag asks for it: that needs the end's id, so it comes after the tokenizer."""
    epsilon = getattr(options, "self_terminating", 0)
    return dataclasses.replace(task, loss=SelfTerminating(tokenizer.vocabulary.sep_id, epsilon)) if epsilon else task


def encoder_of(task, config):
    """The encoder that the task's head is attached to."""
    return build_transformer_model(config, **getattr(task.head, "encoder", {}))


def kind_of(task):
    """The Session that predicts as the task does."""
    if isinstance(task.head, EmbeddingHead):
        return EmbeddingSession
    return WritingSession if task.prompt else Session


def with_words(path, tokenizer, config, display):
    """(tokenizer, config, {variable path: what becomes of its array}) with the new words of a file, if there is one.

    Their embeddings begin as copies of that of padding, which means nothing yet. Bojone's nezha_gpt_dialog does so.
    """
    if path is None:
        return tokenizer, config, {}
    known = len(tokenizer.vocabulary)
    tokenizer = tokenizer.with_words(word_list.read(path))
    new = len(tokenizer.vocabulary) - known
    display.note(f"vocabulary: {new} words of {path} added to {known} tokens")
    surgery = {"keep_tokens": range(known), "compound_tokens": [[tokenizer.vocabulary.pad_id]] * new}
    return tokenizer, configure(config, **surgery), dict.fromkeys(TABLES, functools.partial(selected_rows, **surgery))


def weight_of(model, path):
    """A copy of a model's weight, NumPy."""
    return np.array(next(weight for weight in model.weights if weight.path == path).numpy())


def trained_session(name, task, arguments, labels, checkpoint, display):
    """A Session with the weights that a run kept as its best."""
    task = bound(task, arguments.options, labels, None)
    prepare_keras(arguments.recipe, display)
    config = configure(checkpoint)
    encoder = encoder_of(task, config)
    model = task.head(encoder)
    tokenizer = Tokenizer.from_folder(checkpoint)
    task = self_terminating(task, arguments.options, tokenizer)
    session = kind_of(task)(name, task, arguments.recipe, tokenizer, config, model, display, arguments.flags.cache)
    session.load_checkpoint(checkpoint)
    session.encoder = encoder
    return session


def prepare_keras(recipe, display):
    """Devices, seeds and precision, before anything is built."""
    found = devices.spread(recipe)
    if found:
        display.note(found)
    if recipe.precision == "fp16" and all("cpu" in device.lower() for device in devices.available()):
        display.note("fp16 on a CPU is computed by way of float32: the same result as on a card, but slower than float32")
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy(POLICIES[recipe.precision])


def check_vocabulary(tokenizer, config, folder, ignore_mismatched):
    """Raises InputError unless there is an embedding row for every token, and (unless ignored) a token for every row."""
    tokens, rows = len(tokenizer.vocabulary), config.vocab_size
    if tokens > rows or (tokens < rows and not ignore_mismatched):
        advice = "" if tokens > rows else " Or --ignore_mismatched, if the last rows are only padding."
        raise InputError(
            f"{folder}: expected the vocabulary and the embedding to be of one size. Received: {tokens} tokens and "
            f"vocab_size {rows}. Take both from the same checkpoint.{advice}"
        )


def check_model_parallel(recipe, config):
    """Raises InputError where heads and inner units cannot be cut into equal parts."""
    parts = recipe.model_parallel
    sizes = {"attention heads": config.num_attention_heads, "units": config.intermediate_size, "embeddings": config.embedding_size}
    for name, size in sizes.items():
        if size % parts:
            raise InputError(f"--model_parallel: expected a divisor of the model's {size} {name}. Received: {parts}.")


def check_length(max_length, config, folder):
    """Raises InputError for rows that are longer than a family with trained positions has positions."""
    limit = trained_positions(config)
    if limit and max_length > limit:
        raise InputError(
            f"--max_length: expected at most {limit}, the positions of {folder}. Received: {max_length}. "
            "Another family (nezha, roformer) has no such limit."
        )
