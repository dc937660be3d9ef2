"""The choice head on a small encoder: choices apart, fillers that never win, losses with worked numbers."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.heads.choice import ChoiceHead, choice_probability, decode_choice, encode_question, stack_choices
from baselines.losses.cross_entropy import cross_entropy
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras

LETTERS = "甲乙丙丁戊己庚辛壬癸"


def encoder():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids")}
    table = keras.layers.Embedding(20, 6, embeddings_initializer="random_normal", name="table")(inputs["token_ids"])
    mixed = keras.layers.GRU(6, return_sequences=True, go_backwards=True, name="mix")(table)
    return keras.Model(inputs, {"hidden_states": keras.layers.Lambda(lambda x: x[:, ::-1], name="back")(mixed)})


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]))


def question(*choices, gold=None, passage="甲乙丙", id=0):
    return Example(id, (passage, "丁", *choices), gold)


def collated(examples, encode, tokenizer, max_length=16):
    rows = encode_examples(examples, encode, tokenizer, max_length)
    return Batches(rows, len(rows), max_length, ChoiceHead().batch_targets).collate(np.arange(len(rows)))


@pytest.mark.parametrize("target, loss", [(0, 0.626523), (3, 2.626523)])
def test_worked_losses(target, loss):
    for constant in (0, 7):
        logits = np.array([[1, 0, 0, -1]], np.float32) + constant
        found = ops.convert_to_numpy(cross_entropy(np.array([target]), {"logits": logits}))
        np.testing.assert_allclose(found, [loss], atol=2e-6)


def test_every_choice_is_scored_alone_and_fillers_cannot_win(tokenizer):
    model = ChoiceHead()(encoder())
    two, four = question("戊", "己庚", gold=1), question("辛", "壬", "癸", "戊", gold=0, id=1)
    batch = collated([two, four], encode_question(4), tokenizer)
    assert batch["features"]["token_ids"].shape == (2, 4, 16) and batch["targets"].tolist() == [1, 0]
    logits = ops.convert_to_numpy(model(batch["features"])["logits"])
    assert logits.shape == (2, 4) and logits.dtype == np.float32
    assert (logits[0, 2:] == -1e9).all() and (np.abs(logits[0, :2]) < 10).all() and (np.abs(logits[1]) < 10).all()
    alone = collated([question("己庚", "甲", gold=0)], encode_question(), tokenizer)
    np.testing.assert_allclose(ops.convert_to_numpy(model(alone["features"])["logits"])[0, 0], logits[0, 1], atol=1e-5)
    loss = ops.convert_to_numpy(cross_entropy(batch["targets"], {"logits": logits}))
    two = logits[0, :2].astype(float)
    np.testing.assert_allclose(loss[0], np.log(np.exp(two).sum()) - two[1], atol=1e-5)


def test_a_filler_does_not_win_however_bad_the_choices_are():
    logits = np.array([[-500, -501, -1e9, -1e9]], np.float32)
    assert decode_choice(None, {"logits": logits}) == 0
    np.testing.assert_allclose(choice_probability(logits[0]), 1 / (1 + np.exp(-1)), atol=1e-6)


def test_questions_with_different_numbers_of_choices_share_a_batch(tokenizer):
    """Without a count each has as many as it has; the batch is as wide as the widest."""
    batch = collated([question("戊", "己", gold=0), question("辛", "壬", "癸", gold=2, id=1)], encode_question(), tokenizer)
    assert batch["features"]["token_ids"].shape[:2] == (2, 3)
    assert not batch["features"]["token_ids"][0, 2].any()


def test_the_row_and_what_is_trimmed_first(tokenizer):
    (features, target), = encode_question(3)(question("戊己", "庚"), tokenizer, 32)
    assert target is None
    assert features["token_ids"].tolist() == [
        [2, 5, 6, 7, 3, 8, 3, 9, 10, 3], [2, 5, 6, 7, 3, 8, 3, 11, 3, 0], [0] * 10,
    ]
    assert not features["segment_ids"].any()
    (features, _), = encode_question()(question("戊己庚", "壬"), tokenizer, 10)      # 3 + 1 + 3 tokens, room for 6
    assert features["token_ids"][0].tolist() == [2, 5, 6, 7, 3, 8, 3, 9, 10, 3], "of equally long parts the choice loses"


def test_stacked_rows_are_filled_up():
    long = {"token_ids": np.array([2, 3]), "segment_ids": np.array([0, 1])}
    rows = [long, {"token_ids": np.array([2]), "segment_ids": np.array([1])}]
    stacked = stack_choices(rows, 3, pad_id=9)
    assert stacked["token_ids"].tolist() == [[2, 3], [2, 9], [9, 9]]
    assert stacked["segment_ids"].tolist() == [[0, 1], [1, 0], [0, 0]] and stacked["token_ids"].dtype == np.int32


def test_the_encoders_weights_keep_their_paths():
    base = encoder()
    paths = [weight.path for weight in base.weights]
    model = ChoiceHead()(base)
    assert [weight.path for weight in model.weights][: len(paths)] == paths
    assert [weight.path for weight in model.weights][len(paths) :] == ["Choice/kernel", "Choice/bias"]
