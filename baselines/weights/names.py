"""The published names of weights: in Google's TensorFlow checkpoints and in Hugging Face's files.

A family lists {variable path: WeightName}. A weight without a published name (a task head) is stored under its own path.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping

OWN = "baselines"
"""First part of the stored name of a weight without a published one."""

WRAPPERS = ("module.", "_orig_mod.")
"""What PyTorch's DataParallel and torch.compile put before the name of every weight."""

OPTIMIZER_STATE = "optimizer state"
HEADS = rf"{OWN}|cls|predictions|\w+_predictions|\w*lm_head|head|decoder"
"""First parts of Hugging Face's names of heads: what stands before the family's prefix."""
HARMLESS = {
    OPTIMIZER_STATE: r"(?i)(.*/)?((lazy_)?(adam|lamb|adafactor|momentum)(_[a-z0-9]+)?|global_step|beta[12]_power|"
                       r"(current_)?loss_scale|good_steps)(:0)?|.*OPTIMIZER_SLOT.*|save_counter/.*|.*_slot_(m|v|vc|vr)",
    "a head that was not asked for": r"(.*[./])?pooler([./_].*)?|cls[./].*|predictions[./].*|sop_classifier[./].*|"
                                     r"\w+_predictions[./].*|(\w*lm_head|classifier|qa_outputs)[./].*|"
                                     r"generator/.*|head\.(dense|norm)\..*|decoder\.(weight|bias)|"
                                     rf"output_(weights|bias)(:0)?|final_logits_bias|{OWN}[./].*",
    "repeats the token table": r"(.*[./])?(encoder|decoder)[./]embed_tokens[./]weight",
    "left over, T5 has none": r"decoder[./].*[./]EncDecAttention[./]relative_attention_bias([./]weight)?",
    "computed, not learned": r"(.*[./])?attn[./](masked_)?bias|"
                             r".*[./](position_ids|token_type_ids|embed_positions[./]weight|positions_encoding)",
}  # fmt: skip
"""{reason: names} of tensors that a checkpoint may have although the model lacks them."""


SUBSTITUTES = {
    **{f"{head}.bias": [f"{head}.decoder.bias"] for head in ("cls.predictions", "predictions", "lm_head")},
    "lm_head.weight": ["shared.weight"],
}
"""{name in a Hugging Face file: names of tensors to take where it is absent}."""


@dataclasses.dataclass(frozen=True)
class WeightName:
    """The published names of one weight.

    Attributes:
        google: Such as "bert/encoder/layer_0/attention/self/query/kernel".
        hugging_face: Such as "bert.encoder.layer.0.attention.self.query.weight".
        transposed: Hugging Face stores it as (out, in); ours are (in, out).
        optional: A checkpoint may lack it, because its initial value changes nothing.
        part: (index, count): Hugging Face stores `count` weights side by side in one tensor, along the last axis of our layout, and
            this is the one at `index`: query, key and value of GPT2.
        also: Other names that published files have in place of these, in either format.
    """

    google: str
    hugging_face: str
    transposed: bool = False
    optional: bool = False
    part: tuple[int, int] = (0, 1)
    also: tuple[str, ...] = ()

    @property
    def google_transposed(self) -> bool:
        """Whether Google stores it as (out, in): the next-sentence classifier, and T5's relative positions."""
        return self.google == "cls/seq_relationship/output_weights" or self.google.endswith("/relative_attention_bias")


def own_name(path: str) -> WeightName:
    """The name of a weight without a published one: "head/kernel" -> WeightName("baselines/head/kernel", ...)."""
    return WeightName(google=f"{OWN}/{path}", hugging_face=f"{OWN}.{path}")


def google_spellings(name: WeightName) -> list[str]:
    """The names that the weight may have in a TensorFlow checkpoint, the usual one first."""
    return [spelling for each in (name.google, *name.also) for spelling in (each, f"{each}:0")]


def hugging_face_spellings(name: WeightName) -> list[str]:
    """The names that the weight may have in a safetensors file, the usual one first.

    A bare encoder is saved without the family's prefix, early NEZHA files have BERT's; old files say gamma and beta. T5 files
    without a matrix for logits have the token table for it.
    """
    family, _, rest = name.hugging_face.partition(".")
    spellings = [name.hugging_face, *name.also]
    if not re.fullmatch(HEADS, family):
        spellings += [rest, f"bert.{rest}"]
    old = [re.sub(r"LayerNorm\.weight$", "LayerNorm.gamma", spelling) for spelling in spellings]
    old = [re.sub(r"LayerNorm\.bias$", "LayerNorm.beta", spelling) for spelling in old]
    tied = SUBSTITUTES.get(name.hugging_face, [])
    return list(dict.fromkeys(spellings + old + tied))


def wrapper_prefix(names: Collection[str]) -> str:
    """The prefix of `WRAPPERS`, one or several, that all names of a PyTorch checkpoint have; "" for none.

    >>> wrapper_prefix(["module.a", "module.b"])
    'module.'
    """
    prefix = ""
    while names and (more := next((word for word in WRAPPERS if all(name.startswith(prefix + word) for name in names)), None)):
        prefix += more
    return prefix


def harmless(name: str, shapes: Mapping[str, tuple[int, ...]] | None = None) -> str | None:
    """Why a tensor that no variable takes is expected in a checkpoint, or None.

    Args:
        name: Of the tensor.
        shapes: {name: shape} of all tensors of the checkpoint: the name of one of them plus one part, in its shape, is an
            optimizer's slot, whatever the optimizer's name.
    """
    if shapes and _is_slot(name, shapes):
        return OPTIMIZER_STATE
    return next((reason for reason, pattern in HARMLESS.items() if re.fullmatch(pattern, name)), None)


def _is_slot(name, shapes):
    owner, _, part = re.fullmatch(r"(?s)(.*)([./])([^./]*)|.*", name.removesuffix(":0")).groups(default="")
    return bool(part) and any(shapes.get(f"{owner}{end}") == shapes[name] for end in ("", ":0"))
