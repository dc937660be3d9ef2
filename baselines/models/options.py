"""Options of the builder beyond BERT, and which of them exclude each other. docs/models.md says when to use which."""

from collections.abc import Callable, Mapping
from typing import Any

from baselines.errors import InputError, nearest
from baselines.layers.attention_options import FUSED, NORMALIZATIONS, SCALES, TALKING_HEADS, is_scale
from baselines.models import families

USUAL = {
    "attention_kind": "softmax",
    "attention_scale": "sqrt",
    "attention_normalization": "softmax",
    "talking_heads": "none",
    "fused_attention": "auto",
    "norm_placement": "post",
    "residual_scale": "none",
    "initializer": "normal",
}
"""Defaults of Config: with them a model is BERT, and config.json does not have the fields."""
CHOICES = {
    "attention_kind": ("softmax", "linear"),
    "attention_normalization": NORMALIZATIONS,
    "talking_heads": TALKING_HEADS,
    "fused_attention": FUSED,
    "norm_placement": ("post", "pre", "feed_forward"),
    "residual_scale": ("none", "rezero", "deepnorm_sgd", "deepnorm_adam", "deepnorm_lamb"),
    "initializer": ("normal", "lecun", "geometric", "quadratic", "roformer_v2", "gau_alpha"),
}


def check_option_values(given: Mapping[str, object], refuse: Callable[[str, str], None]) -> None:
    """Calls refuse(key, description of the allowed values) for every value outside them."""
    for key, allowed in CHOICES.items():
        if key in given and not any(type(given[key]) is type(value) and given[key] == value for value in allowed):
            near = nearest(str(given[key]), map(str, allowed))
            refuse(key, f"one of {', '.join(map(str, allowed))}" + (f" ({near[:-1]})" if near.startswith("Did") else ""))
    if "attention_scale" in given and not is_scale(given["attention_scale"]):
        refuse("attention_scale", f"{', '.join(SCALES)} or a number > 0")


def check_options(config: Any, mask: str) -> None:
    """Raises InputError for options that contradict each other, the family or the mask."""
    linear = config.attention_kind == "linear"
    rules = (
        (linear and mask != "bidirectional", "attention_kind=linear", f"mask={mask}", "it supports the padding mask only"),
        (linear and config.attention_scale != "sqrt", "attention_kind=linear", "attention_scale", "it has no scores to scale"),
        (linear and config.attention_normalization != "softmax", "attention_kind=linear", "attention_normalization",
         "it has no scores to normalize"),
        (config.fused_attention is True and config.attention_normalization != "softmax", "fused_attention=True",
         "attention_normalization", "the kernel is that of the softmax"),
        (linear and config.talking_heads != "none", "attention_kind=linear", "talking_heads", "it has no scores to mix"),
        (linear and config.residual_attention_scores, "attention_kind=linear", "residual_attention_scores",
         "it has no scores to continue"),
        (linear and config.fused_attention is True, "attention_kind=linear", "fused_attention=True",
         "the kernel is that of the softmax"),
        (config.fused_attention is True and config.talking_heads != "none", "fused_attention=True", "talking_heads",
         "the kernel has no scores to mix"),
        (config.fused_attention is True and config.residual_attention_scores, "fused_attention=True",
         "residual_attention_scores", "the kernel has no scores to continue"),
        (config.fused_attention is True and config.attention_key_size != config.attention_head_size, "fused_attention=True",
         f"attention_key_size={config.attention_key_size}", "the kernel needs keys and values of one size"),
        (config.norm_placement == "feed_forward" and config.model_type != "gpt2_ml", "norm_placement=feed_forward",
         f"model={config.model_type}", "it is GPT2-ML's"),
        (config.model_type == "gpt2_ml" and config.norm_placement != "feed_forward", "model=gpt2_ml",
         f"norm_placement={config.norm_placement}", "its weights have norms in other places"),
        (config.norm_placement != "post" and config.residual_scale.startswith("deepnorm"),
         f"norm_placement={config.norm_placement}", f"residual_scale={config.residual_scale}", "DeepNorm normalizes after the sum"),
    )  # fmt: skip
    missing = families.literals(config.model_type)["WITHOUT"].items()
    rules += tuple(
        (getattr(config, name) not in (USUAL.get(name), False, None), f"{name}={getattr(config, name)}",
         f"model={config.model_type}", reason)
        for name, reason in missing
    )  # fmt: skip
    for broken, first, second, reason in rules:
        if broken:
            raise InputError(f"config: {first} and {second} exclude each other: {reason}. Leave one out.")
