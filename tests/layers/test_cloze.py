"""Layers of a cloze against slow loops: places of masks, scores of words, prompt vectors."""

import keras
import numpy as np
import pytest

from baselines.layers.cloze import CandidateScores, PromptEmbedding, TokenPlaces, WordScores

pytestmark = pytest.mark.keras

IDS = np.array([[2, 4, 5, 4, 3, 0], [2, 5, 5, 4, 4, 3], [2, 5, 5, 5, 3, 0]], np.int32)
LOGITS = np.random.default_rng(0).normal(size=(2, 3, 8)).astype(np.float32)


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_the_first_places_of_a_token():
    assert numpy(TokenPlaces(4, 2)(IDS)).tolist() == [[1, 3], [3, 4], [0, 0]]
    assert numpy(TokenPlaces(4, 1)(IDS)).tolist() == [[1], [3], [0]]
    assert TokenPlaces(4, 2)(keras.Input((None,), dtype="int32")).dtype == "int32"


def test_the_score_of_a_word_is_the_sum_of_its_tokens():
    words = [[1, 7, 2], [3, 3, 0]]
    expected = [[sum(row[mask, token] for mask, token in enumerate(word)) for word in words] for row in LOGITS]
    np.testing.assert_allclose(numpy(WordScores(words)(LOGITS)), expected, rtol=1e-5)
    own = np.array([[[1, 7, 2, 0], [3, 3, 0, 0]], [[5, 5, 5, 0], [0, 1, 2, 0]]], np.int32)
    expected = [[sum(row[mask, word[mask]] for mask in range(3)) for word in words] for row, words in zip(LOGITS, own, strict=True)]
    np.testing.assert_allclose(numpy(CandidateScores(3)(LOGITS, own)), expected, rtol=1e-5)


def test_prompts_stand_in_for_the_reserved_token_but_for_the_first_place():
    ids = np.array([[2, 5, 2, 2, 6], [2, 2, 2, 2, 2]], np.int32)
    x = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
    layer = PromptEmbedding(2, 3)
    y, table = numpy(layer(x, ids)), None
    table = numpy(layer.embeddings)
    expected = x.copy()
    expected[0, 2], expected[0, 3] = table[0], table[1]
    expected[1, 1], expected[1, 2], expected[1, 3] = table                 # a fourth reserved token is one of the text
    np.testing.assert_allclose(y, expected, rtol=1e-6)
