"""Random segmentation: the worked example, every law by chi-square, the recursion by brute force, SentencePiece's files."""

import collections
import itertools
import math

import numpy as np
import pytest
from scipy import stats
from subword_samples import scored, sentencepiece_folder

from baselines.errors import InputError
from baselines.tokenizers.piece_trie import PieceTrie, code_points
from baselines.tokenizers.unigram_segmenter import UnigramSegmenter

SHARES = {"a": 0.3, "b": 0.2, "c": 0.1, "ab": 0.25, "bc": 0.1, "abc": 0.05}


def segmenter(shares, **options):
    return UnigramSegmenter(list(shares), [math.log(share) for share in shares.values()], **options)


def every_cut(text, pieces):
    """All ways to cut a text into pieces, tuples."""
    if not text:
        return [()]
    firsts = [text[:end] for end in range(1, len(text) + 1) if text[:end] in pieces]
    return [(first, *rest) for first in firsts for rest in every_cut(text[len(first) :], pieces)]


def drawn(model, text, alpha, count, seed=0):
    """{cut: how often} of `count` draws."""
    rng, found = np.random.default_rng(seed), collections.Counter()
    for ends, _ in model.cut([text] * count, alpha, rng):
        found[tuple(text[start:end] for start, end in itertools.pairwise([0, *ends.tolist()]))] += 1
    return found


def p_value(found, law):
    assert set(found) <= set(law)
    count = sum(found.values())
    expected = np.array([law[cut] * count for cut in law])
    return stats.chisquare([found[cut] for cut in law], expected * count / expected.sum()).pvalue


def law_of(text, shares, alpha):
    weights = {cut: math.prod(shares[piece] for piece in cut) ** alpha for cut in every_cut(text, shares)}
    return {cut: weight / sum(weights.values()) for cut, weight in weights.items()}


@pytest.mark.parametrize(("alpha", "expected", "sum_of_weights"), [
    (0, (0.25, 0.25, 0.25, 0.25), 4),
    (1, (0.054054, 0.270270, 0.225225, 0.450450), 0.111),
    (2, (0.008865, 0.221620, 0.153903, 0.615612), 0.004061),
])  # fmt: skip
def test_the_worked_example(alpha, expected, sum_of_weights):
    model, cuts = segmenter(SHARES), [("a", "b", "c"), ("a", "bc"), ("ab", "c"), ("abc",)]
    assert math.exp(model.log_partition("abc", alpha)) == pytest.approx(sum_of_weights)
    law = law_of("abc", SHARES, alpha)
    assert [law[cut] for cut in cuts] == pytest.approx(expected, abs=1e-6)
    assert p_value(drawn(model, "abc", alpha, 20_000), law) > 0.001
    assert model.tokenize("abc") == ["abc"]


def test_three_equal_cuts_are_drawn_alike_in_whatever_order_they_arrive():
    words = ["watch", "ing", "wat", "ching", "w", "atching"]
    for order in (words, words[::-1]):
        found = drawn(segmenter(dict.fromkeys(order, 0.1)), "watching", 1.0, 9000)
        assert len(found) == 3 and stats.chisquare(list(found.values())).pvalue > 0.001


@pytest.mark.parametrize("seed", range(4))
def test_random_tables(seed):
    """Against all cuts, one by one; the text has places that no piece reaches across."""
    rng = np.random.default_rng(seed)
    pieces = {"".join(rng.choice(list("xyz"), size)) for size in (1, 2, 2, 2, 3, 3, 4)} | set("xyz")
    shares = {piece: float(share) for piece, share in zip(sorted(pieces), rng.uniform(0.01, 0.5, len(pieces)), strict=True)}
    text, model, alpha = "".join(rng.choice(list("xyz"), 7)), segmenter(shares), float(rng.uniform(0.2, 1.5))
    scores = {cut: sum(math.log(shares[piece]) for piece in cut) for cut in every_cut(text, shares)}
    assert model.log_partition(text, alpha) == pytest.approx(np.logaddexp.reduce([alpha * score for score in scores.values()]))
    assert tuple(model.tokenize(text)) == max(scores, key=scores.get)
    assert p_value(drawn(model, text, alpha, 10_000, seed), law_of(text, shares, alpha)) > 0.001
    assert tuple(model.tokenize(text, 1e5, seed)) == max(scores, key=scores.get)


def test_texts_are_cut_alone_and_join_again():
    model, rng = segmenter(SHARES), np.random.default_rng(1)
    texts = ["".join(rng.choice(list("abc天\0\U0001f600"), size)) for size in rng.integers(0, 40, 50)] + ["", "abc", "\ud800"]
    for alpha in (-1.0, 0.5):
        cuts = model.cut(texts, alpha, np.random.default_rng(2))
        assert [int(ends[-1]) if len(ends) else 0 for ends, _ in cuts] == list(map(len, texts))
        for text, (ends, ids) in zip(texts, cuts, strict=True):
            pieces = [text[start:end] for start, end in itertools.pairwise([0, *ends.tolist()])]
            assert "".join(pieces) == text
            assert all(model.pieces[index] == piece if index >= 0 else len(piece) == 1 and piece not in SHARES
                       for piece, index in zip(pieces, ids.tolist(), strict=True))  # fmt: skip
    one_by_one = [model.cut([text])[0][0].tolist() for text in texts]
    assert one_by_one == [ends.tolist() for ends, _ in model.cut(texts)]


def test_a_seed_repeats_a_draw_and_the_best_cut_needs_none():
    model, text = segmenter(SHARES), "abcab" * 20
    assert model.tokenize(text, 0.3, 7) == model.tokenize(text, 0.3, 7) != model.tokenize(text, 0.3, 8)
    assert model.tokenize(text) == model.tokenize(text, -2.0)


def test_an_unknown_character_costs_more_than_any_piece():
    model = segmenter({"ab": 0.4, "b": 0.1, "abc": 0.01})
    assert model.tokenize("abc") == ["abc"] and model.tokenize("cab") == ["c", "ab"]
    assert segmenter({"ab": 0.4}, unknown_score=-0.1).tokenize("ab") == ["a", "b"]


def test_the_trie_finds_every_piece():
    pieces, text = ["今天", "天", "天天气", "𠀀", "天", ""], "今天天气𠀀"
    starts, ends, ids = PieceTrie(pieces).find(code_points(text))
    found = sorted(zip(starts.tolist(), ends.tolist(), ids.tolist(), strict=True))
    assert found == [(0, 2, 0), (1, 2, 4), (1, 4, 2), (2, 3, 4), (4, 5, 3)]     # of two equal pieces the last
    assert [len(part) for part in PieceTrie(["a"]).find(code_points(""))] == [0, 0, 0]


def test_a_sentencepiece_model_and_its_table_cut_alike(tmp_path):
    folder = sentencepiece_folder(tmp_path, "t5", "spiece.model")
    (tmp_path / "table.vocab").write_text("".join(f"{piece}\t{score}\n" for piece, score, _ in scored()), encoding="utf-8")
    models = [UnigramSegmenter.from_file(folder / name) for name in ("spiece.model", "table.vocab")]
    assert models[0].tokenize("▁今天天气好") == models[1].tokenize("▁今天天气好") == ["▁今天", "天气", "好"]


@pytest.mark.parametrize(("lines", "message"), [
    ("a\t-1\nb -2\n", "table.tsv:2: no piece, tab and score in 'b -2'"),
    ("a\t0.5\n", "'a' has 0.5"), ("a\tnan\n", "'a' has nan"), ("a\t-inf\n", "'a' has -inf"), ("", "there is no piece"),
])  # fmt: skip
def test_bad_tables(tmp_path, lines, message):
    (tmp_path / "table.tsv").write_text(lines)
    with pytest.raises(InputError, match=message):
        UnigramSegmenter.from_file(tmp_path / "table.tsv")


@pytest.mark.parametrize("alpha", [float("nan"), float("inf")])
def test_alpha_is_finite(alpha):
    with pytest.raises(InputError, match="expected a finite number"):
        segmenter(SHARES).tokenize("abc", alpha)
