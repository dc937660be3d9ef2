"""GPT: causal language model. Radford et al., 2018."""

import numpy as np

from baselines.heads.language_model import LanguageModelHead
from baselines.losses.next_tokens import next_tokens
from baselines.losses.token_mean import TokenMean
from baselines.task import Pretraining
from baselines.tokenizers.vocabulary import Vocabulary


def make(token_ids: np.ndarray, starts: np.ndarray, vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[dict, np.ndarray]:
    learned = token_ids != vocabulary.pad_id
    targets = np.stack([next_tokens(*row) for row in zip(token_ids, learned, strict=True)])
    return {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids)}, targets


OBJECTIVE = Pretraining(head=LanguageModelHead("causal", predicts=True), loss=TokenMean(), make=make)
