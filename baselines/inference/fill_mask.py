"""A model of masked words, ready for people: what stands at [MASK], and how natural a sentence is.

    words = FillMask.from_checkpoint("checkpoints/mini")
    words.fill("北京是[MASK][MASK]的首都")          # candidates of each mask, and the texts that are likeliest as a whole
    words.score("北京是中国的首都")                 # pseudo-perplexity. Salazar et al., 2020, arXiv:1910.14659
"""

import dataclasses
import math
from pathlib import Path

import numpy as np

from baselines.data.batching import bucket, bucket_lengths
from baselines.errors import InputError
from baselines.heads.masked_language_model import MaskedLanguageModelHead
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import trained_positions
from baselines.training.steps import Steps

MASK = "[MASK]"
ROWS = 16
"""Rows that go through the model at once."""
UNLIMITED = 1 << 20


@dataclasses.dataclass(frozen=True)
class Filled:
    """What may stand at the masks of a text.

    candidates   for each mask [(token, its probability with the other masks unknown), …], best first
    texts        [(text, log-probability of all its filled masks), …], best first
    """

    candidates: list
    texts: list


@dataclasses.dataclass(frozen=True)
class Naturalness:
    """How likely the tokens of a text are, each from all the others: the sum of their log-probabilities, and exp of -mean."""

    tokens: int
    log_likelihood: float
    perplexity: float


class FillMask:
    """Fills masks and scores texts with the MLM head of a checkpoint."""

    def __init__(self, encoder, tokenizer, max_length=None):
        if MASK not in tokenizer.vocabulary:
            raise InputError(f"expected a vocabulary with {MASK}. Received: one without. A model of masked words has it.")
        self.tokenizer, self.max_length = tokenizer, max_length or UNLIMITED
        self.steps = Steps(MaskedLanguageModelHead()(encoder), None)

    @classmethod
    def from_checkpoint(cls, folder: str | Path, pre_tokenizer: str | None = None) -> "FillMask":
        """A model from a checkpoint.

        Args:
            folder: Folder or TensorFlow prefix.
            pre_tokenizer: "jieba", "none", or None for that of the checkpoint.

        Raises:
            InputError: The checkpoint is corrupted, or has no weights of the MLM head.
        """
        checkpoint = Checkpoint.open(folder, pre_tokenizer=pre_tokenizer)
        return cls(checkpoint.build(with_mlm="linear"), checkpoint.tokenizer, trained_positions(checkpoint.config))

    def fill(self, text, num=5):
        """The Filled of a text with one [MASK] or more, `num` candidates and texts.

        Texts are searched with beams: masks are filled from left to right, each one knowing those before it, so that the
        log-probabilities of a text add up.
        """
        ids = self.ids(text)
        places = np.flatnonzero(ids == self.tokenizer.vocabulary.mask_id)
        if not len(places):
            raise InputError(f"{text}: expected a text with {MASK}, one for each character. Received: none.")
        together = self.log_probabilities(ids[None], places[None])[0]
        candidates = [
            [(self.tokenizer.vocabulary.tokens[token], float(np.exp(row[token]))) for token in best(row, num)] for row in together
        ]
        beams = [(0.0, ids)]
        for number, place in enumerate(places):
            rows = np.stack([beam for _, beam in beams])
            found = together[None, 0] if number == 0 else self.log_probabilities(rows, np.full((len(rows), 1), place))[:, 0]
            grown = [(score + float(row[token]), beam, token)
                     for (score, beam), row in zip(beams, found, strict=True) for token in best(row, num)]  # fmt: skip
            grown.sort(key=lambda beam: -beam[0])
            beams = [(score, np.where(np.arange(len(ids)) == place, token, beam)) for score, beam, token in grown[:num]]
        return Filled(candidates, [(self.tokenizer.decode(beam[1:-1]), score) for score, beam in beams])

    def score(self, text):
        """The Naturalness of a text: every token in turn is masked and predicted from all others."""
        ids = self.ids(text)
        places = np.arange(1, len(ids) - 1)
        if not len(places):
            raise InputError(f"expected a text with words. Received: {text!r}, which has none.")
        rows = np.tile(ids, (len(places), 1))
        rows[np.arange(len(places)), places] = self.tokenizer.vocabulary.mask_id
        found = self.log_probabilities(rows, places[:, None])[:, 0]
        total = float(found[np.arange(len(places)), ids[places]].sum())
        return Naturalness(len(places), total, math.exp(-total / len(places)))

    def ids(self, text):
        """int32 (L,) of [CLS] text [SEP], where [MASK] is that token."""
        pieces = [self.tokenizer.ids(part).tolist() for part in text.split(MASK)]
        ids = pieces[0] + [token for piece in pieces[1:] for token in [self.tokenizer.vocabulary.mask_id, *piece]]
        ids = np.array([self.tokenizer.vocabulary.cls_id, *ids, self.tokenizer.vocabulary.sep_id], np.int32)
        if len(ids) > self.max_length:
            most, received = self.max_length - 2, len(ids) - 2
            raise InputError(f"{text[:20]}…: expected at most {most} tokens. Received: {received}. Cut the text.")
        return ids

    def log_probabilities(self, rows, positions):
        """float32 (R, P, V) of token ids int32 (R, L) at positions (R, P); ROWS of them at a time, padded to few lengths."""
        length = bucket(rows.shape[1], bucket_lengths(min(self.max_length, 2 * rows.shape[1])))
        padded = np.full((len(rows), length), self.tokenizer.vocabulary.pad_id, np.int32)
        padded[:, : rows.shape[1]] = rows
        found = []
        for start in range(0, len(rows), ROWS):
            numbers = np.minimum(np.arange(start, start + ROWS), len(rows) - 1)
            logits = self.steps.predict({
                "token_ids": padded[numbers], "segment_ids": np.zeros((ROWS, length), np.int32),
                "mlm_positions": positions[numbers].astype(np.int32),
            })["logits"][: len(rows) - start]  # fmt: skip
            logits = logits.astype(np.float64)
            logits -= logits.max(axis=-1, keepdims=True)
            found.append(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))
        return np.concatenate(found)


def best(row, num):
    """The ids of the `num` largest numbers, the largest first."""
    return np.argsort(-row, kind="stable")[:num]
