"""Around attention and feed-forward: layer normalization, before or after, and the residual sum.

    post      Norm(x + F(x)), as BERT: early branches fade with depth, so it needs a warm-up
    pre       x + F(Norm(x)), and a last norm: all branches count the same (Xiong et al., 2020, arXiv:2002.04745)
    feed_forward   y = x + A(x), then Norm(y + F(Norm(y))), as GPT2-ML: attention has none, feed-forward one before and one after
    rezero    F is multiplied by a trained gate that begins as 0 (arXiv:2003.04887; SkipInit: arXiv:2002.10444)
    deepnorm  Norm(a x + F(x)), and less of F at the start (Wang et al., 2022, arXiv:2203.00555)
"""

from typing import Any

from keras import layers

from baselines.layers.dropout import Dropout
from baselines.layers.gate import Gate
from baselines.models.config import Config
from baselines.models.initialization import deepnorm
from baselines.models.style import Style


def branch_input(x: Any, name: str, config: Config, style: Style) -> Any:
    """The input of a branch."""
    if config.norm_placement == "feed_forward":
        return style.norm(x, f"{name}-Norm-0") if name.endswith("FeedForward") else x
    return style.norm(x, f"{name}-Norm") if config.norm_placement == "pre" else x


def add_branch(x: Any, y: Any, name: str, config: Config, style: Style) -> Any:
    """The stream x with its branch y = F(branch_input(x))."""
    y = style.layer(Dropout, f"{name}-Dropout", config.hidden_dropout_prob)(y)
    if config.residual_scale == "rezero":
        y = style.layer(Gate, f"{name}-Gate")(y)
    factor, _ = deepnorm(config)
    if factor != 1:
        x = style.layer(layers.Rescaling, f"{name}-Scale", factor)(x)
    x = style.layer(layers.Add, f"{name}-Add")([x, y])
    if config.norm_placement == "feed_forward":
        return style.norm(x, f"{name}-Norm-1") if name.endswith("FeedForward") else x
    return x if config.norm_placement == "pre" else style.norm(x, f"{name}-Norm")


def final_norm(x: Any, config: Config, style: Style) -> Any:
    """The output of the last block, normalized with norm_placement=pre."""
    return style.norm(x, "Output-Norm") if config.norm_placement == "pre" else x
