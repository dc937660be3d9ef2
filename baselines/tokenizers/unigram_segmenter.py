"""Cuts texts by a table of scores: into the likeliest pieces, or at random by an exact law. Su, 2023, kexue.fm/archives/9811.

    alpha < 0    the cut of the highest total score (Viterbi)
    alpha >= 0   a random cut, with probability proportional to exp(alpha * total score); 0: all alike, 1: the model's own law

"Perfect" sampling needs no list of cuts. log Z(e) sums the weights of all cuts of the first e characters. Each end keeps one start
k, drawn with probability Z(k) exp(alpha * score) / Z(e). Following the kept starts from the last end gives a cut by the law,
because these factors cancel along it. (Kudo, 2018, arXiv:1804.10959, samples the same law from a list of the n best.)

It is NumPy throughout: texts are cut first where no piece reaches across, which changes no law; then all these parts advance
together, a character at a time.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.tokenizers.piece_trie import BETWEEN, PieceTrie, code_points
from baselines.tokenizers.score_table import read_scores

UNKNOWN = -1
"""The id of a character that no piece spells."""
PENALTY = 10.0
"""An unknown character's score below the lowest one, as in SentencePiece."""
CHARACTERS = 1 << 17
"""Of the texts that are cut in one pass, unless one text has more: about 300 bytes of memory each."""


class UnigramSegmenter:
    """Pieces with scores.

    Args:
        pieces: Texts; their ids are their places.
        scores: Of each piece the logarithm of its share in texts, 0 or less.
        unknown_score: Of a character that is no piece; None: the lowest score minus 10.

    Raises:
        InputError: There is no piece, or a score is positive or not finite.
    """

    def __init__(self, pieces: Sequence[str], scores: Sequence[float], unknown_score: float | None = None):
        self.pieces, self._scores = list(pieces), np.array(scores, np.float64)
        wrong = np.flatnonzero(~(np.isfinite(self._scores) & (self._scores <= 0)))
        if not len(self.pieces) or len(wrong):
            found = f"{excerpt(self.pieces[wrong[0]])!r} has {self._scores[wrong[0]]}" if len(wrong) else "there is no piece"
            raise InputError(f"A score table needs pieces with scores of 0 or less, but {found}. Correct the table.")
        self._trie = PieceTrie(self.pieces)
        lowest = self._scores.min() - PENALTY if unknown_score is None else unknown_score
        self._scores = np.append(self._scores, lowest)                  # of UNKNOWN, the last

    @classmethod
    def from_file(cls, path: str | Path) -> "UnigramSegmenter":
        """Reads a SentencePiece model, or a text file with a piece, a tab and its score on each line. Raises InputError."""
        table = read_scores(path)
        return cls(list(table), list(table.values()))

    def tokenize(self, text: str, alpha: float = -1.0, seed: int | np.random.Generator | None = None) -> list[str]:
        """The pieces of a text; they join to it. An unknown character is a piece of its own.

        Args:
            text: Any text; it is not normalized.
            alpha: See above.
            seed: Of a random cut; None for another one each time.
        """
        (ends, _), = self.cut([text], alpha, np.random.default_rng(seed))
        return [text[start:end] for start, end in itertools.pairwise([0, *ends])]

    def cut(
        self, texts: Sequence[str], alpha: float = -1.0, rng: np.random.Generator | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each text (ends of its pieces, their ids), int64; the id of an unknown character is -1.

        Args:
            texts: Texts, cut independently of each other.
            alpha: See above.
            rng: Draws random cuts: the same texts in the same order are cut alike by the same state.

        Raises:
            InputError: `alpha` is not finite.
        """
        check_alpha(alpha)
        rng = rng or np.random.default_rng()
        return [cut for group in _passes(texts) for cut in self._cut(group, alpha, rng)]

    def log_partition(self, text: str, alpha: float = 1.0) -> float:
        """log Z: the logarithm of the sum over all cuts of exp(alpha * total score)."""
        check_alpha(alpha)
        lattice = self._lattice([text], alpha)
        return float(sum(lattice.total[lattice.borders[1:-1]]))         # without the sign behind the text

    def _cut(self, texts, alpha, rng):
        lattice = self._lattice(texts, alpha)
        places = lattice.best() if alpha < 0 else lattice.draw(rng)
        starts, ends, ids = lattice.trace(places)
        text_ends = np.cumsum([len(text) + 1 for text in texts])        # each with the sign behind it
        firsts = np.searchsorted(ends, text_ends - 1, side="right")
        result, first, begin = [], 0, 0
        for last, end in zip(firsts, text_ends, strict=True):
            result.append((ends[first:last] - begin, ids[first:last]))
            first, begin = last + 1, end                                # over the sign
        return result

    def _lattice(self, texts, alpha):
        characters = code_points("".join(f"{text}\0" for text in texts))
        characters[np.cumsum([len(text) + 1 for text in texts]) - 1] = BETWEEN
        starts, ends, ids = self._trie.find(characters)
        spelled = np.zeros(len(characters), bool)
        spelled[starts[ends == starts + 1]] = True
        unknown = np.flatnonzero(~spelled)
        starts, ends = np.concatenate([starts, unknown]), np.concatenate([ends, unknown + 1])
        ids = np.concatenate([ids, np.full(len(unknown), UNKNOWN)])
        scores = self._scores[ids]
        return _Lattice(len(characters), starts, ends, ids, scores if alpha < 0 else alpha * scores, best=alpha < 0)


class _Lattice:
    """All pieces of some texts by where they start and end, and for every end the sum, or the maximum, over its cuts.

    Attributes:
        borders: Places that no piece reaches across, the first and the last included. Between two of them is a part.
        total: Of each place the log Z of its part up to it; with `best` the highest score.
    """

    def __init__(self, size, starts, ends, ids, weights, best):
        longer = ends > starts + 1
        opened = np.bincount(starts[longer] + 1, minlength=size + 1) - np.bincount(ends[longer], minlength=size + 1)
        inner = np.cumsum(opened) > 0
        self.borders, self._inner = np.flatnonzero(~inner), inner
        part = np.maximum.accumulate(np.where(inner, 0, np.arange(size + 1)))           # where the part of a place starts
        local, lengths = ends - part[ends - 1], ends - starts
        # Candidates by their place in the part, then by end, then by length: the same order on every machine.
        order = np.argsort((local * (size + 1) + ends) * (lengths.max(initial=0) + 1) + lengths)
        self.starts, self.ends, self.ids, self._weights = (each[order] for each in (starts, ends, ids, weights))
        self._first = np.flatnonzero(np.diff(self.ends, prepend=-1))                    # the first candidate of each end
        self._counts = np.diff(self._first, append=len(order))
        self.total, self._before = np.zeros(size + 1), np.zeros(size + 1)               # _before: 0 where a part starts
        self._advance(local[order[self._first]], np.maximum if best else np.logaddexp)

    def _advance(self, local, add):
        """Fills `total`, all parts at once, a character at a time."""
        steps = np.searchsorted(local, np.arange(1, local.max(initial=0) + 2))
        for step in range(len(steps) - 1):
            group = slice(steps[step], steps[step + 1])
            firsts, places = self._first[group], self.ends[self._first[group]]
            last = firsts[-1] + self._counts[group][-1]
            candidates = slice(firsts[0], last)
            sums = self._before[self.starts[candidates]] + self._weights[candidates]
            firsts = firsts - firsts[0]
            total = np.maximum.reduceat(sums, firsts)
            if add is np.logaddexp:
                total = total + np.log(np.add.reduceat(np.exp(sums - np.repeat(total, self._counts[group])), firsts))
            self.total[places] = total
            self._before[places] = total * self._inner[places]

    def best(self):
        """For each end the candidate of the highest score, of equal ones the longest."""
        sums = self._before[self.starts] + self._weights
        owner = np.repeat(np.arange(len(self._first)), self._counts)
        chosen, highest = np.zeros(len(self._first), np.int64), np.flatnonzero(sums >= self.total[self.ends])
        chosen[owner[highest]] = highest
        return chosen

    def draw(self, rng):
        """For each end a candidate, drawn by its share of the end's sum."""
        shares = np.exp(self._before[self.starts] + self._weights - self.total[self.ends])
        sums = np.concatenate([[0.0], np.cumsum(shares)])
        after = self._first + self._counts
        low, high = sums[self._first], sums[after]
        wanted = low + rng.random(len(low)) * (high - low)
        return np.clip(np.searchsorted(sums, wanted, side="right") - 1, self._first, after - 1)

    def trace(self, chosen):
        """(starts, ends, ids) of the pieces on the way back from every border, in the order of the text."""
        candidate = np.zeros(len(self.total), np.int64)
        candidate[self.ends[self._first]] = chosen
        on_way, places = np.zeros(len(self.total), bool), self.borders[1:]
        while len(places):
            on_way[places] = True
            places = self.starts[candidate[places]]
            places = places[self._inner[places]]
        chosen = candidate[np.flatnonzero(on_way)]
        return self.starts[chosen], self.ends[chosen], self.ids[chosen]


def check_alpha(alpha: float) -> None:
    """Raises InputError for a number that is not finite."""
    if not math.isfinite(alpha):
        raise InputError(f"alpha: expected a finite number. Received: {alpha}")


def _passes(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yields the texts in groups of about CHARACTERS characters."""
    group, size = [], 0
    for text in texts:
        if group and size + len(text) > CHARACTERS:
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group
