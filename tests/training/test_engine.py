"""--jit auto and --precision auto: what is chosen on which device, what is told, and what `--jit` means without a value."""

import dataclasses

import keras
import pytest

from baselines.cli.argument_parser import with_jit_value
from baselines.layers.crf import ConditionalRandomField
from baselines.runtime import backends, processor
from baselines.task import Recipe
from baselines.training.engine import choose_engine, choose_padding

pytestmark = pytest.mark.keras
BACKEND = keras.backend.backend()


def choose(**recipe):
    chosen, note = choose_engine(dataclasses.replace(Recipe(), **recipe))
    return chosen.jit, chosen.precision, note


@pytest.fixture(params=[["avx2", "fma"], ["avx2", "avx512_bf16"], ["amx_bf16", "avx512_bf16"]])
def features(request, monkeypatch):
    monkeypatch.setattr(processor, "features", lambda: frozenset(request.param))
    return request.param


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's choice")
def test_tensorflow_on_a_cpu_takes_its_graph_and_bf16_where_it_is_native(features):
    native = "avx512_bf16" in features
    jit, precision, note = choose(precision="auto")
    assert (jit, precision) == ("false", "bf16" if native else "float32")
    assert "TensorFlow graph on CPU" in note and f"{precision} (--precision auto)" in note and "\n" not in note
    jit, precision, note = choose(jit="true", precision="auto")
    assert (jit, precision) == ("true", "float32")                      # XLA's products gain nothing
    *_, note = choose(jit="false", precision="bf16")
    assert ("bf16 is not quicker" in note) == (not native)


@pytest.mark.skipif(BACKEND != "jax", reason="JAX's choice")
def test_jax_always_compiles_and_stays_in_float32_on_a_cpu(features):
    jit, precision, note = choose(precision="auto")
    assert (jit, precision) == ("true", "float32") and "compiled by XLA for CPU" in note


def test_what_was_asked_for_stays_and_nothing_is_told():
    assert choose(jit="false", precision="float32") == ("false", "float32", "")
    assert choose(jit="true", precision="fp16") == ("true", "fp16", "")


def test_an_accelerator_compiles_and_multiplies_bf16(monkeypatch):
    backend = backends.current()
    monkeypatch.setattr(backend, "jit_pays", lambda: True)
    monkeypatch.setattr(backend, "bfloat16_pays", lambda jit: jit)
    assert choose(precision="auto")[:2] == ("true", "bf16")


def test_rows_are_padded_to_multiples_of_8_where_one_graph_takes_every_length():
    model, crf = keras.Sequential([keras.layers.Dense(2)]), keras.Sequential([ConditionalRandomField()])
    padding = lambda model, **recipe: choose_padding(dataclasses.replace(Recipe(), **recipe), model).pad_to_multiple_of  # noqa: E731
    open_lengths = BACKEND != "jax"
    assert padding(model, jit="false") == ("8" if open_lengths else "0")
    assert padding(model, jit="true") == ("8" if BACKEND == "torch" else "0")
    assert padding(crf, jit="false") == ("8" if BACKEND == "torch" else "0")
    assert padding(model, jit="true", pad_to_multiple_of="16") == "16"
    assert padding(model, jit="false", pad_to_multiple_of="0") == "0"


@pytest.mark.parametrize("words, expected", [
    (["--jit"], ["--jit", "true"]), (["--jit", "--quiet"], ["--jit", "true", "--quiet"]), (["--no_jit"], ["--jit", "false"]),
    (["--no-jit", "--seed", "1"], ["--jit", "false", "--seed", "1"]), (["--jit", "auto"], ["--jit", "auto"]), (["--jit=auto"],) * 2,
])  # fmt: skip
def test_jit_has_a_value_or_is_a_switch(words, expected):
    assert with_jit_value(words) == expected
