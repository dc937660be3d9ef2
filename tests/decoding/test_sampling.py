"""Drawing tokens: worked numbers of top-k, top-p and temperature, and frequencies against the truncated distribution."""

import math

import numpy as np
import pytest
from toy_chain import END, ToyRows, prompt, prompts, random_table

from baselines.decoding.constraints import BannedSequences
from baselines.decoding.decoder_protocol import LogitsAdjustment
from baselines.decoding.logits_processing import logits_adjustment
from baselines.decoding.sampling import Sampling, draw
from baselines.errors import InputError

GRID = (np.arange(20000) + 0.5) / 20000


def scores_of(p, candidates=None, end_id=END, adjust=None):
    return ToyRows(lambda *_: p, 1, 1, candidates, end_id).prefill([0], [prompt()], adjust)


def distribution(p, sampling, candidates=None, end_id=END, adjust=None):
    """Of the token drawn, when the uniform number is: {token: share}."""
    scores = scores_of(p, candidates, end_id, adjust)
    normalized = adjust is None or adjust.allowed is None
    drawn = [draw(scores, [sampling], [u], end_id, normalized)[0][0] for u in GRID[:: 4 if candidates is None else 10]]
    ids, counts = np.unique(drawn, return_counts=True)
    return dict(zip(ids.tolist(), (counts / len(drawn)).tolist(), strict=True))


FOUR, OTHER_FOUR = (0.5, 0.3, 0.15, 0.05), (0.4, 0.3, 0.2, 0.1)


@pytest.mark.parametrize("candidates", [None, 1, 2, 3])
@pytest.mark.parametrize(
    ("p", "sampling", "expected"),
    [
        (FOUR, Sampling(top_k=2), (0.625, 0.375)),
        (FOUR, Sampling(top_k=1), (1,)),
        (FOUR, Sampling(top_p=0.5), (1,)),
        (FOUR, Sampling(top_p=0.01), (1,)),
        (FOUR, Sampling(top_p=0.8), (0.625, 0.375)),
        (FOUR, Sampling(top_p=0.81), (0.526316, 0.315789, 0.157895)),
        (FOUR, Sampling(top_p=0.96), FOUR),
        (FOUR, Sampling(top_p=1.0), FOUR),
        (FOUR, Sampling(top_k=4), FOUR),
        (FOUR, Sampling(top_k=1000), FOUR),
        (FOUR, Sampling(), FOUR),
        (OTHER_FOUR, Sampling(top_k=3, top_p=0.7), (0.571429, 0.428571)),
        (OTHER_FOUR, Sampling(top_k=3, top_p=0.78), (0.444444, 0.333333, 0.222222)),
    ],
)
def test_worked_numbers_of_top_k_and_top_p(p, sampling, expected, candidates):
    """However many candidates the model offers."""
    drawn = distribution(p, sampling, candidates)
    assert drawn == pytest.approx(dict(enumerate(expected)), abs=2e-3)


@pytest.mark.parametrize(
    ("temperature", "expected"), [(0.5, (0.657895, 0.236842, 0.105263)), (2.0, (0.415446, 0.321803, 0.262751)), (0.02, (1,))]
)
def test_worked_numbers_of_temperature(temperature, expected):
    adjust = logits_adjustment([[[]]], [()], [1.0], [temperature], 3, END)
    assert distribution((0.5, 0.3, 0.2), Sampling(temperature), adjust=adjust) == pytest.approx(dict(enumerate(expected)), abs=1e-3)


def test_the_end_is_kept_where_truncation_would_drop_it():
    """Remedy 1: with its own probability, then renormalized."""
    p = (0.5, 0.3, 0.05, 0.15)
    assert END not in distribution(p, Sampling(top_k=2))
    expected = {0: 0.5 / 0.85, 1: 0.3 / 0.85, END: 0.05 / 0.85}
    for candidates in (None, 2):
        assert distribution(p, Sampling(top_k=2, keep_end=True), candidates) == pytest.approx(expected, abs=2e-3)
        assert distribution(p, Sampling(top_p=0.8, keep_end=True), candidates) == pytest.approx(expected, abs=2e-3)
    assert distribution(p, Sampling(keep_end=True)) == pytest.approx(dict(enumerate(p)), abs=1e-3)
    assert distribution(p, Sampling(top_k=1, keep_end=True)) == pytest.approx({0: 0.5 / 0.55, END: 0.05 / 0.55}, abs=1e-3)
    forbidden = LogitsAdjustment(allowed=np.array([[[True, True, False, True]]]))
    assert distribution(p, Sampling(top_k=2, keep_end=True), adjust=forbidden) == pytest.approx({0: 0.625, 1: 0.375}, abs=1e-3)


@pytest.mark.parametrize("candidates", [None, 2])
def test_what_is_left_of_a_distribution_is_normalized(candidates):
    allowed = LogitsAdjustment(allowed=np.array([[[False, True, True, True]]]))
    expected = {1: 0.6, 2: 0.3, 3: 0.1}
    assert distribution(FOUR, Sampling(), candidates, adjust=allowed) == pytest.approx(expected, abs=2e-3)
    assert distribution(FOUR, Sampling(top_p=0.9), candidates, adjust=allowed) == pytest.approx({1: 2 / 3, 2: 1 / 3}, abs=2e-3)


def test_top_p_one_keeps_every_token_though_rounded_sums_miss_one():
    p = np.full(3000, 1 / 3000)
    scores = scores_of(p)
    (token,), _ = draw(scores, [Sampling(top_p=1.0)], [1 - 2**-53], END)
    assert token == 2999


def test_the_last_uniform_number_draws_a_possible_token():
    scores = scores_of((0.3, 0.7, 0, 0))
    assert draw(scores, [Sampling(top_k=3)], [1 - 2**-53], END)[0] == [0]


def test_where_nothing_is_allowed_the_text_ends():
    (token,), (log_probability,) = draw(
        scores_of(FOUR, adjust=LogitsAdjustment(allowed=np.zeros((1, 1, 4), bool))), [Sampling()], [0.5], END, normalized=False
    )
    assert token == END and log_probability == -np.inf


def test_the_log_probability_is_that_before_truncation():
    _, (log_probability,) = draw(scores_of(FOUR), [Sampling(top_k=2)], [0.99], END)
    assert math.exp(log_probability) == pytest.approx(0.3)


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(top_k=4), Sampling(top_p=0.7), Sampling(top_k=6, top_p=0.8)])
def test_frequencies_are_those_of_the_truncated_distribution(sampling):
    """Chi-square of 20000 draws with a fixed seed; the limit is that of p = .001."""
    p = np.sort(random_table(0, 12)((1,), ()))[::-1]
    kept = np.arange(12) < (sampling.top_k or 12)
    kept &= np.cumsum(p * kept / p[kept].sum()) - p * kept / p[kept].sum() < sampling.top_p
    expected = (p * kept / p[kept].sum())[kept] * len(GRID)
    uniforms, scores = np.random.default_rng(1).random(len(GRID)), scores_of(p)
    tokens = [draw(scores, [sampling], [u], END)[0][0] for u in uniforms]
    counts = np.bincount(tokens, minlength=12)
    assert counts[~kept].sum() == 0
    limit = {12: 31.26, 11: 29.59, 4: 16.27, 3: 13.82, 2: 10.83}
    assert ((counts[kept] - expected) ** 2 / expected).sum() < limit.get(kept.sum(), 31.26)


def sample(table, some, samplings, seeds, num_rows, max_tokens=8, constraints=()):
    """Texts of all prompts, each from its own generator, `num_rows` at a time."""
    found = []
    for first in range(0, len(some), num_rows):
        part = slice(first, first + num_rows)
        rows, generators = ToyRows(table, len(some[part]), 1, 3), [np.random.default_rng(seed) for seed in seeds[part]]
        written = [[] for _ in some[part]]
        temperature, penalty = ([getattr(one, name) for one in samplings[part]] for name in ("temperature", "penalty"))
        tokens = None
        for _ in range(max_tokens):
            prefixes = [[text] for text in written]
            adjust = logits_adjustment(prefixes, [constraints] * len(written), penalty, temperature, rows.vocab_size, END)
            numbers = [*range(len(written))]
            scores = rows.prefill(numbers, some[part], adjust) if tokens is None else rows.step(tokens[:, None], adjust=adjust)
            uniforms = [generator.random() for generator in generators]
            tokens, _ = draw(scores, samplings[part], uniforms, END, not constraints)
            for text, token in zip(written, tokens, strict=True):
                text.append(int(token))
        found += written
    return found


def test_a_seed_draws_the_same_text_whatever_it_shares_a_batch_with():
    table, seeds = random_table(2, 6, sharpness=0.7), [*range(12)]
    samplings = [Sampling(1 + 0.2 * (n % 3), n % 4, 1 - 0.1 * (n % 2), 1 + 0.3 * (n % 2)) for n in range(12)]
    constraints = (BannedSequences(((4,),)),)
    alone = sample(table, prompts(12), samplings, seeds, 1, constraints=constraints)
    assert sample(table, prompts(12), samplings, seeds, 12, constraints=constraints) == alone
    assert sample(table, prompts(12), samplings, seeds, 5, constraints=constraints) == alone
    assert all(4 not in text for text in alone)
    assert sample(table, prompts(12), samplings, [seed + 100 for seed in seeds], 12, constraints=constraints) != alone


def test_samples_of_one_prompt_in_a_batch_follow_the_model():
    """n samples at once are n separate runs: the share of first tokens is the model's."""
    p = random_table(2, 6)((1,), ())
    texts = sample(random_table(2, 6), [prompt(1)] * 2000, [Sampling()] * 2000, [*range(2000)], 500, max_tokens=1)
    counts = np.bincount([text[0] for text in texts], minlength=6)
    assert ((counts - 2000 * p) ** 2 / (2000 * p)).sum() < 20.52        # chi-square of 5 degrees, p = .001


@pytest.mark.parametrize(
    "settings", [{"temperature": 0}, {"temperature": -1.0}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.1}, {"penalty": 0.0},
                 {"temperature": math.nan}, {"top_p": math.nan}]
)  # fmt: skip
def test_settings_out_of_range_are_a_users_mistake(settings):
    with pytest.raises(InputError, match=f"{[*settings][0]}: .* is out of range"):
        Sampling(**settings)


def test_scores_that_are_not_numbers_are_an_error():
    with pytest.raises(InputError, match="NaN"):
        draw(scores_of((0.5, math.nan, 0.5)), [Sampling()], [0.5], END)


def test_rows_without_a_text_are_not_looked_at_and_each_row_is_normalized_on_its_own():
    def table(given, written):
        return {(1,): FOUR, (2,): OTHER_FOUR}[given]

    rows = ToyRows(table, 3, 1, 2)
    adjust = LogitsAdjustment(allowed=np.array([[[True] * 4], [[True] * 4], [[False, True, True, True]]]))
    rows.prefill([1, 2], [prompt(1), prompt(2)])
    scores = rows.step(np.zeros((3, 1), int), None, adjust)
    tokens, log_probabilities = draw(scores, [None, Sampling(), Sampling()], [0.1, 0.6, 0.99], END, [False, True, False])
    assert tokens.tolist() == [END, 1, 3]
    np.testing.assert_allclose(np.exp(log_probabilities[1:]), [0.3, 0.1], rtol=1e-5)
