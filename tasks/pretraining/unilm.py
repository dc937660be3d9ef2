"""UniLM: a row is split in two, and its second part is generated after the first. Dong et al., 2019, arXiv:1905.03197.

[CLS] 1 2 3 4 5 [SEP], cut 3 -> [CLS] 1 2 [SEP] 3 4 5 [SEP], segments 0 0 0 0 1 1 1 1; tokens of segment 1 are learned

The reference also draws the cut within the padding, where nothing is left to learn; here it is within the row, after [CLS].
"""

import numpy as np

from baselines.heads.language_model import LanguageModelHead
from baselines.losses.next_tokens import next_tokens
from baselines.losses.token_mean import TokenMean
from baselines.task import Pretraining
from baselines.tokenizers.vocabulary import Vocabulary
from tasks.pretraining.common import real_lengths


def make(token_ids: np.ndarray, starts: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[dict, np.ndarray]:
    lengths = real_lengths(token_ids, vocabulary.pad_id)
    return cut_in_two(token_ids, rng.integers(1, np.maximum(lengths - 1, 2)), vocabulary)


def cut_in_two(token_ids: np.ndarray, cuts: np.ndarray, vocabulary: Vocabulary) -> tuple[dict, np.ndarray]:
    """(features, targets) of rows with a [SEP] inserted before the positions `cuts` (B,). The last token of a full row is lost."""
    positions = np.arange(token_ids.shape[1])
    shifted = np.concatenate([token_ids[:, :1], token_ids[:, :-1]], axis=1)
    cuts = cuts[:, None]
    ids = np.where(positions < cuts, token_ids, np.where(positions == cuts, vocabulary.sep_id, shifted)).astype(np.int32)
    segment_ids = ((positions > cuts) & (ids != vocabulary.pad_id)).astype(np.int32)
    targets = np.stack([next_tokens(row, segment == 1) for row, segment in zip(ids, segment_ids, strict=True)])
    return {"token_ids": ids, "segment_ids": segment_ids}, targets


OBJECTIVE = Pretraining(head=LanguageModelHead("prefix", predicts=True), loss=TokenMean(), make=make)
