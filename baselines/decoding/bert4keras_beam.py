"""Beam search as bert4keras' AutoRegressiveDecoder does it, token for token: for figures that were made with it.

What differs from `decoding/beam.py`: a finished text that is not the best at its step is thrown away and the beam shrinks; texts
are ranked by their sum alone; log(p + 1e-12) lets tokens of probability 0 compete; `min_tokens` only delays the look at what has
ended, so that a text may go on behind its end; at the longest length only unfinished ones are left to return.
"""

from collections.abc import Callable, Sequence

import numpy as np

from baselines.decoding.decoder_protocol import Decoder, Prompt
from baselines.decoding.hypothesis import Hypothesis
from baselines.decoding.top_tokens import check_numbers

FLOOR = 1e-12
"""Added to each probability before its logarithm is taken."""


def beam_search(
    rows: Decoder, prompts: Sequence[Prompt], beam: int = 3, max_tokens: int = 32, min_tokens: int = 1, ends: int = 1
) -> list[list[Hypothesis]]:
    """[[Hypothesis]], one for each prompt: bert4keras' `topk`, `maxlen`, `minlen` and `min_ends`; prompts one after the other."""
    if beam > rows.width:
        raise ValueError(f"beam_search: expected rows of a width of at least beam={beam}. Received: width={rows.width}")
    return [[_search(rows, prompt, beam, max_tokens, min_tokens, ends)] for prompt in prompts]


def _search(rows, prompt, beam, max_tokens, min_tokens, ends):
    def next_scores(written, parents):
        if parents is None:
            scores = rows.prefill([0], [prompt])
        else:
            scores = rows.step(_padded(written[:, -1], rows.width), _padded(parents, rows.width))
        log_probabilities = np.array(scores.whole()[0, : len(written)], np.float64)
        check_numbers(log_probabilities)
        return np.log(np.exp(log_probabilities) + FLOOR)

    first = np.empty((1, 0), np.int64)
    written, total, done = search(next_scores, first, beam, max_tokens, min_tokens, ends, rows.end_id)
    rows.free([0])
    return _hypothesis(written[:-1] if done else written, total, finished=done)


def search(
    next_scores: Callable[[np.ndarray, np.ndarray | None], np.ndarray], first: np.ndarray, beam: int, max_tokens: int,
    min_tokens: int, ends: int, end_id: int,
) -> tuple[np.ndarray, float, bool]:  # fmt: skip
    """The search itself, over any function that scores what follows.

    Args:
        next_scores: (written int (R, T), parents int (R,) or None) -> float (R, V); `parents` are the rows of the last call that
            these continue, None in the first call.
        first: int (1, T), what the text begins with.
        beam: Texts that are kept.
        max_tokens: Longest text, without what it begins with.
        min_tokens: Shortest text.
        ends: End tokens of a finished text.
        end_id: The end token.

    Returns:
        The text int (T,) with its end, its score, and whether it is finished.
    """
    written, totals, parents = first, np.zeros(1), None
    for _ in range(max_tokens):
        continued = totals[:, None] + next_scores(written, parents)
        beam = min(beam, continued.size)
        chosen = continued.argpartition(-beam, axis=None)[-beam:]
        parents, tokens = np.divmod(chosen, continued.shape[1])
        written, totals = np.concatenate([written[parents], tokens[:, None]], axis=1), continued.ravel()[chosen]
        done = finished(written, end_id, ends, min_tokens)
        best = totals.argmax()
        if done[best]:
            return written[best], totals[best], True
        written, totals, parents, beam = written[~done], totals[~done], parents[~done], (~done).sum()
    best = totals.argmax()
    return written[best], totals[best], False


def finished(written: np.ndarray, end_id: int, ends: int, min_tokens: int) -> np.ndarray:
    """bool (R,): which texts int (R, T) end here and have `ends` end tokens and `min_tokens` tokens or more."""
    return (written[:, -1] == end_id) & ((written == end_id).sum(axis=1) >= ends) & (written.shape[1] >= min_tokens)


def _padded(values, width):
    return np.pad(values, (0, width - len(values)))[None]


def _hypothesis(written, total, finished):
    return Hypothesis(tuple(written.tolist()), float(total), float(total), finished)
