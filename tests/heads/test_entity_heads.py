"""The heads that find entities: targets, losses and outputs, from token cells and back to characters."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.heads import entity_heads
from baselines.heads.entities import char_cells, decode_entities, encode_entities, lost_entities
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.sequence_tagging import SequenceTaggingHead, cells_of, labels_of
from baselines.metrics.spans import Entity
from baselines.models.builder import build_transformer_model
from baselines.task import Categories, Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras
CONFIG = {
    "model_type": "bert", "vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 32, "max_position_embeddings": 32,
}  # fmt: skip
CATEGORIES = Categories("LOC", "NAME")
CELLS = [np.array([[0, 1, 2], [1, 4, 4]]), np.zeros((0, 3), int), np.array([[0, 1, 1], [1, 1, 3]])]


def batch(length=8, seed=0):
    token_ids = np.random.default_rng(seed).integers(5, 30, (3, length)).astype("int32")
    token_ids[1, 5:] = 0
    return {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}


def numpy(x):
    import keras

    return keras.ops.convert_to_numpy(x)


@pytest.fixture(scope="module", params=entity_heads.NAMES)
def head_and_model(request):
    head = entity_heads.entity_head(request.param, 2)
    return head, head(build_transformer_model(CONFIG))


def row_losses(head, model, features, targets):
    found = head.loss(targets, model(features))
    totals, counts = found if isinstance(found, tuple) else (found, np.ones(3))
    return numpy(totals), numpy(counts)


def test_padding_and_longer_batches_change_nothing(head_and_model):
    head, model = head_and_model
    short, (totals, counts) = batch(), row_losses(head, model, batch(), head.batch_targets(CELLS, 8))
    long = {name: np.pad(array, ((0, 0), (0, 4))) for name, array in short.items()}
    more_totals, more_counts = row_losses(head, model, long, head.batch_targets(CELLS, 12))
    np.testing.assert_allclose(totals, more_totals, atol=1e-4)
    np.testing.assert_array_equal(counts, more_counts)
    assert (totals > 0).all()


def test_an_unknown_head_is_told():
    with pytest.raises(InputError, match="--head 'crv' is unknown. Choose one of global_pointer, .* Did you mean crf?"):
        entity_heads.entity_head("crv", 3)


def test_pointer_targets_are_cells_of_the_batch():
    targets = EntityPointerHead(2).batch_targets(CELLS, 8)
    assert targets.shape == (3, 2, 4) and targets.dtype == np.int32
    assert targets[0].tolist() == [[1 * 8 + 2, -1, -1, -1], [4 * 8 + 4, -1, -1, -1]] and (targets[1] == -1).all()
    many = np.array([[1, start, start] for start in range(5)])
    assert EntityPointerHead(2).batch_targets([many], 8).shape == (1, 2, 8)


def test_pointer_loss_is_the_dense_one():
    from baselines.losses.multilabel_cross_entropy import multilabel_cross_entropy

    head = EntityPointerHead(2)
    scores = np.random.default_rng(0).normal(size=(3, 2, 8, 8)).astype("float32")
    dense = np.zeros((3, 2, 8, 8), "int32")
    for row, cells in enumerate(CELLS):
        dense[(row, *np.array(cells, int).T)] = 1
    import keras

    found = head.loss(head.batch_targets(CELLS, 8), {"scores": keras.ops.convert_to_tensor(scores)})
    expected = multilabel_cross_entropy(scores.reshape(3, 2, 64), dense.reshape(3, 2, 64))
    np.testing.assert_allclose(numpy(found), numpy(expected).mean(axis=1), atol=1e-5)


def test_labels_and_back():
    assert labels_of(CELLS[0], 6).tolist() == [0, 1, 2, 0, 3, 0]
    assert cells_of(labels_of(CELLS[0], 6)) == [(0, 1, 2), (1, 4, 4)]
    assert labels_of(CELLS[2], 6).tolist() == [0, 3, 4, 4, 0, 0]        # of entities that overlap, the longest stays


@pytest.mark.parametrize("labels, cells", [
    ([0, 1, 1, 2, 0], [(0, 1, 1), (0, 2, 3)]),                          # side by side
    ([0, 2, 2, 0, 0], []),                                              # an I opens nothing
    ([0, 1, 4, 2, 0], [(0, 1, 1)]),                                     # nor continues another category
    ([0, 1, 0, 2, 0], [(0, 1, 1)]),
])
def test_stray_labels(labels, cells):
    assert cells_of(np.array(labels)) == cells


def tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return Tokenizer.from_vocabulary(Vocabulary([*special, *"许知秋在南屏学教授", "cafe", "12", "##3"]))


def example(text, *spans):
    return Example(id=0, texts=(text,), gold=[Entity(start, end, category, text[start:end]) for start, end, category in spans])


def test_encoding_tells_the_characters_of_tokens_and_counts_what_is_lost():
    given = example("Café 许知秋在123", (0, 4, "LOC"), (5, 8, "NAME"), (9, 11, "LOC"), (9, 12, "LOC"))
    ((features, cells),) = encode_entities(CATEGORIES)(given, tokenizer(), 32)
    assert features["char_starts"].tolist() == [-1, 0, 5, 6, 7, 8, 9, 11, -1]
    assert features["char_ends"].tolist() == [-1, 4, 6, 7, 8, 9, 11, 12, -1]
    assert cells.tolist() == [[0, 1, 1], [0, 6, 6], [0, 6, 7], [1, 2, 4]]
    ((features, cells),) = encode_entities(CATEGORIES)(given, tokenizer(), 7)        # the last token is trimmed
    assert len(features["token_ids"]) == len(features["char_ends"]) == 7 and cells.tolist() == [[0, 1, 1], [1, 2, 4]]

    class Rows(list):
        target = list.__getitem__

    assert lost_entities([given.gold], Rows([cells])) == (2, 4)
    remark = SequenceTaggingHead(2).remark([given], Rows([cells]))
    assert remark.startswith("2 of 4 entities cannot be predicted") and EntityPointerHead(2).remark([], Rows()) == ""


def test_without_gold_there_is_no_target():
    ((_, cells),) = encode_entities(CATEGORIES)(Example(id=0, texts=("在南屏",)), tokenizer(), 32)
    assert cells is None


def test_spans_with_special_tokens_are_no_entities():
    features = {"char_starts": np.array([[-1, 0, 1, -1]]), "char_ends": np.array([[-1, 1, 2, -1]])}
    assert char_cells([(0, 0, 1), (1, 1, 2), (0, 2, 3)], features, 0).tolist() == [[1, 0, 2]]


def test_decoding_sorts_and_drops_repetition():
    found = np.array([[1, 1, 3], [0, 0, 2], [0, 0, 2]])
    assert decode_entities(CATEGORIES)(Example(id=0, texts=("南屏在",)), {"entities": [found]}) == [
        Entity(0, 2, "LOC", "南屏"), Entity(1, 3, "NAME", "屏在"),
    ]
