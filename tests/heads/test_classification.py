"""The classification head on a small encoder: shapes, pooling that padding does not change, targets, decoding."""

import keras
import numpy as np
import pytest

from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.task import Example, Labels

pytestmark = pytest.mark.keras


@keras.saving.register_keras_serializable("tests")
class Embed(keras.layers.Layer):
    """token_ids (B, L) -> (B, L, 6), every token on its own: the padding's vectors are not zero."""

    def build(self, shape):
        self.table = self.add_weight(shape=(10, 6), initializer="random_normal")

    def call(self, token_ids):
        return keras.ops.take(self.table, token_ids, axis=0)


def encoder():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids")}
    return keras.Model(inputs, {"hidden_states": Embed()(inputs["token_ids"])})


def features(*rows):
    token_ids = np.array(rows, np.int32)
    return {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}


def logits(model, *rows):
    return keras.ops.convert_to_numpy(model(features(*rows))["logits"])


@pytest.mark.parametrize("pooling", ["first", "mean", "max"])
def test_padding_changes_nothing(pooling):
    model = ClassificationHead(3, pooling=pooling)(encoder())
    short = logits(model, [2, 5, 3])
    assert short.shape == (1, 3) and short.dtype == np.float32
    np.testing.assert_allclose(logits(model, [2, 5, 3, 0, 0]), short, atol=1e-6)
    assert np.abs(logits(model, [2, 5, 4]) - short).max() > 1e-4 or pooling == "first"


@pytest.mark.parametrize("pooling, reduce", [
    ("first", lambda vectors: vectors[0]),
    ("mean", lambda vectors: vectors.mean(0)),
    ("max", lambda vectors: vectors.max(0)),
])
def test_pooling_against_numpy(pooling, reduce):
    base = encoder()
    model = ClassificationHead(3, pooling=pooling)(base)
    vectors = keras.ops.convert_to_numpy(base(features([2, 5, 3]))["hidden_states"])[0]
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in model.get_layer("Classifier").weights)
    np.testing.assert_allclose(logits(model, [2, 5, 3, 0])[0], reduce(vectors) @ kernel + bias, atol=1e-6)


def test_the_kernel_is_truncated_normal_and_the_bias_zero():
    kernel, bias = ClassificationHead(500)(encoder()).get_layer("Classifier").get_weights()
    assert np.abs(kernel).max() <= 0.04 and 0.015 < kernel.std() < 0.02 and not bias.any()


def test_dropout_acts_in_training_only():
    model = ClassificationHead(3, dropout=0.5)(encoder())
    row = features([2, 5, 3])
    assert np.array_equal(logits(model, [2, 5, 3]), logits(model, [2, 5, 3]))
    trained = [keras.ops.convert_to_numpy(model(row, training=True)["logits"]) for _ in range(8)]
    assert any(not np.array_equal(trained[0], other) for other in trained[1:])


def test_logits_stay_float32_in_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = ClassificationHead(3, pooling="mean")(encoder())
        assert logits(model, [2, 5, 3]).dtype == np.float32
    finally:
        keras.config.set_dtype_policy(policy)


def test_batch_targets_are_int32_of_one_axis():
    targets = ClassificationHead(3).batch_targets([np.array(2), 0, np.int64(1)], 16)
    assert targets.dtype == np.int32 and targets.tolist() == [2, 0, 1]


def test_bad_arguments():
    with pytest.raises(ValueError, match="unknown pooling='last'. Choose one of first"):
        ClassificationHead(3, pooling="last")
    with pytest.raises(ValueError, match="Give 2 or more"):
        ClassificationHead(1)


def test_decode_names_the_largest_logit():
    decode = decode_label(Labels("no", "yes"))
    assert decode(None, {"logits": np.array([[0.3, 0.4]])}) == "yes"


def test_confidence_is_the_softmax_of_the_prediction():
    head = ClassificationHead(3)
    assert head.confidence(None, {"logits": np.log(np.array([[0.2, 0.7, 0.1]], np.float32))}) == pytest.approx(0.7)
    assert head.confidence(None, {"logits": np.array([[1e4, 0, 0]], np.float32)}) == 1.0


class Spy:
    """Records how a tokenizer is asked."""

    def encode(self, text, max_length):
        return text, max_length

    def encode_pair(self, first, second, max_length, second_segment):
        return first, second, max_length, second_segment


def test_encode_takes_one_text_or_two_with_segment_0():
    encode = encode_texts(Labels("no", "yes"))
    assert list(encode(Example(1, ("甲",), "yes"), Spy(), 8)) == [(("甲", 8), 1)]
    assert list(encode(Example(1, ("甲", "乙")), Spy(), 8)) == [(("甲", "乙", 8, 0), None)]
