"""RoBERTa: masked language model with dynamic whole-word masking. arXiv:1907.11692, arXiv:1906.08101.

北京 是 [MASK][MASK] 的 首都      no next-sentence prediction, all segments 0; loss and accuracy are means over chosen tokens
"""

import numpy as np

from baselines.heads.masked_language_model import MaskedLanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.task import Pretraining
from baselines.tokenizers.vocabulary import Vocabulary
from tasks.pretraining.common import whole_word_masks


def make(token_ids: np.ndarray, starts: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[dict, np.ndarray]:
    max_masks = token_ids.shape[1] // 4                                 # a row of 128 has 18 chosen tokens, and seldom more than 32
    corrupted, positions, targets = whole_word_masks(token_ids, starts, vocabulary, max_masks, rng)
    return {"token_ids": corrupted, "segment_ids": np.zeros_like(corrupted), "mlm_positions": positions}, targets


OBJECTIVE = Pretraining(head=MaskedLanguageModelHead(), loss=TokenMean(), make=make, needs_mask=True)
