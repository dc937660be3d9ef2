"""How many tokens of each text stay when a row is too long: the longest text loses its last token, again and again."""

from baselines.errors import InputError


def trim_lengths(lengths, max_length, trim_order=None):
    """Lengths of the pieces of one row, [CLS] piece [SEP] piece [SEP] …, after trimming it to `max_length` tokens.

    lengths      tokens of each piece, special tokens not counted
    max_length   tokens of the whole row, special tokens counted; None: no limit
    trim_order   indices of the pieces: of equally long ones the first here loses a token first. None: as listed
    Equal to deleting token by token, in time that does not depend on the lengths. Raises InputError when [CLS] and the
    [SEP]s alone exceed `max_length`.
    """
    lengths = list(lengths)
    if max_length is None:
        return lengths
    special = len(lengths) + 1
    budget = max_length - special
    if budget < 0:
        raise InputError(
            f"max_length: expected at least {special}, the special tokens of a row of {len(lengths)} text(s). "
            f"Received: {max_length}. Raise --max_length."
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
