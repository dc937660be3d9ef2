"""RoBERTa as Chinese checkpoints have it: BERT trained longer and on whole words. Cui et al., 2019, arXiv:1906.08101.

fairseq's RoBERTa, which numbers positions from 2 and pads with 1, has another layout and is rejected.
"""

import keras

from baselines.errors import InputError
from baselines.models import bert
from baselines.models.config import Config
from baselines.weights.names import WeightName

HUGGING_FACE = bert.HUGGING_FACE
EPSILON = bert.EPSILON


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError for fairseq's layout."""
    if config.pad_token_id == 1:
        raise InputError(
            "model=roberta: pad_token_id=1 is fairseq's layout, which is not implemented. "
            "Choose a Chinese RoBERTa with BERT's layout (pad_token_id=0)."
        )
    return bert.build(config, mask, **heads)


def weight_names(config: Config) -> dict[str, WeightName]:
    """As bert.weight_names."""
    return bert.weight_names(config)
