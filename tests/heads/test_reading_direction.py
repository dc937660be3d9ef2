"""Heads on a model that reads from left to right: the last token stands for the text; what needs both sides is refused."""

import numpy as np
import pytest
import small
from keras import ops

from baselines.errors import InputError
from baselines.heads.choice import ChoiceHead
from baselines.heads.classification import ClassificationHead
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.masked_language_model import MaskedLanguageModelHead
from baselines.heads.sequence_tagging import SequenceTaggingHead
from baselines.heads.similarity import SimilarityHead
from baselines.heads.span import SpanHead
from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
TOKENS = np.array([[2, 7, 9, 3, 0, 0], [2, 5, 3, 0, 0, 0]], np.int32)


@pytest.fixture(scope="module")
def gpt2():
    return build_transformer_model({**small.CONFIG, "initializer_range": 0.3}, model="gpt2")


@pytest.mark.parametrize("head", [ClassificationHead(3), SimilarityHead()], ids=["classification", "similarity"])
def test_the_last_token_stands_for_the_text(gpt2, head):
    model = head(gpt2)
    (output,) = model({"token_ids": TOKENS}).values()
    vectors = ops.convert_to_numpy(gpt2({"token_ids": TOKENS})["hidden_states"])[[0, 1], [3, 2]]
    expected = ops.convert_to_numpy(model.layers[-1](vectors) if len(output.shape) == 2 else model.get_layer("Similarity")(vectors))
    np.testing.assert_allclose(ops.convert_to_numpy(output).reshape(expected.shape), expected, atol=1e-5)


def test_each_choice_is_scored_by_its_last_token(gpt2):
    head = ChoiceHead()
    model = head(gpt2)
    scores = ops.convert_to_numpy(model({"token_ids": TOKENS[None]})["logits"])
    shorter = ops.convert_to_numpy(model({"token_ids": TOKENS[None, :, :4]})["logits"])
    np.testing.assert_allclose(scores, shorter, atol=1e-5)              # padding is not the last token
    assert abs(scores[0, 0] - scores[0, 1]) > 1e-3


@pytest.mark.parametrize(
    "head", [SequenceTaggingHead(2), EntityPointerHead(2), SpanHead(), MaskedLanguageModelHead()],
    ids=["tagging", "pointer", "span", "masks"],
)  # fmt: skip
def test_what_needs_both_sides_is_refused(gpt2, head):
    with pytest.raises(InputError, match="gpt2 reads from left to right"):
        head(gpt2)
