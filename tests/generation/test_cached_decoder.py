"""What Scores promise, beams that share a prompt's memory, rows that are used again, and one compilation for each shape."""

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.decoding.beam import beam_search
from baselines.decoding.decoder_protocol import LogitsAdjustment, Prompt
from baselines.decoding.self_terminating import latest_end, self_terminating
from baselines.generation.cached_decoder import CachedDecoder
from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
CONFIG = {**small.CONFIG, "num_hidden_layers": 1, "initializer_range": 0.4, "max_relative_position": 4}
ROWS, WIDTH, CAPACITY, CANDIDATES, END, EPSILON = 4, 3, 16, 7, 2, 0.1


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return build_transformer_model(CONFIG, model="nezha", mask="prefix", with_mlm="linear")


@pytest.fixture(scope="module")
def rows(model):
    return CachedDecoder(model, END, ROWS, WIDTH, CAPACITY, candidates=CANDIDATES, output="mlm")


@pytest.fixture(scope="module")
def ending_rows(model):
    return CachedDecoder(model, END, ROWS, WIDTH, CAPACITY, output="mlm", self_terminating=EPSILON)


def some_prompt(length):
    return Prompt(np.random.default_rng(length).integers(3, 40, length).astype("int32"), np.zeros(length, "int32"), segment=1)


def logits_of(model, texts):
    """[(L + 1, V)] of the token after a prompt and after each written token; texts are pairs (Prompt, written ids)."""
    shape = ROWS * WIDTH, CAPACITY + 8                                  # always the same: compiled once
    batch = {name: np.zeros(shape, "int32") for name in ("token_ids", "segment_ids")}
    for row, (prompt, written) in enumerate(texts):
        length = len(prompt.token_ids)
        batch["token_ids"][row, : length + len(written)] = [*prompt.token_ids, *written]
        batch["segment_ids"][row, length : length + len(written)] = prompt.segment
    found = ops.convert_to_numpy(model(batch)["mlm"])
    return [each[len(prompt.token_ids) - 1 :][: len(written) + 1] for each, (prompt, written) in zip(found, texts, strict=False)]


def log_softmax(logits):
    logits = logits - logits.max(axis=-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def softmax_oracle(model, texts):
    """Log-probabilities (len(texts), V) of what follows each text."""
    return np.stack([log_softmax(logits[-1]) for logits in logits_of(model, texts)])


def ending_oracle(model, texts):
    """The same under the self-terminating distribution; a text begins anew behind an end."""
    found = []
    for logits, (_, written) in zip(logits_of(model, texts), texts, strict=True):
        log_alpha = 0.0
        for position, each in enumerate(logits):
            if position and written[position - 1] == END:
                log_alpha = 0.0
            log_probabilities, log_alpha = self_terminating(each, log_alpha, END, EPSILON)
        found.append(log_probabilities)
    return np.stack(found)


def check(scores, expected):
    """Scores against log-probabilities (R, K, V)."""
    whole = scores.whole()
    np.testing.assert_allclose(whole, expected, atol=2e-5)
    np.testing.assert_array_equal(scores.end, whole[..., END])
    order = np.argsort(-whole, axis=-1, kind="stable")[..., : scores.ids.shape[-1]]
    np.testing.assert_array_equal(scores.ids, order)
    np.testing.assert_array_equal(scores.values, np.take_along_axis(whole, order, axis=-1))
    assert (scores.ids.dtype, scores.values.dtype, scores.end.dtype, whole.dtype) == ("int32", "float32", "float32", "float32")


class Writing:
    """Prefixes written at random into rows, each step checked against the whole text run again."""

    def __init__(self, rows, model, oracle, seed=0):
        self.rows, self.model, self.oracle = rows, model, oracle
        self.generator, self.held = np.random.default_rng(seed), {}     # {row: (prompt, [written of each prefix])}

    def prefill(self, numbers, lengths):
        prompts = [some_prompt(length) for length in lengths]
        scores = self.rows.prefill(numbers, prompts)
        check(scores, self.oracle(self.model, [(prompt, []) for prompt in prompts])[:, None])
        self.held |= {row: (prompt, [[]] * WIDTH) for row, prompt in zip(numbers, prompts, strict=True)}

    def step(self, with_parents=True):
        count = max(self.held) + 1
        tokens = self.generator.integers(2, 40, (count, WIDTH))
        tokens[self.generator.random(tokens.shape) < 0.2] = END
        parents = self.generator.integers(0, WIDTH, (count, WIDTH)) if with_parents else None
        scores, texts = self.rows.step(tokens, parents), []
        for row, (prompt, written) in self.held.items():
            before = range(WIDTH) if parents is None else parents[row]
            written = [[*written[k], int(token)] for k, token in zip(before, tokens[row], strict=True)]
            self.held[row] = prompt, written
            texts += [(prompt, each) for each in written]
        held = [*self.held]
        expected = self.oracle(self.model, texts).reshape(len(held), WIDTH, -1)
        check(type(scores)(scores.ids[held], scores.values[held], scores.end[held], lambda: scores.whole()[held]), expected)

    def free(self, *numbers):
        self.rows.free([*numbers])
        for number in numbers:
            del self.held[number]


@pytest.mark.parametrize("kind", ["softmax", "self-terminating"])
def test_every_prefix_is_as_if_written_alone_and_no_shape_is_compiled_twice(kind, model, rows, ending_rows):
    """Rows come and go, alone and together, with beams that part and survive; a second round compiles nothing."""
    rows, oracle = (rows, softmax_oracle) if kind == "softmax" else (ending_rows, ending_oracle)
    compilations = []
    for seed in range(2):
        writing = Writing(rows, model, oracle, seed)
        writing.prefill([0], [5])                                         # a batch of one
        writing.step()
        writing.prefill([2, 1], [11, 3])                                  # behind and out of order; rows are a bucket of four
        for _ in range(3):
            writing.step()
        writing.free(1)
        writing.step(with_parents=False)
        writing.prefill([1], [1])                                         # a shorter prompt where a longer one was
        writing.step()
        writing.free(0, 2)                                           # row 0 is empty below one that is not
        writing.step()
        writing.prefill([0, 3, 2], [15, 8, 9])
        writing.step()
        writing.free(*list(writing.held))
        compilations.append(rows.compilations)
    assert compilations == [4, 4]                                       # prompts and steps of 1 row and of 4


def test_what_is_changed_about_scores(model, rows):
    """Penalty, temperature, softmax, then the mask, and nothing normalized behind it."""
    generator, prompts = np.random.default_rng(0), [some_prompt(4), some_prompt(7)]
    adjust = LogitsAdjustment(
        allowed=generator.random((2, 1, 40)) < 0.3,
        seen=generator.random((2, 1, 40)) < 0.5,
        penalty=np.array([1.5, 0.7], np.float32),
        temperature=np.array([0.5, 3.0], np.float32),
    )
    adjust.allowed[0] = False
    adjust.allowed[0, 0, [END, 30]] = True                              # fewer than the candidates
    logits = np.stack([each[-1] for each in logits_of(model, [(prompt, []) for prompt in prompts])])[:, None]
    penalty, temperature = adjust.penalty[:, None, None], adjust.temperature[:, None, None]
    expected = np.where(adjust.seen, np.where(logits > 0, logits / penalty, logits * penalty), logits)
    expected = np.where(adjust.allowed, log_softmax(expected / temperature), -np.inf)
    scores = rows.prefill([3, 0], prompts, adjust)
    check(scores, expected)
    assert {*scores.ids[0, 0, :2].tolist()} == {END, 30} and (scores.values[0, 0, 2:] == -np.inf).all()
    rows.free([0, 3])


def test_of_equally_likely_tokens_the_lower_id_comes_first(model):
    level = build_transformer_model(CONFIG, mask="causal", with_mlm="linear")
    for weight in level.weights:
        if weight.path.startswith("Embedding-Token"):
            weight.assign(np.zeros(weight.shape))
    scores = CachedDecoder(level, END, 1, candidates=CANDIDATES, capacity=8, output="mlm").prefill([0], [some_prompt(3)])
    assert scores.ids.tolist() == [[[*range(CANDIDATES)]]]
    np.testing.assert_allclose(np.exp(scores.whole()), 1 / 40, atol=1e-6)


def test_a_full_row_and_a_prompt_without_room_are_errors(rows):
    with pytest.raises(ValueError, match="Received: 48"):
        rows.prefill([0], [some_prompt(CAPACITY + (WIDTH - 1) * CAPACITY)])
    rows.prefill([0], [some_prompt(CAPACITY)])
    tokens = np.full((1, WIDTH), 5)
    for _ in range((WIDTH - 1) * CAPACITY // WIDTH):
        rows.step(tokens)
    with pytest.raises(ValueError, match="at most 48 slots"):
        rows.step(tokens)
    rows.free([0])


def test_rows_behind_those_that_are_stepped_hold_nothing(rows):
    """Buckets of rows: two rows are computed as four."""
    rows.prefill([3], [some_prompt(4)])
    with pytest.raises(ValueError, match="row 3"):
        rows.step(np.full((2, WIDTH), 5))
    rows.free([3])


@pytest.mark.parametrize("beam", [1, WIDTH])
def test_searches_end_within_the_bound_though_the_model_never_wants_to(model, ending_rows, beam):
    bias = model.get_layer("MLM-Bias").weights[0]
    before = ops.convert_to_numpy(bias)
    wanted = {END: 50.0, 9: 30.0}                                       # the end's logit is whether to go on
    bias.assign([wanted.get(token, value) for token, value in enumerate(before)])
    try:
        results = beam_search(ending_rows, [some_prompt(length) for length in (2, 5)], beam=beam, max_tokens=11)
    finally:
        bias.assign(before)
    assert all(best.finished for (best,) in results)
    if beam == 1:
        assert [best.length for (best,) in results] == [latest_end(EPSILON)] * 2 == [7, 7]
