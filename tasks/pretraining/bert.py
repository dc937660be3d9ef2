"""BERT: masked language model and next sentence prediction. Devlin et al., 2018, arXiv:1810.04805.

[CLS] first part [SEP] second part [SEP]       the second part is the row's own (50 %), or that of another row of the batch

A row is split after one of its sentences, or between two words if it has only one. The paper masks word pieces; here whole words
are masked, as in roberta. The pooler and the next-sentence head are trained too.
"""

import numpy as np

from baselines.heads.masked_language_model import MaskedLanguageModelHead
from baselines.losses.masked_and_next import NEXT, TOKENS, MaskedAndNext
from baselines.task import Pretraining
from baselines.tokenizers.vocabulary import Vocabulary
from tasks.pretraining.common import real_lengths, whole_word_masks

STOPS = "。！？!?"


def make(token_ids: np.ndarray, starts: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[dict, dict]:
    token_ids, starts, segment_ids, is_next = sentence_pairs(token_ids, starts, vocabulary, rng)
    max_masks = token_ids.shape[1] // 4
    corrupted, positions, targets = whole_word_masks(token_ids, starts, vocabulary, max_masks, rng)
    features = {"token_ids": corrupted, "segment_ids": segment_ids, "mlm_positions": positions}
    return features, {TOKENS: targets, NEXT: np.where(is_next, 0, 1).astype(np.int32)}


def sentence_pairs(token_ids: np.ndarray, starts: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator) -> tuple:
    """(token_ids, starts, segment_ids, whether the second part is the row's own) of rows of two parts; all (B, L) but the last."""
    rows, length = token_ids.shape
    ends = real_lengths(token_ids, vocabulary.pad_id) - 1               # where [SEP] stands
    cuts = [split_point(*row, vocabulary, rng) for row in zip(token_ids, starts, ends, strict=True)]
    is_next = rng.random(rows) < 0.5
    if rows == 1:
        is_next[:] = True                                               # there is no other row
    others = (np.arange(rows) + 1 + rng.integers(max(rows - 1, 1), size=rows)) % rows
    pair_ids, pair_starts = np.full_like(token_ids, vocabulary.pad_id), np.ones_like(starts)
    segment_ids = np.zeros_like(token_ids)
    for row, (cut, own, other) in enumerate(zip(cuts, is_next, others, strict=True)):
        source = row if own else other
        second = slice(cuts[source], ends[source])
        first_part, second_part = token_ids[row, :cut], token_ids[source, second][: length - cut - 2]
        middle, end = cut + 1, cut + 1 + len(second_part)
        pair_ids[row, : end + 1] = [*first_part, vocabulary.sep_id, *second_part, vocabulary.sep_id]
        pair_starts[row, :cut], pair_starts[row, middle:end] = starts[row, :cut], starts[source, second][: len(second_part)]
        segment_ids[row, middle : end + 1] = 1
    return pair_ids, pair_starts, segment_ids, is_next


def split_point(token_ids: np.ndarray, starts: np.ndarray, end: int, vocabulary: Vocabulary, rng: np.random.Generator) -> int:
    """Where the second part of a row begins: after a full stop within it, else at a word, else at its [SEP]."""
    words = np.flatnonzero(starts[2:end]) + 2                           # behind [CLS] and at least one token
    words = words[words < len(token_ids) - 2]                           # room for two [SEP]s and a token between them
    stops = [vocabulary.ids[stop] for stop in STOPS if stop in vocabulary]
    sentences = words[np.isin(token_ids[words - 1], stops)]
    points = sentences if len(sentences) else words
    return int(rng.choice(points)) if len(points) else min(end, len(token_ids) - 2)


OBJECTIVE = Pretraining(head=MaskedLanguageModelHead(next_sentence=True), loss=MaskedAndNext(), make=make, needs_mask=True)
