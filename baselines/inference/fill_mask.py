"""Fill-mask and pseudo-perplexity with a masked language model.

    fill_mask = FillMask.from_checkpoint("checkpoints/mini")
    fill_mask.fill("北京是[MASK][MASK]的首都")      # candidates of each mask, and the likeliest texts
    fill_mask.score("北京是中国的首都")             # pseudo-perplexity. Salazar et al., 2020, arXiv:1910.14659
"""

import dataclasses
import math
import re
from pathlib import Path

import keras
import numpy as np

from baselines.data.batching import bucket, bucket_lengths
from baselines.errors import InputError, excerpt
from baselines.heads.masked_language_model import MaskedLanguageModelHead
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import trained_positions
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.training.steps import Steps

MASK = "[MASK]"
"""What stands for a mask in a text, besides the vocabulary's own name of it."""
BATCH_SIZE = 16
UNLIMITED = 1 << 20
"""Tokens of a text for families without trained positions."""


@dataclasses.dataclass(frozen=True)
class Filled:
    """A text with its masks filled.

    Attributes:
        candidates: For each mask [(token, its probability while the other masks are unknown), …], best first.
        texts: [(text, log-probability of all its filled masks), …], best first.
    """

    candidates: list[list[tuple[str, float]]]
    texts: list[tuple[str, float]]


@dataclasses.dataclass(frozen=True)
class Naturalness:
    """How natural a text is: each of its tokens is predicted from all the others.

    Attributes:
        tokens: Their number.
        log_likelihood: Sum of their log-probabilities.
        perplexity: exp(-log_likelihood / tokens); the lower, the more natural.
    """

    tokens: int
    log_likelihood: float
    perplexity: float


class FillMask:
    """Fills masks and scores texts with the MLM head of a checkpoint.

    Args:
        encoder: A model with the output "mlm", logits.
        tokenizer: Ids beyond its vocabulary are never filled in.
        max_length: Tokens of a text, special tokens counted; None for no limit.

    Raises:
        InputError: The vocabulary has no [MASK].
    """

    def __init__(self, encoder: keras.Model, tokenizer: Tokenizer, max_length: int | None = None):
        if not tokenizer.vocabulary.has_mask:
            raise InputError(f"{tokenizer.vocabulary.origin}: the vocabulary has no {MASK}. Use a masked language model.")
        self.marks = re.compile("|".join(map(re.escape, (MASK, tokenizer.vocabulary.roles.mask))))
        self.first, self.behind = len(tokenizer.start_ids), len(tokenizer.end_ids)
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

    def fill(self, text: str, num: int = 5) -> Filled:
        """Fills the masks of a text by beam search from left to right; each mask knows those before it.

        Args:
            text: With one [MASK] or more.
            num: Candidates of each mask, texts, and beams.

        Raises:
            InputError: The text has no mask, or is too long.
        """
        ids = self.ids(text)
        places = np.flatnonzero(ids == self.tokenizer.vocabulary.mask_id)
        if not len(places):
            raise InputError(f"{excerpt(text)}: no {MASK} in this text. Put one for each missing character.")
        independent = self.log_probabilities(ids[None], places[None])[0]
        surface = self.tokenizer.surface
        candidates = [[(surface(token), float(np.exp(row[token]))) for token in top_ids(row, num)] for row in independent]
        beams = [(0.0, ids)]
        for number, position in enumerate(places):
            rows = np.stack([beam for _, beam in beams])
            scores = independent[None, 0] if number == 0 else self.log_probabilities(rows, np.full((len(rows), 1), position))[:, 0]
            grown = [(score + float(row[token]), beam, token)
                     for (score, beam), row in zip(beams, scores, strict=True) for token in top_ids(row, num)]  # fmt: skip
            grown.sort(key=lambda beam: -beam[0])
            beams = [(score, np.where(np.arange(len(ids)) == position, token, beam)) for score, beam, token in grown[:num]]
        return Filled(candidates, [(self.tokenizer.decode(beam), score) for score, beam in beams])

    def score(self, text: str) -> Naturalness:
        """Masks each token of a text in turn. Raises InputError for a text without tokens, or one that is too long."""
        ids = self.ids(text)
        places = np.arange(self.first, len(ids) - self.behind)
        if not len(places):
            raise InputError(f"The text {excerpt(text)!r} has no tokens. Give one with words.")
        rows = np.tile(ids, (len(places), 1))
        rows[np.arange(len(places)), places] = self.tokenizer.vocabulary.mask_id
        log_probabilities = self.log_probabilities(rows, places[:, None])[:, 0]
        total = float(log_probabilities[np.arange(len(places)), ids[places]].sum())
        return Naturalness(len(places), total, math.exp(-total / len(places)))

    def ids(self, text: str) -> np.ndarray:
        """int32 (L,) of [CLS] text [SEP], with [MASK] as that token. Raises InputError for a text that is too long."""
        pieces = [self.tokenizer.ids(part).tolist() for part in self.marks.split(text)]
        ids = pieces[0] + [token for piece in pieces[1:] for token in [self.tokenizer.vocabulary.mask_id, *piece]]
        special = self.first + self.behind
        ids = np.array([*self.tokenizer.start_ids, *ids, *self.tokenizer.end_ids], np.int32)
        if len(ids) > self.max_length:
            limit = self.max_length - special
            raise InputError(f"{excerpt(text)}: {len(ids) - special} tokens, but the model takes {limit}. Shorten the text.")
        return ids

    def log_probabilities(self, rows: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """float64 (R, P, V) of the vocabulary's tokens, of token ids int32 (R, L) at positions int (R, P).

        Rows go through the model in batches, padded to one of few lengths.
        """
        length = bucket(rows.shape[1], bucket_lengths(min(self.max_length, 2 * rows.shape[1])))
        padded = np.full((len(rows), length), self.tokenizer.vocabulary.pad_id, np.int32)
        padded[:, : rows.shape[1]] = rows
        batches = []
        for start in range(0, len(rows), BATCH_SIZE):
            numbers = np.minimum(np.arange(start, start + BATCH_SIZE), len(rows) - 1)
            logits = self.steps.predict({
                "token_ids": padded[numbers], "segment_ids": np.zeros((BATCH_SIZE, length), np.int32),
                "mlm_positions": positions[numbers].astype(np.int32),
            })["logits"][: len(rows) - start]  # fmt: skip
            logits = logits[..., : len(self.tokenizer.vocabulary)].astype(np.float64)
            logits -= logits.max(axis=-1, keepdims=True)
            batches.append(logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True)))
        return np.concatenate(batches)


def top_ids(row: np.ndarray, num: int) -> np.ndarray:
    """The ids of the `num` largest numbers, the largest first."""
    return np.argsort(-row, kind="stable")[:num]
