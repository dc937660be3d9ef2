"""Truncation of rows that are too long: the longest text loses its last token, again and again."""

from collections.abc import Iterable, Sequence

from baselines.errors import InputError


def trim_lengths(
    lengths: Iterable[int], max_length: int | None, trim_order: Sequence[int] | None = None, special: int | None = None
) -> list[int]:
    """Lengths of the texts of one row, such as [CLS] text [SEP] text [SEP] …, after truncation.

    The result is that of deleting token by token, in time that does not depend on the lengths.

    Args:
        lengths: Tokens of each text, special tokens not counted.
        max_length: Tokens of the whole row, special tokens counted; None for no limit.
        trim_order: Indices of the texts: of equally long ones the first here loses a token first. None: in the order of `lengths`.
        special: Special tokens of the row; None for BERT's, one ahead of the texts and one behind each.

    Raises:
        InputError: The special tokens alone exceed `max_length`.
        ValueError: `trim_order` does not hold each index once.
    """
    lengths = list(lengths)
    if max_length is None:
        return lengths
    special = len(lengths) + 1 if special is None else special
    budget = max_length - special
    if budget < 0:
        raise InputError(
            f"--max_length {max_length} is below {special}, the special tokens of a row with {len(lengths)} text(s). Raise it."
        )
    if sum(lengths) <= budget:
        return lengths
    order = list(range(len(lengths)) if trim_order is None else trim_order)
    if sorted(order) != list(range(len(lengths))):
        raise ValueError(f"trim_order: expected each index below {len(lengths)} once. Received: {trim_order}")
    remaining, pieces = budget, len(lengths)
    for length in sorted(lengths):  # short pieces stay whole; the others share what they leave
        if length > remaining // pieces:
            break
        remaining -= length
        pieces -= 1
    level, spare = divmod(remaining, pieces)
    trimmed = [index for index in order if lengths[index] > level]
    for index in trimmed:
        lengths[index] = level
    for index in trimmed[pieces - spare :]:
        lengths[index] += 1
    return lengths
