"""BERT-of-Theseus: a model whose places are all the teacher's, or all the student's, is that one; the schedule; refusals."""

import numpy as np
import pytest
import tiny
from keras import ops

from baselines.errors import InputError
from baselines.heads.classification import ClassificationHead
from baselines.losses.cross_entropy import cross_entropy
from baselines.models.builder import build_transformer_model
from baselines.training.module_replacing import ReplacedModules
from baselines.training.objective import Objective
from baselines.training.strategies.theseus import Theseus

pytestmark = pytest.mark.keras


def model(blocks, seed=0, family="bert", **options):
    """Random weights; those outside of blocks are the same for every number of blocks."""
    config = {**tiny.CONFIG, "num_hidden_layers": blocks, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    built = ClassificationHead(3)(build_transformer_model({**config, "model_type": family, **options}))
    for number, weight in enumerate(sorted(built.trainable_variables, key=lambda weight: weight.path)):
        own = "Transformer-" in weight.path
        weight.assign(np.random.default_rng([seed if own else 0, number if own else 0]).normal(0, 0.2, weight.shape))
    return built


def update(student, strategy):
    """(loss, {path: gradient}) of an update with a strategy."""
    objective = Objective(student, cross_entropy, (strategy,))
    values, state = ([ops.convert_to_tensor(v.value) for v in group] for group in (objective.weights, objective.state))
    loss, _, gradients, _ = objective.gradients(values, state, tiny.batch(), lambda loss: loss)
    return float(ops.convert_to_numpy(loss)), objective.named([ops.convert_to_numpy(gradient) for gradient in gradients])


def loss_of(built):
    batch = tiny.batch()
    return float(ops.convert_to_numpy(ops.mean(cross_entropy(batch["targets"], built(batch["features"])))))


@pytest.fixture(scope="module")
def models():
    """(a student of two blocks, its teacher of four), equal but for the blocks."""
    student, teacher = model(2, seed=1), model(4, seed=2)
    return student, teacher, ReplacedModules(student, teacher, [2, 4])


@pytest.mark.parametrize(("rate", "until", "who"), [(0.0, 1.0, 1), (1.0, 1.0, 0), (0.3, 0.0, 0)])
def test_the_loss_is_that_of_whose_blocks_are_used(models, rate, until, who):
    student, teacher, modules = models
    loss, gradients = update(student, Theseus(rate=rate, until=until).with_modules(modules))
    assert loss == pytest.approx(loss_of(models[who]), abs=1e-5)
    assert abs(loss_of(student) - loss_of(teacher)) > 1e-3
    moved = np.abs(gradients["Transformer-0-FeedForward/inner/kernel"]).max()
    assert (moved == 0) == (who == 1)
    assert np.abs(gradients["Embedding-Token/embeddings"]).max() > 0    # also through the teacher's blocks


def test_one_place_is_the_teachers_and_the_other_the_students(models):
    student, teacher, modules = models
    with modules.replaced(ops.convert_to_tensor([False, True]), tiny.batch()["features"]):
        mixed = ops.convert_to_numpy(student(tiny.batch()["features"])["logits"])
    again = model(3, seed=2)                                            # the teacher's first two blocks, then one of the student's
    weights = {weight.path: weight.value for weight in teacher.weights}
    last = {weight.path: weight.value for weight in student.weights if "Transformer-1-" in weight.path}
    weights |= {path.replace("Transformer-1-", "Transformer-2-"): value for path, value in last.items()}
    for weight in again.weights:
        weight.assign(weights[weight.path])
    np.testing.assert_allclose(mixed, ops.convert_to_numpy(again(tiny.batch()["features"])["logits"]), atol=1e-5)


def test_the_probability_grows_to_one_and_stays():
    strategy = Theseus(rate=0.4, until=0.5).with_updates(100)
    found = [float(ops.convert_to_numpy(strategy.probability(ops.convert_to_tensor(float(done))))) for done in (0, 25, 50, 100)]
    assert found == pytest.approx([0.4, 0.7, 1, 1])


def test_blocks_that_cannot_be_replaced_are_refused():
    with pytest.raises(InputError, match="share their weights"):
        ReplacedModules(model(2, family="albert"), model(4), [2, 4])
    scores = model(4, residual_attention_scores=True)
    with pytest.raises(InputError, match="pass attention scores on"):
        ReplacedModules(model(2), scores, [2, 4])
