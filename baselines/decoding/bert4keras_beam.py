"""Beam search as bert4keras' AutoRegressiveDecoder does it, token for token: for figures that were made with it.

What differs from `decoding/beam.py`: a finished text that is not the best at its step is thrown away and the beam shrinks; texts
are ranked by their sum alone; log(p + 1e-12) lets tokens of probability 0 compete; `min_tokens` only delays the look at what has
ended, so that a text may go on behind its end; at the longest length only unfinished ones are left to return.
"""

from collections.abc import Sequence

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
    scores = rows.prefill([0], [prompt])
    written, totals, parents = np.empty((1, 0), np.int64), np.zeros(1), None
    for _ in range(max_tokens):
        if written.shape[1]:
            scores = rows.step(_padded(written[:, -1], rows.width), _padded(parents, rows.width))
        log_probabilities = np.array(scores.whole()[0, : len(written)], np.float64)
        check_numbers(log_probabilities)
        continued = totals[:, None] + np.log(np.exp(log_probabilities) + FLOOR)
        beam = min(beam, continued.size)
        chosen = continued.argpartition(-beam, axis=None)[-beam:]
        parents, tokens = np.divmod(chosen, rows.vocab_size)
        written, totals = np.concatenate([written[parents], tokens[:, None]], axis=1), continued.ravel()[chosen]
        if written.shape[1] >= min_tokens:
            done = (written[:, -1] == rows.end_id) & ((written == rows.end_id).sum(axis=1) >= ends)
            best = totals.argmax()
            if done[best]:
                rows.free([0])
                return _hypothesis(written[best, :-1], totals[best], finished=True)
            written, totals, parents, beam = written[~done], totals[~done], parents[~done], (~done).sum()
    rows.free([0])
    best = totals.argmax()
    return _hypothesis(written[best], totals[best], finished=False)


def _padded(values, width):
    return np.pad(values, (0, width - len(values)))[None]


def _hypothesis(written, total, finished):
    return Hypothesis(tuple(written.tolist()), float(total), float(total), finished)
