"""How one vector is made of a text's token vectors. Nothing here needs Keras: command lines are checked before it starts."""

from baselines.errors import InputError, excerpt, nearest

POOLINGS = ("first", "mean", "pooler")
"""The vector of [CLS], or the last token's of a model that reads from left to right; the mean of all tokens without padding; [CLS]
through the linear layer that SimBERT trains."""


def check_pooling(pooling: str) -> str:
    """Returns the name of a pooling. Raises InputError for an unknown one."""
    if pooling not in POOLINGS:
        raise InputError(f"--pooling: there is no pooling {excerpt(pooling)!r}. {nearest(str(pooling), POOLINGS)}")
    return pooling
