"""A text to go on with, as a row for a language model: [CLS] text, without a [SEP], which would end it.

OpenAI's GPT2 has one token between texts, <|endoftext|>: it is an end, and prompts begin without it, as in transformers.
"""

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.prompts.source_target import nonempty_ids
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: the text of the example."""
    return continuation_prompt(example.texts[0], tokenizer, max_length)


def opening_ids(tokenizer: Tokenizer) -> list[int]:
    """The tokens ahead of a text that do not end one."""
    return [index for index in tokenizer.start_ids if index != tokenizer.vocabulary.sep_id]


def continuation_prompt(text: str, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The Prompt of at most `max_length` tokens; a long text keeps its end, which is what goes on.

    Raises InputError for a text without a token.
    """
    start = opening_ids(tokenizer)
    ids = nonempty_ids(text, tokenizer, "the text")
    token_ids = np.array([*start, *ids[max(0, len(ids) - max_length + len(start)) :]], np.int32)
    return Prompt(token_ids, np.zeros_like(token_ids), segment=0)
