"""The self-terminating distribution: worked numbers, its bound, and searches that end because of it."""

import math

import numpy as np
import pytest
from toy_chain import ToyRows, prompt, prompts

from baselines.decoding.beam import beam_search
from baselines.decoding.sampling import Sampling, draw
from baselines.decoding.self_terminating import latest_end, self_terminating
from baselines.errors import InputError

END = 2


def ends(z, epsilon, steps):
    """p(end) at each step, where the end's logit is always `z`."""
    log_alpha, found = np.zeros(()), []
    for _ in range(steps):
        log_probabilities, log_alpha = self_terminating(np.array([0.3, -1.0, z, 2.0]), log_alpha, END, epsilon)
        found.append(math.exp(log_probabilities[END]))
    return found


def test_worked_numbers():
    np.testing.assert_allclose(ends(2.0, 0.1, 4), [0.207, 0.372, 0.502, 0.605], atol=5e-4)
    np.testing.assert_allclose(ends(1e4, 0.1, 4), [0.1, 0.19, 0.271, 0.3439], atol=1e-9)      # the bound: the end is never wanted


@pytest.mark.parametrize(("epsilon", "steps"), [(0.5, 2), (0.1, 7), (0.01, 69), (0.001, 693)])
def test_greedy_ends_within_the_bound(epsilon, steps):
    """-ln 2 / ln(1 - epsilon) is 1, 6.58, 68.97, 692.8."""
    assert latest_end(epsilon) == steps
    assert ends(1e4, epsilon, steps)[-1] >= 0.5
    assert all(p <= 0.5 for p in ends(1e4, epsilon, steps - 1))


def test_probabilities_sum_to_one_and_the_end_grows_above_its_bound():
    generator, epsilon = np.random.default_rng(0), 0.05
    log_alpha, before = np.zeros((3, 4)), np.zeros((3, 4))
    for t in range(60):
        logits = 6 * generator.standard_normal((3, 4, 9))
        log_probabilities, log_alpha = self_terminating(logits, log_alpha, END, epsilon)
        p = np.exp(log_probabilities)
        np.testing.assert_allclose(p.sum(axis=-1), 1, atol=1e-12)
        assert (p[..., END] >= before).all() and (p[..., END] >= 1 - (1 - epsilon) ** (t + 1) - 1e-12).all()
        others, before = np.delete(p, END, -1), p[..., END]
        softmax = np.exp(np.delete(logits, END, -1))
        expected = np.exp(log_alpha)[..., None] * softmax / softmax.sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(others, expected, rtol=1e-9)


def test_large_logits_overflow_nothing():
    log_probabilities, log_alpha = self_terminating(np.array([1e4, -1e4, -1e4, 0.0]), np.float64(0), END, 1e-6)
    assert log_probabilities[END] == 0 and log_alpha < -9e3 and not np.isnan(log_probabilities).any()


def endless(given, written):
    """A model that would repeat token 0 forever: the end has the lowest logit that training could give it."""
    log_alpha = np.zeros(())
    for _ in range(len(written) + 1):
        log_probabilities, log_alpha = self_terminating(np.array([5.0, 1.0, 30.0, 0.0]), log_alpha, END, 0.1)
    return np.exp(log_probabilities)


@pytest.mark.parametrize("beam", [1, 2, 5])
def test_beam_search_ends_though_the_model_never_would(beam):
    results = beam_search(ToyRows(endless, 2, beam), prompts(2), beam=beam, max_tokens=200)
    assert all(best.finished and best.length <= latest_end(0.1) * 2 for (best,) in results)
    if beam == 1:
        assert [best.length for (best,) in results] == [7, 7]


def test_truncated_sampling_ends_with_the_end_kept():
    """Remedy 1: without it top-2 of a model whose end is third writes on for ever; with it the text ends after 1 / p(end) or so."""

    def table(given, written):
        return (0.6, 0.3, 0.1)

    def length(sampling, seed, longest):
        generator, rows = np.random.default_rng(seed), ToyRows(table, 1, 1)
        scores = rows.prefill([0], [prompt()])
        for count in range(1, longest + 1):
            tokens, _ = draw(scores, [sampling], [generator.random()], END)
            if tokens[0] == END:
                return count
            scores = rows.step(tokens[:, None])
        return None

    assert {length(Sampling(top_k=2), seed, 100) for seed in range(5)} == {None}
    lengths = [length(Sampling(top_k=2, keep_end=True), seed, 300) for seed in range(200)]
    assert None not in lengths and 8 < np.mean(lengths) < 12            # 10 are expected


@pytest.mark.parametrize("epsilon", [0, 1, -0.1, math.nan])
def test_epsilon_out_of_range(epsilon):
    with pytest.raises(InputError, match="epsilon"):
        latest_end(epsilon)
