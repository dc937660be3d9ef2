"""Fields of a model's configuration from a command line: `--model_options hidden_dropout_prob=0.3 attention_scale=log`."""

import dataclasses
from collections.abc import Sequence

from baselines.errors import InputError, excerpt, nearest
from baselines.models.config import Config
from baselines.models.families import option_names
from baselines.storage.yaml_files import parse_yaml_value


def model_options(words: Sequence[str]) -> dict[str, object]:
    """{field: value} of --model_options FIELD=VALUE …, values as in YAML. Raises InputError for an unknown field."""
    fields, options = {field.name for field in dataclasses.fields(Config)} | option_names(), {}
    for word in words:
        name, assigned, value = word.partition("=")
        if not assigned or name not in fields:
            raise InputError(
                f"--model_options: cannot read {word!r}. Write FIELD=VALUE with a field of config.json, such as "
                f"hidden_dropout_prob=0.3. {nearest(name, fields)}"
            )
        options[name] = parse_yaml_value(value, f"--model_options {excerpt(word)}")
    return options
