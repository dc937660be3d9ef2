"""A dialogue of two speakers as one row under the causal mask: every utterance is learned at once, as the reply to those before it.

["你好", "在吗", "在"] -> [CLS] 你 好 [SEP] 在 吗 [SEP] 在 [SEP] with segments 0 000 111 00, which mark the speaker: utterance i
with its [SEP] is in segment i mod 2. The layout is that of bojone/nezha_gpt_dialog, after DialoGPT (arXiv:1911.00536).

A vocabulary with [speaker1] and [speaker2] means CDial-GPT's layout (arXiv:2008.03946), in which [SEP] stands behind a reply only:
[CLS] [speaker1] 你 好 [speaker2] 在 吗 [speaker1] 在, and the segments are the ids of [CLS] and of the speakers. What follows the
last token of an utterance is [SEP] there too, so one row learns what CDial-GPT learns from a row for each reply.

A GPT2 whose one special token, <|endoftext|>, ends texts has no [CLS]: u0 <|endoftext|> u1 <|endoftext|> …, as DialoGPT.

Truncation: training keeps the first whole utterances that fit, or the beginning of a first one that is too long. A history to
reply to drops its oldest utterances, whole; the first remaining one is the first speaker's, as in training, and the reply that of
the other speaker than the newest utterance. A newest utterance that is too long keeps its end.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from baselines.decoding.decoder_protocol import Prompt
from baselines.errors import InputError
from baselines.losses.next_tokens import NO_TARGET, next_tokens
from baselines.prompts.continuation import opening_ids
from baselines.prompts.source_target import nonempty_ids
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

SPEAKERS = ("[speaker1]", "[speaker2]")
"""Tokens ahead of the utterances in CDial-GPT's layout."""


def utterances_of(example: Example) -> tuple[str, ...]:
    """All utterances of an example, oldest first: its history, then the last reply, its gold, if it is known."""
    return (*example.texts, *(() if example.gold is None else (example.gold,)))


def encode_dialogue(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, np.ndarray]]:
    """The `encode` stage: one (features, next tokens int32 (L,)). Every token of both speakers is learned, and every end."""
    utterances, spoken = encode_utterances(utterances_of(example), tokenizer), bool(speaker_ids(tokenizer))
    room = max_length - len(opening_ids(tokenizer))
    complete = len(utterances[0]) < room
    retained = [utterances[0] if complete else utterances[0][: room - spoken]]
    room -= len(utterances[0]) + 1
    for utterance in utterances[1:]:
        room -= len(utterance) + 1
        if room < 0:
            break
        retained.append(utterance)
    yield (spoken_row if spoken else separated_row)(retained, tokenizer, complete)


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: the history without the last reply. Of a single utterance that is [CLS] alone, which opens a dialogue."""
    if example.texts:
        return history_prompt(example.texts, tokenizer, max_length)[0]
    if opening_ids(tokenizer):
        return reply_prompt([], tokenizer)
    start = tokenizer.start_ids or [tokenizer.vocabulary.cls_id]        # raises without [CLS]
    return Prompt(np.array(start, np.int32), np.zeros(len(start), np.int32), segment=0)


def history_prompt(utterances: Sequence[str], tokenizer: Tokenizer, max_length: int) -> tuple[Prompt, int]:
    """(Prompt of at most `max_length` tokens, number of oldest utterances left out) of a history, the newest utterance last.

    Raises InputError for an empty history, an utterance without a token or one that is not a text.
    """
    if not utterances:
        raise InputError("The history is empty. Give at least one utterance.")
    *older, newest = encode_utterances(utterances, tokenizer)
    room = max_length - len(reply_prompt([], tokenizer).token_ids) - 1
    retained = [newest[max(len(newest) - max(room, 0), 0) :]]
    room -= len(retained[0])
    for utterance in reversed(older):
        room -= len(utterance) + 1
        if room < 0:
            break
        retained.insert(0, utterance)
    return reply_prompt(retained, tokenizer), len(utterances) - len(retained)


def reply_prompt(utterances: Sequence[Sequence[int]], tokenizer: Tokenizer) -> Prompt:
    """The Prompt whose continuation replies to encoded utterances."""
    speakers = speaker_ids(tokenizer)
    features, _ = (spoken_row if speakers else separated_row)(utterances, tokenizer)
    token_ids, segment_ids, segment = *features.values(), len(utterances) % 2
    if speakers:
        segment = speakers[segment]
        token_ids, segment_ids = np.append(token_ids, segment), np.append(segment_ids, segment)
    return Prompt(token_ids.astype(np.int32), segment_ids.astype(np.int32), segment=int(segment))


def encode_utterances(utterances: Sequence[str], tokenizer: Tokenizer) -> list[list[int]]:
    """The ids of each utterance. Raises InputError for one without a token or that is not a text."""
    result = []
    for number, utterance in enumerate(utterances, start=1):
        if not isinstance(utterance, str):
            raise InputError(f"utterance {number} is not a text: {utterance!r}. Give texts only.")
        result.append(nonempty_ids(utterance, tokenizer, f"utterance {number}"))
    return result


def speaker_ids(tokenizer: Tokenizer) -> list[int]:
    """The ids of SPEAKERS, or none where the vocabulary lacks one."""
    ids = tokenizer.vocabulary.ids
    return [ids[name] for name in SPEAKERS] if all(name in ids for name in SPEAKERS) else []


def separated_row(utterances: Sequence[Sequence[int]], tokenizer: Tokenizer, complete: bool = True) -> tuple[dict, np.ndarray]:
    """(features, next tokens) of [CLS] utterance [SEP] … in segments 0 and 1 by turns; an incomplete first one has no [SEP]."""
    token_ids = opening_ids(tokenizer)
    segment_ids = [0] * len(token_ids)
    for number, utterance in enumerate(utterances):
        token_ids += [*utterance, *([tokenizer.vocabulary.sep_id] if complete else [])]
        segment_ids += [number % 2] * (len(token_ids) - len(segment_ids))
    features = as_features(token_ids, segment_ids)
    return features, next_tokens(features["token_ids"], np.ones(len(token_ids), bool))


def spoken_row(utterances: Sequence[Sequence[int]], tokenizer: Tokenizer, complete: bool = True) -> tuple[dict, np.ndarray]:
    """(features, next tokens) of [CLS] [speaker1] utterance [speaker2] …, each utterance in the segment of its speaker's id.

    No speaker's token is learned; the end of an incomplete first utterance is not either.
    """
    start = opening_ids(tokenizer)
    token_ids, segment_ids, targets = [*start], [*start], [NO_TARGET] * len(start)
    for number, utterance in enumerate(utterances):
        speaker = speaker_ids(tokenizer)[number % 2]
        token_ids += [speaker, *utterance]
        segment_ids += [speaker] * (len(utterance) + 1)
        targets += [*utterance, tokenizer.vocabulary.sep_id if complete else NO_TARGET]
    return as_features(token_ids, segment_ids), np.array(targets, np.int32)


def as_features(token_ids: list[int], segment_ids: list[int]) -> dict[str, np.ndarray]:
    return {"token_ids": np.array(token_ids, np.int32), "segment_ids": np.array(segment_ids, np.int32)}
