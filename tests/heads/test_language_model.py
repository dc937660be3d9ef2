"""The next token under both masks: the loss of one pass, what each position may see, and how far two outputs are apart."""

import numpy as np
import pytest
from keras import ops

from baselines.heads.language_model import LanguageModelHead, decode_text
from baselines.losses.divergence import softmax_divergence
from baselines.losses.next_tokens import next_tokens
from baselines.losses.token_mean import TokenMean
from baselines.models.builder import build_transformer_model
from baselines.prompts.dialogue import separated_row
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras
V = 20
CONFIG = {
    "model_type": "nezha", "vocab_size": V, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "intermediate_size": 32, "max_position_embeddings": 64, "initializer_range": 0.5,
}  # fmt: skip
SEGMENTS = np.array([[0, 0, 0, 1, 1, 1]], np.int32)
TOKENS = np.array([[2, 7, 3, 9, 8, 3]], np.int32)


@pytest.fixture(scope="module", params=["prefix", "causal"])
def built(request):
    head = LanguageModelHead(request.param)
    encoder = build_transformer_model(CONFIG, **head.encoder_options)
    return head, encoder, head(encoder)


def logits(model, token_ids, segment_ids):
    features = {"token_ids": np.asarray(token_ids, np.int32), "segment_ids": np.asarray(segment_ids, np.int32)}
    return ops.convert_to_numpy(model(features)["logits"])


def test_no_layer_is_added_and_names_stay(built):
    head, encoder, model = built
    assert [weight.path for weight in model.weights] == [weight.path for weight in encoder.weights]
    assert {"MLM-Dense/kernel", "MLM-Bias/bias", head.token_table} <= {weight.path for weight in model.weights}


def test_padding_changes_nothing(built):
    plain = logits(built[2], TOKENS, SEGMENTS)
    padded = logits(built[2], np.pad(TOKENS, ((0, 0), (0, 5))), np.pad(SEGMENTS, ((0, 0), (0, 5))))
    np.testing.assert_allclose(padded[:, :6], plain, atol=1e-5)


def test_what_is_written_sees_no_later_token(built):
    before = logits(built[2], TOKENS, SEGMENTS)
    changed = TOKENS.copy()
    changed[0, 4] = 11
    after = logits(built[2], changed, SEGMENTS)
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-5)
    assert abs(after[:, 4] - before[:, 4]).max() > 1e-3


def test_only_the_prefix_mask_lets_a_source_see_its_own_later_tokens(built):
    head, _, model = built
    changed = TOKENS.copy()
    changed[0, 1] = 11
    moved = abs(logits(model, changed, SEGMENTS)[0, 0] - logits(model, TOKENS, SEGMENTS)[0, 0]).max()
    assert (moved > 1e-3) == (head.mask == "prefix")


def test_the_speaker_is_used(built):
    if built[0].mask == "causal":
        assert abs(logits(built[2], TOKENS, 1 - SEGMENTS) - logits(built[2], TOKENS, SEGMENTS)).max() > 1e-3


def test_loss_is_one_mean_over_all_targets_worked_by_hand():
    """Cross-entropies 9, 9, .5, 1, 1.5 of tokens in segments 0, 0, 1, 1, 1: (.5 + 1 + 1.5) / 3 = 1."""
    ce = np.array([9, 9, 0.5, 1, 1.5])
    targets = LanguageModelHead().batch_targets([next_tokens(np.array([2, 5, 5, 5, 5, 5]), SEGMENTS[0] == 1)[:5]], 8)
    np.testing.assert_array_equal(targets, [[-1, -1, 5, 5, 5, -1, -1, -1]])
    others = np.log(np.expm1(ce) / (V - 1))                             # the logit of each other token, where the target's is 0
    scores = np.zeros((1, 8, V), np.float32)
    scores[0, :5] = others[:, None]
    scores[0, :5, 5] = 0
    totals, counts = TokenMean()(targets, {"logits": scores})
    np.testing.assert_allclose(ops.convert_to_numpy(totals) / ops.convert_to_numpy(counts), [1.0], rtol=1e-5)


def test_a_row_without_targets_costs_nothing():
    totals, counts = TokenMean()(np.full((1, 4), -1, np.int32), {"logits": np.ones((1, 4, V), np.float32)})
    assert float(totals[0]) == float(counts[0]) == 0.0


def test_one_pass_over_a_dialogue_gives_the_losses_of_each_reply_after_its_history(built):
    head, _, model = built
    if head.mask != "causal":
        return
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"甲乙丙丁戊己"]))
    utterances = [[4, 5], [6, 7], [9], [5]]
    features, targets = separated_row(utterances, tokenizer)
    length = len(targets)
    whole = row_loss(model, features, targets)
    parts, end = [], 1
    for number, utterance in enumerate(utterances, start=1):
        begin, end = end, end + len(utterance) + 1
        prefix, _ = separated_row(utterances[:number], tokenizer)
        learnt = np.arange(len(prefix["token_ids"])) >= begin
        parts.append(row_loss(model, prefix, next_tokens(prefix["token_ids"], learnt)))
    np.testing.assert_allclose(whole, np.sum(parts, axis=0), rtol=1e-5)
    assert whole[1] == length - 1


def row_loss(model, features, targets, length=11):
    """(total, count) of one row, padded so that all compile once."""
    rest = (0, length - len(targets))
    padded = [np.pad(each, rest)[None] for each in features.values()]
    found = TokenMean()(np.pad(targets, rest, constant_values=-1)[None], {"logits": logits(model, *padded)})
    return np.array([ops.convert_to_numpy(each)[0] for each in found])


@pytest.mark.parametrize("mask, learns", [("prefix", [2, 3, 4]), ("causal", [0, 1, 2, 3, 4])])
def test_divergence_is_the_mean_where_something_is_learnt(mask, learns):
    head, rng = LanguageModelHead(mask), np.random.default_rng(0)
    first, second = (rng.normal(size=(1, 8, V)).astype("float32") for _ in range(2))
    features = {"token_ids": np.pad(TOKENS, ((0, 0), (0, 2))), "segment_ids": np.pad(SEGMENTS, ((0, 0), (0, 2)))}
    found = ops.convert_to_numpy(head.divergence({"logits": first}, {"logits": second}, features))
    each = ops.convert_to_numpy(softmax_divergence(first, second))
    np.testing.assert_allclose(found, [each[0, learns].mean()], rtol=1e-5)


def test_with_an_encoder_divergence_begins_with_the_first_written_token():
    head, rng = LanguageModelHead().with_encoder((3, 2), 1), np.random.default_rng(0)
    first, second = (rng.normal(size=(1, 6, V)).astype("float32") for _ in range(2))
    features = {"token_ids": TOKENS, "decoder_token_ids": np.array([[3, 2, 8, 9, 1, 1]], np.int32)}
    found = ops.convert_to_numpy(head.divergence({"logits": first}, {"logits": second}, features))
    each = ops.convert_to_numpy(softmax_divergence(first, second))
    np.testing.assert_allclose(found, [each[0, 1:4].mean()], rtol=1e-5)


def test_the_best_sequence_becomes_text():
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"你好"]))
    assert decode_text(tokenizer)(None, {"token_ids": [[4, 5], [5]]}) == "你好"


def test_an_unknown_mask_is_told():
    with pytest.raises(ValueError, match="unknown mask='bidirectional'"):
        LanguageModelHead("bidirectional")
