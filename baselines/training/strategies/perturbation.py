"""What strategies that move an embedding table share: finding the table, and the length of a move."""

from baselines.errors import InputError, nearest

TOKENS = "Embedding-Token/embeddings"
"""The token table: equal tokens move alike, and rows of tokens that the batch does not hold have gradient 0."""


def require_table(weights, table, name):
    """Raises InputError unless the path `table`, setting of the strategy `name`, is a trained weight."""
    if table not in weights:
        tables = [path for path in weights if path.endswith("embeddings")]
        known = ", ".join(tables or sorted(weights)[:8])
        advice = nearest(table, weights)
        raise InputError(f"--{name}.table: expected the path of a trained weight, such as {known}. Received: {table!r}. {advice}")


def norm(array):
    """Root of the sum of all squares, float32 ()."""
    from keras import ops

    return ops.sqrt(ops.sum(ops.square(ops.cast(array, "float32"))))


def of_length(array, length):
    """`array` along its own direction, of that norm; zeros where its norm is 0 or, with fp16, an overflow."""
    from keras import ops

    size = norm(array)
    usable = ops.isfinite(size)
    return ops.where(usable, array * (length / (ops.where(usable, size, 1.0) + 1e-8)), ops.zeros_like(array))


def moved(weights, table, step):
    """weights with `step` added to one of them."""
    return weights | {table: weights[table] + step}
