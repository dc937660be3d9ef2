"""Rows of a language model, [CLS] source [SEP] target [SEP], as rows of a model with an encoder and a decoder.

    token_ids           [CLS] source [SEP], for the encoder
    decoder_token_ids   the target shifted right, behind what every target follows: [CLS] target; in BART [SEP] [CLS] target
    targets             target [SEP], -1 where nothing is learned

A dialogue gives a row for each reply: the utterances before it are the source.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from baselines.errors import InputError
from baselines.losses.next_tokens import NO_TARGET
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer


def encode_source_and_target(
    example: Example, tokenizer: Tokenizer, max_length: int, encode: Callable, start_ids: Sequence[int]
) -> Iterator[tuple[dict, np.ndarray | None]]:
    """The `encode` stage: (features, targets int32 (T,)) of each target of the rows that `encode` yields.

    Args:
        example: The example.
        tokenizer: The tokenizer.
        max_length: Tokens of source and target together.
        encode: The `encode` stage of a language model.
        start_ids: What every target follows.

    Raises:
        InputError: A dialogue has no reply, and the vocabulary no token that could open one.
    """
    for features, targets in encode(example, tokenizer, max_length):
        if targets is None:
            yield row(features["token_ids"], np.array(start_ids[:1], np.int32), start_ids)[0], None
            continue
        for begin, end in target_spans(features["segment_ids"], len(tokenizer.start_ids)):
            yield row(features["token_ids"][:begin], targets[begin - 1 : end - 1], start_ids)


def target_spans(segment_ids: np.ndarray, opening: int) -> list[tuple[int, int]]:
    """[(begin, end)] of what has another segment than the token before it; without any, of all behind the `opening` tokens."""
    begins = (np.flatnonzero(np.diff(segment_ids)) + 1).tolist()
    if not begins and not opening:
        raise InputError("a dialogue of one utterance has no reply. Remove the row, or choose a model with a start token.")
    begins = begins or [opening]
    return [*zip(begins, [*begins[1:], len(segment_ids)], strict=True)]


def row(source: np.ndarray, target: np.ndarray, start_ids: Sequence[int]) -> tuple[dict, np.ndarray]:
    """(features, targets) of a source and the tokens to write."""
    start = np.array(start_ids, np.int32)
    targets = np.concatenate([np.full(len(start) - 1, NO_TARGET, np.int32), target])
    return {"token_ids": source, "decoder_token_ids": np.concatenate([start, target[:-1]])}, targets
