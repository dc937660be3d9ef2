"""Attention mask of a model: the argument `mask`, or bert4keras' `application`, and its inputs.

| mask          | application | inputs besides token_ids | layer                 |
| bidirectional | encoder     |                          | Attention-Mask        |
| causal        | lm          |                          | Attention-LM-Mask     |
| prefix        | unilm       | segment_ids              | Attention-UniLM-Mask  |
| prefix_length |             | prefix_length (B,)       | Attention-Prefix-Mask |

See layers/attention_mask.py for what each mask hides.
"""

from typing import Any

import keras

from baselines.errors import nearest
from baselines.layers.attention_mask import MASKS, AttentionMask
from baselines.models.config import Config

APPLICATIONS = {"encoder": "bidirectional", "lm": "causal", "unilm": "prefix"}
LAYERS = {
    "bidirectional": "Attention-Mask",
    "causal": "Attention-LM-Mask",
    "prefix": "Attention-UniLM-Mask",
    "prefix_length": "Attention-Prefix-Mask",
}


def resolve(mask: str | None, application: str | None, with_mlm: bool | str, default: str = "bidirectional") -> tuple:
    """(mask, with_mlm) of the arguments. As in bert4keras, `lm` and `unilm` bring the MLM head; a bare `mask` does not.

    default   the family's mask: that of mask=None and of `encoder`. One that was trained to continue texts always has its head.

    Raises ValueError if `application` is unknown or contradicts `mask`.
    """
    with_mlm = with_mlm or default == "causal"
    if application is None:
        return mask or default, with_mlm
    if application not in APPLICATIONS:
        raise ValueError(
            f"unknown application={application!r}. Choose one of encoder, lm, unilm. "
            f"{nearest(str(application), APPLICATIONS)}"
        )
    implied = default if application == "encoder" else APPLICATIONS[application]
    if mask not in (None, implied):
        raise ValueError(f"application={application!r} means mask={implied!r}, but mask is {mask!r}. Give one of the two.")
    return implied, with_mlm or application != "encoder"


def token_inputs(config: Config, mask: str) -> dict:
    """The inputs: token_ids and, with two segments or more, segment_ids int32 (B, L); prefix_length int32 (B,) for its mask."""
    if mask not in MASKS:
        raise ValueError(f"unknown mask={mask!r}. Choose one of {', '.join(MASKS)}. {nearest(str(mask), MASKS)}")
    names = ["token_ids"]
    if config.type_vocab_size > 1 or mask == "prefix":
        names.append("segment_ids")
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    if mask == "prefix_length":
        inputs["prefix_length"] = keras.Input((), dtype="int32", name="prefix_length")
    return inputs


def attention_mask(config: Config, mask: str, inputs: dict) -> Any:
    """bool (B, 1, 1 or L, L), shared by all blocks."""
    layer = AttentionMask(mask, config.pad_token_id, name=LAYERS[mask])
    needed = {"prefix": ["segment_ids"], "prefix_length": ["prefix_length"]}.get(mask, [])
    return layer(inputs["token_ids"], **{name: inputs[name] for name in needed})
