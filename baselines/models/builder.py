"""From a checkpoint folder or a config to a Keras model, with bert4keras' vocabulary of arguments."""

import contextlib
import dataclasses
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import keras

from baselines.errors import InputError, nearest
from baselines.layers.activation import activation
from baselines.models import graph_options, masks, options, recognition, surgery, vocabulary
from baselines.models.config import OTHER_NAMES, Config, read
from baselines.models.families import family, family_name, literals, option_names
from baselines.storage.checkpoint_paths import folder_of, local_path
from baselines.weights.checkpoint import open_checkpoint

Source = str | Path | Mapping[str, object] | Config
"""A checkpoint folder, a TensorFlow prefix, a name on a hub (hf:ORG/NAME), a config file, the dict of one, or a Config."""


def build_transformer_model(
    source: Source,
    checkpoint: str | Path | None = None,
    model: str = "auto",
    mask: str | None = None,
    application: str | None = None,
    with_pool: bool | str = False,
    with_nsp: bool | str = False,
    with_mlm: bool | str = False,
    with_discriminator: bool | str = False,
    condition_size: int | None = None,
    condition_hidden_size: int | None = None,
    condition_hidden_act: str | None = None,
    custom_position_ids: bool = False,
    share_segments: bool = False,
    keep_hidden_layers: Sequence[int] | None = None,
    autoresize: bool = False,
    keep_tokens: Sequence[int] | None = None,
    compound_tokens: Sequence[Sequence[int] | tuple] | None = None,
    dtype: str | None = None,
    ignore_mismatched: bool = False,
    **config_options: object,
) -> keras.Model:
    """A functional model {"token_ids", "segment_ids"} -> {"hidden_states", and the requested heads}.

    Args:
        source: A checkpoint folder or TensorFlow prefix, a name on a hub (hf:ORG/NAME, modelscope:ORG/NAME), a config file, the
            dict of one, or a Config.
        checkpoint: Folder or prefix of the weights, if not `source`. A config alone gives random weights.
        model: A family (a file of baselines/models), or "auto" for the config's model_type, else bert.
        mask: Attention mask, see masks.py; None for the family's own: "causal" for GPT's, else "bidirectional".
        application: bert4keras' name for the mask; "lm" and "unilm" also give the MLM head.
        with_pool: The pooler, True or the name of its activation; see encoder.outputs.
        with_nsp: The next-sentence head, likewise.
        with_mlm: The masked-language-model head, likewise. GPT's families have their language-model head in its place, always.
        with_discriminator: ELECTRA's head, likewise; see electra.build.
        condition_size: Columns of a further input "condition", on which every layer normalization depends.
        condition_hidden_size: Units of a dense layer between them, with the activation condition_hidden_act.
        condition_hidden_act: See condition_hidden_size.
        custom_position_ids: Take positions from a further input "position_ids" int32 (B, L).
        share_segments: Segments are rows of the token table.
        keep_hidden_layers: Numbers of the checkpoint's blocks that the model has, in their new order.
        autoresize: Give tensors of other shapes those of the model, see surgery.py: a start for another size.
        keep_tokens: Ids of the checkpoint's vocabulary in their new order, the others are dropped; -1 is a new token
            (Vocabulary.keep_ids).
        compound_tokens: New tokens behind them, each a list of ids to average or a pair (ids, weights).
        dtype: dtype policy, such as "mixed_bfloat16"; None for the global one.
        ignore_mismatched: Leave weights random that the checkpoint lacks or has in another shape.
        **config_options: Fields of Config that replace the file's: attention_key_size, attention_scale, … (docs/models.md).

    Raises:
        InputError: The config, the checkpoint or the family does not fit.
        ValueError: Arguments contradict each other.
    """
    config = configure(source, model, keep_tokens, compound_tokens, **config_options)
    mask, with_mlm = masks.resolve(mask, application, with_mlm, literals(config.model_type)["MASK"])
    whole = config
    if keep_hidden_layers is not None:
        surgery.check_blocks(keep_hidden_layers, config.num_hidden_layers)
        config = dataclasses.replace(config, num_hidden_layers=len(keep_hidden_layers))
    options.check_options(config, mask)
    module = family(config.model_type)
    heads = {"with_pool": with_pool, "with_nsp": with_nsp, "with_mlm": with_mlm}
    if with_discriminator:
        require_argument(module, "with_discriminator")
        heads["with_discriminator"] = with_discriminator
    with dtype_policy(dtype):
        result = module.build(config, mask, **heads)
        if share_segments:
            result = graph_options.with_shared_segments(result)
        if custom_position_ids:
            result = graph_options.with_position_ids(result)
        if condition_size:
            result = graph_options.with_condition(result, condition_size, condition_hidden_size, condition_hidden_act)
    checkpoint = checkpoint or weights_of(source)
    if checkpoint:
        rows = functools.partial(vocabulary.rows, keep_tokens=keep_tokens, compound_tokens=compound_tokens)
        adapt = vocabulary.adapters(rows) if keep_tokens is not None or compound_tokens else {}
        if autoresize:
            adapt = surgery.chained(adapt, surgery.resizers(result, config))
        tensors, names = open_checkpoint(checkpoint), module.weight_names(config)
        if keep_hidden_layers is not None:
            tensors, names = surgery.kept_blocks(tensors, whole, keep_hidden_layers)
        recognition.load(result, tensors, names, config, adapt=adapt, ignore_mismatched=ignore_mismatched)
    return result


def require_argument(module: ModuleType, name: str) -> None:
    """Raises InputError unless a family's `build` takes the argument."""
    if name not in inspect.signature(module.build).parameters:
        model = module.__name__.rpartition(".")[2]
        raise InputError(f"{name}: model={model} has no such head. Leave it out, or use another model.")


def configure(
    source: Source,
    model: str = "auto",
    keep_tokens: Sequence[int] | None = None,
    compound_tokens: Sequence[Sequence[int] | tuple] | None = None,
    **config_options: object,
) -> Config:
    """The Config of `source`, with the family, the vocabulary's size and the fields given here. Raises InputError."""
    if isinstance(source, Config):
        values, where = dataclasses.asdict(source), "config"
    elif isinstance(source, Mapping):
        values, where = source, "config"
    else:
        values, where = read(source)
    known = {field.name for field in dataclasses.fields(Config)} | set(OTHER_NAMES) | option_names()
    for name in config_options:
        if name not in known:
            raise ValueError(f"{name!r} is not a field of Config. {nearest(name, known)}")
    given = {name: value for name, value in config_options.items() if value is not None}
    if model not in ("auto", family_name(str(values.get("model_type")))):
        given["model_type"] = model
    config = Config.from_dict({**values, **given}, where)
    try:
        activation(config.hidden_act)
    except ValueError as error:
        raise InputError(
            f"{where}: unknown hidden_act {config.hidden_act[:60]!r}. Use gelu, gelu_tanh or one of Keras' activations."
        ) from error
    return dataclasses.replace(config, vocab_size=vocabulary.size(config.vocab_size, keep_tokens, compound_tokens))


def weights_of(source: Source) -> str | Path | None:
    """The folder or prefix whose weights belong to `source`: itself, or None for a config alone."""
    if isinstance(source, (Config, Mapping)):
        return None
    path = local_path(source)
    return path if folder_of(path).is_dir() else None


@contextlib.contextmanager
def dtype_policy(name: str | None) -> Iterator[None]:
    """Sets Keras' global dtype policy for the layers that are built inside; None changes nothing."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
