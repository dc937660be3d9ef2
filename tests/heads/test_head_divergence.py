"""How far two outputs are apart, by each head: 0 for equal ones, that of the formula, and padding changes nothing."""

import numpy as np
import pytest
from keras import ops

from baselines.heads.choice import ChoiceHead
from baselines.heads.classification import ClassificationHead
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.multilabel_classification import MultilabelClassificationHead
from baselines.heads.sequence_tagging import SequenceTaggingHead
from baselines.heads.similarity import SimilarityHead
from baselines.heads.span import PointerPairHead, SpanHead
from baselines.losses.divergence import sigmoid_divergence, softmax_divergence

pytestmark = pytest.mark.keras
REAL = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
RNG = np.random.default_rng(0)


def two(*shape, hidden=None):
    """Two float32 arrays; -1e9 where `hidden`."""
    found = [RNG.normal(size=shape).astype("float32") for _ in range(2)]
    return [np.where(hidden, np.float32(-1e9), each) if hidden is not None else each for each in found]


def divergence(head, first, second):
    found = ops.convert_to_numpy(head.divergence(first, second, {}))
    assert found.shape == (2,) and found.dtype == np.float32
    assert (found > 0).all()
    np.testing.assert_allclose(ops.convert_to_numpy(head.divergence(first, first, {})), 0, atol=1e-6)
    return found


def named(name, arrays, **others):
    return [{name: array, **others} for array in arrays]


def softmax(first, second):
    return ops.convert_to_numpy(softmax_divergence(first, second))


@pytest.mark.parametrize("head", [ClassificationHead(5), ChoiceHead()])
def test_of_one_answer(head):
    arrays = two(2, 5)
    np.testing.assert_allclose(divergence(head, *named("logits", arrays)), softmax(*arrays), atol=1e-6)


def test_of_many_labels():
    arrays = two(2, 5)
    expected = ops.convert_to_numpy(sigmoid_divergence(*arrays))
    np.testing.assert_allclose(divergence(MultilabelClassificationHead(5), *named("logits", arrays)), expected, atol=1e-6)


def test_of_a_number():
    first, second = two(2)
    found = divergence(SimilarityHead(), {"similarity": first}, {"similarity": second})
    np.testing.assert_allclose(found, (first - second) ** 2, rtol=1e-5)


def test_of_spans():
    arrays = two(2, 4, 4, hidden=~(REAL[:, :, None] & REAL[:, None]))
    found = divergence(SpanHead(), *named("scores", arrays))
    np.testing.assert_allclose(found, softmax(*(each.reshape(2, 16) for each in arrays)), atol=1e-6)
    starts, ends = two(2, 4, hidden=~REAL), two(2, 4, hidden=~REAL)
    pairs = [{"start_logits": start, "end_logits": end} for start, end in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(divergence(PointerPairHead(), *pairs), (softmax(*starts) + softmax(*ends)) / 2, atol=1e-6)


def test_of_entities_over_real_cells():
    hidden = ~(REAL[:, None, :, None] & REAL[:, None, None] & np.triu(np.ones((4, 4), bool)))
    arrays = two(2, 3, 4, 4, hidden=np.broadcast_to(hidden, (2, 3, 4, 4)))
    found = divergence(EntityPointerHead(3), *named("scores", arrays))
    for row in range(2):
        cells = [each[row][np.broadcast_to(~hidden[row], (3, 4, 4))].reshape(3, -1) for each in arrays]
        assert found[row] == pytest.approx(ops.convert_to_numpy(sigmoid_divergence(*cells)).mean(), abs=1e-5)


@pytest.mark.parametrize("chain", ["softmax", "crf"])
def test_of_labels_over_real_tokens(chain):
    arrays = two(2, 4, 5)
    found = divergence(SequenceTaggingHead(2, chain), *named("logits", arrays, mask=REAL))
    tokens = softmax(*arrays)
    np.testing.assert_allclose(found, [tokens[0].mean(), tokens[1, :3].mean()], atol=1e-6)
