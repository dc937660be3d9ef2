"""A dialogue of two speakers as one row under the causal mask: [CLS] u0 [SEP] u1 [SEP] …, every utterance learned at once.

["你好", "在吗", "在"] -> [CLS] 你 好 [SEP] 在 吗 [SEP] 在 [SEP] with segments 0 000 111 00, which mark the speaker: utterance i
with its [SEP] is in segment i mod 2. The layout is that of bojone/nezha_gpt_dialog, after DialoGPT (arXiv:1911.00536).

Truncation: training keeps the first whole utterances that fit, or the beginning of a first one that is too long. A history to
reply to drops its oldest utterances, whole; the first remaining one is in segment 0, as in training, and the reply in the
segment other than the newest utterance's. A newest utterance that is too long keeps its end.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.errors import InputError
from baselines.losses.next_tokens import next_tokens
from baselines.prompts.source_target import nonempty_ids
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer


def utterances_of(example: Example) -> tuple[str, ...]:
    """All utterances of an example, oldest first: its history, then the last reply, its gold, if it is known."""
    return (*example.texts, *(() if example.gold is None else (example.gold,)))


def encode_dialogue(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, np.ndarray]]:
    """The `encode` stage: one (features, next tokens int32 (L,)). Every token but [CLS] is learned, of both speakers."""
    utterances = encode_utterances(utterances_of(example), tokenizer)
    room = max_length - len(tokenizer.start_ids)
    retained = [utterances[0][:room]]                                   # truncated, it has no [SEP]
    room -= len(retained[0])
    for utterance in utterances[1:]:
        if len(utterance) > room:
            break
        retained.append(utterance)
        room -= len(utterance)
    features = join_utterances(retained, tokenizer)
    yield features, next_tokens(features["token_ids"], np.ones(len(features["token_ids"]), bool))


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: the history without the last reply. Of a single utterance that is [CLS] alone, which opens a dialogue."""
    if not example.texts:
        start = tokenizer.start_ids or [tokenizer.vocabulary.cls_id]    # an error where there is none
        return Prompt(np.array(start, np.int32), np.zeros(len(start), np.int32), segment=0)
    return history_prompt(example.texts, tokenizer, max_length)[0]


def history_prompt(utterances: Sequence[str], tokenizer: Tokenizer, max_length: int) -> tuple[Prompt, int]:
    """(Prompt of at most `max_length` tokens, number of oldest utterances left out) of a history, the newest utterance last.

    Raises InputError for an empty history, an utterance without a token or one that is not a text.
    """
    if not utterances:
        raise InputError("The history is empty. Give at least one utterance.")
    *older, newest = encode_utterances(utterances, tokenizer)
    room = max_length - len(tokenizer.start_ids)
    retained = [newest[-room:]]
    room -= len(retained[0])
    for utterance in reversed(older):
        if len(utterance) > room:
            break
        retained.insert(0, utterance)
        room -= len(utterance)
    features = join_utterances(retained, tokenizer)
    return Prompt(features["token_ids"], features["segment_ids"], segment=len(retained) % 2), len(utterances) - len(retained)


def encode_utterances(utterances: Sequence[str], tokenizer: Tokenizer) -> list[list[int]]:
    """The ids of each utterance and its [SEP]. Raises InputError for one without a token or that is not a text."""
    result = []
    for number, utterance in enumerate(utterances, start=1):
        if not isinstance(utterance, str):
            raise InputError(f"utterance {number} is not a text: {utterance!r}. Give texts only.")
        result.append([*nonempty_ids(utterance, tokenizer, f"utterance {number}"), tokenizer.vocabulary.sep_id])
    return result


def join_utterances(utterances: Sequence[str], tokenizer: Tokenizer) -> dict[str, np.ndarray]:
    """Features of [CLS] and encoded utterances, whose segments alternate from 0."""
    token_ids, segment_ids = [*tokenizer.start_ids], [0] * len(tokenizer.start_ids)
    for number, utterance in enumerate(utterances):
        token_ids += utterance
        segment_ids += [number % 2] * len(utterance)
    return {"token_ids": np.array(token_ids, np.int32), "segment_ids": np.array(segment_ids, np.int32)}
