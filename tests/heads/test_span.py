"""The reading heads on a small encoder: what may answer, losses with worked numbers, the best span, the window vote."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.readers.squad_json import Answer
from baselines.data.windows import encode_answers, encode_windows
from baselines.errors import InputError
from baselines.evaluation.predictions import gather
from baselines.heads.span import (
    HEADS,
    PointerPairHead,
    SpanHead,
    best_span,
    decode_answer,
    decode_answer_or_none,
    with_head,
)
from baselines.losses.span_cross_entropy import pointer_cross_entropy, span_cross_entropy
from baselines.task import Example, Task
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

pytestmark = pytest.mark.keras

MASKED = -1e9
CHARACTERS = "一乙二十丁厂七卜八人入儿匕几九刁了刀力乃又三干于亏工土士才下寸大丈与万上小口山巾千"


def encoder():
    """token_ids (B, L) -> (B, L, 6): every token on its own, so that what padding may change is the head's doing."""
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in ("token_ids", "segment_ids")}
    return keras.Model(inputs, {"hidden_states": keras.layers.Embedding(60, 6, name="table")(inputs["token_ids"])})


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS]))


def example(context, *spans, id=0):
    return Example(id, ("一乙", context), tuple(Answer(context[start:end], start) for start, end in spans) or None)


def batch_of(examples, encode, tokenizer, head, max_length=16):
    rows = encode_examples(examples, encode, tokenizer, max_length)
    return rows, Batches(rows, len(rows), max_length, head.batch_targets).collate(np.arange(len(rows)))


def numbers(outputs):
    return {name: ops.convert_to_numpy(value) for name, value in outputs.items()}


def test_worked_loss_of_spans():
    scores = np.array([[[0, 1, 0], [MASKED, 2, 0], [MASKED, MASKED, 0]]], np.float32)
    loss = span_cross_entropy(np.array([[1, 1]]), {"scores": scores})
    np.testing.assert_allclose(ops.convert_to_numpy(loss), [0.646695], atol=1e-6)


def test_pointer_loss_is_the_mean_of_both_ends():
    start, end = np.log([[0.1, 0.6, 0.3]]), np.log([[0.5, 0.1, 0.4]])
    outputs = {"start_logits": start.astype("float32"), "end_logits": end.astype("float32")}
    loss = ops.convert_to_numpy(pointer_cross_entropy(np.array([[1, 2]]), outputs))
    np.testing.assert_allclose(loss, [-np.log(0.6 * 0.4) / 2], atol=1e-6)


def test_worked_span_of_two_pointers():
    """The two argmaxes apart, (1, 0), are no span; (0, ·) is [CLS]."""
    start, end = np.log([0.1, 0.6, 0.3]), np.log([0.5, 0.1, 0.4])
    first, last, score, probability = best_span(start[:, None] + end)
    assert (first, last) == (1, 2)
    np.testing.assert_allclose([np.exp(score), probability], 0.24, atol=1e-9)


def test_best_span_against_a_loop():
    rng = np.random.default_rng(0)
    for longest in (0, 1, 3):
        for _ in range(30):
            scores = np.round(rng.normal(size=(7, 7)), 1)
            spans = [(i, j) for i in range(1, 7) for j in range(i, 7) if not longest or j < i + longest]
            best = max(spans, key=lambda span: scores[span])
            assert best_span(scores, longest)[:2] == best


@pytest.mark.parametrize("name", HEADS)
def test_only_the_window_and_cls_may_answer_and_padding_changes_nothing(name, tokenizer):
    head = HEADS[name]()
    model = head(encoder())
    _, batch = batch_of([example("丁厂七", (1, 2)), example(CHARACTERS[3:13])], encode_windows, tokenizer, head)
    features = batch["features"]
    found = numbers(model(features))
    short = {key: column[:1, :8] for key, column in features.items()}
    for key, value in numbers(model(short)).items():
        np.testing.assert_allclose(found[key][0][tuple(map(slice, value.shape[1:]))], value[0], atol=1e-5)
    readable = np.flatnonzero(features["window_mask"][0])
    assert readable.tolist() == [0, 4, 5, 6]
    scores = head.row_scores(found, 0)
    possible = {tuple(map(int, cell)) for cell in np.argwhere(scores > MASKED / 2)}
    expected = {(i, j) for i in readable.tolist() for j in readable.tolist() if i <= j or name == "pointer_pair"}
    assert possible == expected
    loss = ops.convert_to_numpy(head.loss(np.array([[5, 5], [0, 0]]), found))
    assert loss.shape == (2,) and np.isfinite(loss).all()


def test_the_global_pointer_is_one_head_of_64_without_bias():
    model = SpanHead()(encoder())
    assert [tuple(weight.shape) for weight in model.get_layer("Answer").weights] == [(6, 2 * 64)]
    kernel = model.get_layer("Answer").get_weights()[0]
    assert np.abs(kernel).max() <= 0.04 and kernel.std() > 0.01


def gold_outputs(name, targets, length, sure=None):
    """What a model would answer that knows every target."""
    rows = np.arange(len(targets))
    sure = np.ones(len(targets)) if sure is None else sure
    if name == "pointer_pair":
        outputs = {key: np.full((len(targets), length), -9.0) for key in ("start_logits", "end_logits")}
        outputs["start_logits"][rows, targets[:, 0]] = outputs["end_logits"][rows, targets[:, 1]] = sure
        return outputs
    scores = np.full((len(targets), length, length), -9.0)
    scores[rows, targets[:, 0], targets[:, 1]] = sure
    return {"scores": scores}


@pytest.mark.parametrize("encode", [encode_windows, encode_answers])
@pytest.mark.parametrize("name", HEADS)
def test_gold_as_outputs_gives_the_users_characters(name, encode, tokenizer):
    """Contexts longer than a window: of all windows of a question, one that has the answer wins."""
    head = HEADS[name]()
    examples = [example(CHARACTERS, (start, start + 1 + start % 4), id=start) for start in range(0, 38)]
    rows, batch = batch_of(examples, encode, tokenizer, head)
    assert len(rows) > 2 * len(examples)
    outputs = gold_outputs(name, batch["targets"], batch["features"]["token_ids"].shape[1])
    compact = head.compact(outputs, batch["features"])
    predictions = gather(examples, rows.example, compact, decode_answer)
    assert [predictions[each.id] for each in examples] == [each.gold[0].text for each in examples]
    sure = gather(examples, rows.example, compact, head.confidence)
    assert all(0.5 < value <= 1 for value in sure.values())


def test_the_window_with_the_best_raw_score_answers(tokenizer):
    head = SpanHead()
    rows, batch = batch_of([example(CHARACTERS, (6, 8))], encode_windows, tokenizer, head)
    targets = np.array([[5, 5]] * len(rows))
    for winner in range(len(rows)):
        sure = np.where(np.arange(len(rows)) == winner, 3.0, 2.0)
        compact = head.compact(gold_outputs("global_pointer", targets, 16, sure), batch["features"])
        assert decode_answer(example(CHARACTERS), compact) == CHARACTERS[4 * winner + 1]


def test_flags_choose_head_and_loss():
    task = Task({}, None, None, SpanHead(), SpanHead.loss, decode_answer, None)
    pair = with_head(task, "pointer_pair", 16)
    assert isinstance(pair.head, PointerPairHead) and pair.head.longest == 16 and pair.loss is pointer_cross_entropy
    assert with_head(task, "global_pointer").loss is span_cross_entropy
    with pytest.raises(InputError, match="--head 'pointer' is unknown. .* Did you mean"):
        with_head(task, "pointer")
    with pytest.raises(InputError, match="--longest_answer"):
        with_head(task, "pointer_pair", -1)


def test_a_question_without_an_answer_points_to_cls_in_every_window(tokenizer):
    none = Example(0, ("一乙", CHARACTERS), ())
    for encode in (encode_windows, encode_answers):
        targets = [target.tolist() for _, target in encode(none, tokenizer, 16)]
        assert len(targets) > 1 and targets == [[0, 0]] * len(targets)


def test_an_answer_counts_where_it_scores_higher_than_none():
    outputs = {"margin": [-1.0, 2.0, 0.5], "score": [9.0, 1.0, 1.0], "start": [0, 1, 2], "end": [1, 3, 4]}
    question = Example(0, ("一", "丁厂七卜八"))
    assert decode_answer_or_none(question, outputs) == "厂七"
    assert decode_answer_or_none(question, outputs, threshold=2.0) == ""
    scores = np.zeros((1, 4, 4), np.float32)
    scores[0, 0, 0], scores[0, 2, 3] = 3, 5
    compact = SpanHead().compact({"scores": scores}, {name: np.arange(4)[None] for name in ("char_starts", "char_ends")})
    assert compact["margin"] == [2.0] and compact["score"] == [5.0]
