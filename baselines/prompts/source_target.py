"""A source and its target as one row under the prefix mask: [CLS] source [SEP] target [SEP]. arXiv:1905.03197.

"北京是首都" -> "首都": segments 0 up to the first [SEP], 1 for the target and its [SEP]; only target tokens are learned.
"""

from collections.abc import Iterator

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.errors import InputError
from baselines.losses.next_tokens import next_tokens
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer


def encode_pair(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, np.ndarray | None]]:
    """The `encode` stage: one (features, next tokens int32 (L,), -1 where nothing is learned); without gold only the source.

    The end of a long source is truncated. A target that is too long by itself is truncated and has no [SEP], so that the model
    does not learn to stop in the middle.
    """
    (source,) = example.texts
    if example.gold is None:
        prompt = source_prompt(source, tokenizer, max_length)
        yield {"token_ids": prompt.token_ids, "segment_ids": prompt.segment_ids}, None
        return
    target = [*nonempty_ids(example.gold, tokenizer, "target"), tokenizer.vocabulary.sep_id]
    target = target[: max_length - tokenizer.special_count(1)]
    prompt = source_prompt(source, tokenizer, max_length - len(target))
    token_ids = np.concatenate([prompt.token_ids, np.array(target, np.int32)])
    segment_ids = np.concatenate([prompt.segment_ids, np.ones(len(target), np.int32)])
    yield {"token_ids": token_ids, "segment_ids": segment_ids}, next_tokens(token_ids, segment_ids == 1)


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: the source of the example."""
    (source,) = example.texts
    return source_prompt(source, tokenizer, max_length)


def source_prompt(text: str, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The Prompt [CLS] source [SEP] of at most `max_length` tokens; a long source loses its end."""
    ids = nonempty_ids(text, tokenizer, "source")[: max_length - tokenizer.special_count(1)]
    token_ids = np.array([*tokenizer.start_ids, *ids, *tokenizer.end_ids], np.int32)
    return Prompt(token_ids, np.zeros_like(token_ids), segment=1)


def nonempty_ids(text: str, tokenizer: Tokenizer, name: str) -> list[int]:
    """Ids of a text. Raises InputError for a text without a token, such as spaces."""
    ids = tokenizer.ids(text).tolist()
    if not ids:
        raise InputError(f"{name} has no token: {text[:60]!r}. Fill it in, or remove the row.")
    return ids
