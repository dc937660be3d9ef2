"""--freeze: frozen weights stay to the bit, the others learn as ever, slots and gradients are saved."""

import keras
import numpy as np
import pytest
import tiny

from baselines.errors import InputError
from baselines.models.config import Config
from baselines.training import freezing
from baselines.training.memory_estimate import Plan, Setup, update_memory
from baselines.training.optimizers.adamw import AdamW

pytestmark = pytest.mark.keras
SIZES = {"num_hidden_layers": 3}


def values(model):
    return {weight.path: weight.numpy() for weight in model.weights}


@pytest.mark.parametrize("recompute", [False, True])
def test_frozen_weights_stay_and_the_others_learn(recompute):
    model = tiny.model(0.1, **SIZES)
    freezing.freeze(model, "2")
    steps, before = tiny.steps(model, recompute=recompute), values(model)
    for number in range(3):
        steps.train([tiny.batch(seed=number), tiny.batch(seed=number + 9)])
    steps.sync()
    moved = {path for path, value in values(model).items() if np.any(value != before[path])}
    learning = {weight.path for weight in model.trainable_variables}
    assert {path for path in moved if "seed" not in path} == learning
    assert all(path.startswith(("Transformer-2-", "Classifier")) for path in learning) and len(learning) > 10
    slots = sum(np.prod(variable.shape) for variable in steps.optimizer.variables if len(variable.shape))
    assert slots == 2 * sum(np.prod(weight.shape) for weight in model.trainable_variables)


def test_the_gradients_above_are_those_without_freezing():
    batch, updated = tiny.batch(), []
    for what in ("none", "embeddings"):
        model = tiny.model()
        freezing.freeze(model, what)
        steps = tiny.steps(model, clip_norm=0.0, optimizer="sgd")
        steps.train([batch])
        steps.sync()
        updated.append(values(model))
    whole, frozen = updated
    for path, value in frozen.items():
        if not path.startswith("Embedding"):
            np.testing.assert_allclose(value, whole[path], atol=1e-6, err_msg=path)


def test_embeddings_alone():
    model = tiny.model(**SIZES)
    freezing.freeze(model, "embeddings")
    assert {weight.path.partition("-")[0] for weight in model.non_trainable_variables if "seed" not in weight.path} == {"Embedding"}


@pytest.mark.parametrize(("what", "options", "message"), [
    ("4", {}, "--freeze 4: the model has 3 blocks. Choose a smaller number, or embeddings."),
    ("1", {"model": "albert"}, "--freeze 1: the model has no blocks with weights of their own"),
])  # fmt: skip
def test_too_many_blocks(what, options, message):
    with pytest.raises(InputError, match=message):
        freezing.freeze(tiny.model(**SIZES, **options), what)


@pytest.mark.parametrize("text", ["0", "-1", "two", "embedding", "1.5"])
def test_what_cannot_be_read(text):
    with pytest.raises(InputError, match="--freeze: expected none, embeddings or a number of blocks"):
        freezing.parse(text)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX reports what its compiler allots")
def test_the_planner_knows_what_is_saved():
    sizes = {"num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 256,
             "max_position_embeddings": 64}  # fmt: skip
    temporary, expected = {}, {}
    config = Config.from_dict({**tiny.CONFIG, **sizes})
    for what, frozen in (("none", 0), ("3", 3)):
        model = tiny.model(0.1, **sizes)
        freezing.freeze(model, what)
        found = tiny.steps(model)._update.lower(tiny.batch(32, 64)).compile().memory_analysis()
        temporary[what] = found.temp_size_in_bytes
        trained = None if what == "none" else config.sizes().inside // 4
        memory = update_memory(Setup(config, 64, AdamW(), trained=trained, frozen_blocks=frozen), Plan(32))
        assert memory.weights + memory.optimizer == pytest.approx(found.argument_size_in_bytes, rel=0.05)
        expected[what] = memory.gradients + memory.activations
        assert 1 / 1.6 < expected[what] / temporary[what] < 1.6, what
    assert temporary["3"] < 0.6 * temporary["none"]
