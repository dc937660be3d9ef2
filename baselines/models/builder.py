"""From a checkpoint folder or a config to a Keras model, with bert4keras' vocabulary of arguments."""

import contextlib
import dataclasses
import functools
from collections.abc import Mapping

import keras

from baselines.errors import InputError, nearest
from baselines.layers.activation import activation
from baselines.models import masks, options, vocabulary
from baselines.models.config import OTHER_NAMES, Config, read
from baselines.models.families import family
from baselines.storage.checkpoint_paths import folder_of
from baselines.weights.load import load_weights


def build_transformer_model(
    source,
    checkpoint=None,
    model="auto",
    mask="bidirectional",
    application=None,
    with_pool=False,
    with_nsp=False,
    with_mlm=False,
    keep_tokens=None,
    compound_tokens=None,
    dtype=None,
    ignore_mismatched=False,
    **config_options,
):
    """A functional model {"token_ids", "segment_ids"} -> {"hidden_states", and the heads asked for}.

    source             a checkpoint folder or TensorFlow prefix, a config file, the dict of one, or a Config
    checkpoint         folder or prefix of the weights, if not the folder `source`; a bare config gives random weights
    model              a family (a file of baselines/models), or auto: the config's model_type, else bert
    mask, application  who sees whom, see masks.py; application lm and unilm also give the MLM head
    with_pool, with_nsp, with_mlm   heads, see encoder.outputs
    keep_tokens        ids of the checkpoint's vocabulary, in their new order, the others go; -1: a new token (Vocabulary.keep_ids)
    compound_tokens    new tokens after those, each a list of ids to average or a pair (ids, weights)
    dtype              dtype policy, such as "mixed_bfloat16"; the global one unless given
    ignore_mismatched  go on with random weights where the checkpoint's lack or have another shape
    config_options     fields of Config that replace the file's: attention_key_size, attention_scale, ... (docs/models.md)

    Raises InputError for an unfit config, checkpoint or family, ValueError for arguments that contradict each other.
    """
    mask, with_mlm = masks.resolve(mask, application, with_mlm)
    config = configure(source, model, keep_tokens, compound_tokens, **config_options)
    options.require_compatible(config, mask)
    module = family(config.model_type)
    with dtype_policy(dtype):
        built = module.build(config, mask, with_pool=with_pool, with_nsp=with_nsp, with_mlm=with_mlm)
    checkpoint = checkpoint or weights_of(source)
    if checkpoint:
        adapt = {}
        if keep_tokens is not None or compound_tokens:
            rows = functools.partial(vocabulary.rows, keep_tokens=keep_tokens, compound_tokens=compound_tokens)
            adapt = dict.fromkeys(vocabulary.TABLES, rows)
        load_weights(built, checkpoint, module.weight_names(config), adapt=adapt, ignore_mismatched=ignore_mismatched)
    return built


def configure(source, model="auto", keep_tokens=None, compound_tokens=None, **config_options):
    """The Config of a model: that of `source`, with the family, the vocabulary's size and the fields given here."""
    if isinstance(source, Config):
        values, where = dataclasses.asdict(source), "config"
    elif isinstance(source, Mapping):
        values, where = source, "config"
    else:
        values, where = read(source)
    known = {field.name for field in dataclasses.fields(Config)} | set(OTHER_NAMES)
    for name in config_options:
        if name not in known:
            raise ValueError(f"expected a field of Config. Received: {name!r}. {nearest(name, known)}")
    given = {name: value for name, value in config_options.items() if value is not None}
    if model != "auto":
        given["model_type"] = model
    config = Config.from_dict({**values, **given}, where)
    try:
        activation(config.hidden_act)
    except ValueError as error:
        raise InputError(
            f"{where}: expected hidden_act to be gelu, gelu_tanh or one of Keras' activations. "
            f"Received: {config.hidden_act!r}. Correct the config."
        ) from error
    return dataclasses.replace(config, vocab_size=vocabulary.size(config.vocab_size, keep_tokens, compound_tokens))


def weights_of(source):
    """The folder or prefix whose weights belong to `source`: itself, or None for a config alone."""
    return source if not isinstance(source, (Config, Mapping)) and folder_of(source).is_dir() else None


@contextlib.contextmanager
def dtype_policy(name):
    """Keras' global dtype policy for the layers made inside, and the old one again afterwards."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name or before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
