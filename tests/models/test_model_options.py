"""Configuration fields from the command line."""

import pytest

from baselines.errors import InputError
from baselines.models.builder import configure
from baselines.models.words import model_options

CONFIG = {"vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}


def test_values_are_read_as_in_yaml_and_reach_the_configuration():
    options = model_options(("hidden_dropout_prob=0.3", "attention_scale=log", "residual_attention_scores=true"))
    assert options == {"hidden_dropout_prob": 0.3, "attention_scale": "log", "residual_attention_scores": True}
    config = configure(CONFIG, **options)
    assert (config.hidden_dropout_prob, config.attention_scale, config.residual_attention_scores) == (0.3, "log", True)


@pytest.mark.parametrize("word, told", [("hidden_dropout=0.3", "hidden_dropout_prob"), ("attention_scale", "FIELD=VALUE")])
def test_what_no_configuration_has_is_told_in_one_line(word, told):
    with pytest.raises(InputError, match=told) as raised:
        model_options((word,))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("value", [
    "[gelu", "!!int x", '!!float ""', "{a: 1, a: 2}", "\x00", "!!python/name:os.system", "*a", "[" * 9_000,
])  # fmt: skip
def test_a_value_that_is_no_yaml_is_told_in_one_line(value):
    with pytest.raises(InputError, match="the value cannot be read") as raised:
        model_options((f"hidden_act={value}",))
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500
