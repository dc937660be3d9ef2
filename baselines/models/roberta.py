"""RoBERTa as Chinese checkpoints have it: BERT trained longer and on whole words. Cui et al., 2019, arXiv:1906.08101.

fairseq's RoBERTa, which numbers positions from 2 and pads with 1, is xlm_roberta.py: the config's pad_token_id distinguishes them.
"""

import keras

from baselines.models import bert
from baselines.models.config import Config
from baselines.models.sizes import Sizes
from baselines.weights.names import WeightName

HUGGING_FACE = bert.HUGGING_FACE
EPSILON = bert.EPSILON


def read_config(values: dict) -> dict:
    """The fields; those of fairseq's layout belong to xlm_roberta."""
    return {**values, "model_type": "xlm_roberta"} if values.get("pad_token_id") == 1 else values


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build."""
    return bert.build(config, mask, **heads)


def sizes(config: Config) -> Sizes:
    """As bert.sizes."""
    return bert.sizes(config)


def weight_names(config: Config) -> dict[str, WeightName]:
    """As bert.weight_names."""
    return bert.weight_names(config)
