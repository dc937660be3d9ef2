"""A name in a knowledge base: a subject, and in brackets at its end what distinguishes it from others of that name.

牛郎织女（中国著名民间故事） is the subject 牛郎织女 with the meaning 中国著名民间故事.
"""

from baselines.errors import InputError, excerpt, nearest

ORDERS = {"spm": ("subject", "predicate", "meaning"), "smp": ("subject", "meaning", "predicate")}
"""{order: the parts of a key as they are written}"""


def order_of(name: str) -> tuple[str, ...]:
    """The parts of keys in an order. Raises InputError for an unknown order."""
    if name not in ORDERS:
        raise InputError(f"--order: there is no {excerpt(name)!r}. {nearest(str(name), ORDERS)}")
    return ORDERS[name]


def split_name(name: str) -> tuple[str, str]:
    """(subject, meaning) of a name; a name in brackets alone, or with an opening bracket missing, is a subject."""
    if name.endswith("）"):
        opening = name.find("（")
        if opening > 0:
            return name[:opening], name[opening + 1 : -1]
    return name, ""


def is_unbalanced(name: str) -> bool:
    """Whether brackets do not match."""
    return name.count("（") != name.count("）")


def folded(text: str) -> str:
    """What two spellings of a name share: no case, no spaces."""
    return "".join(text.lower().split())
