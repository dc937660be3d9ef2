"""Long contexts as overlapping windows of characters, one row [CLS] question [SEP] window [SEP] each, and back.

800 characters, width 489, stride 128 -> [0, 489) [128, 617) [256, 745) [384, 800)

Every token carries its half-open characters in the user's text, so answers are quoted as they are there whatever normalization
did. A word across the border of a window belongs to the windows that it starts in, and stays whole.
"""

import functools
import itertools
from collections.abc import Iterator

import numpy as np

from baselines.errors import InputError
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

NO_ANSWER = (0, 0)
"""Target of a window without the answer: the first token, [CLS]."""


def sliding_windows(length: int, width: int, stride: int) -> list[tuple[int, int]]:
    """Half-open (start, end) of the windows of a text: starts are `stride` apart, the last is the first to reach the end."""
    if not 0 < stride <= width:
        raise ValueError(f"sliding_windows: expected 0 < stride <= width. Received: stride={stride}, width={width}")
    windows = []
    for start in itertools.count(0, stride):
        windows.append((start, min(start + width, length)))
        if start + width >= length:
            return windows


def encode_windows(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, np.ndarray | None]]:
    """The `encode` stage: windows of the context as it is, never cut by gold.

    example.texts is (question, context), example.gold a sequence of Answers or None. Yields (features, target): target is the
    inclusive (first, last) token of the first answer, widened to whole tokens, in windows that have all of it, else NO_ANSWER.
    """
    _, context = question_and_context(example)
    for features, target in _rows(example, tokenizer, max_length, (context,), example.gold[0] if example.gold else None):
        yield features, np.array(NO_ANSWER, np.int32) if example.gold == () else target


def encode_answers(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, np.ndarray | None]]:
    """The `encode_train` stage: the windows of each answer, which starts and ends on the borders of tokens.

    A question without an answer, of which gold is (), has the target NO_ANSWER in every window.
    """
    _, context = question_and_context(example)
    if example.gold == ():
        yield from encode_windows(example, tokenizer, max_length)
    _, spans = _tokens(tokenizer, (context,))
    for answer in example.gold:
        parts = (context,)
        if answer.start not in spans[:, 0] or answer.end not in spans[:, 1]:
            parts = context[: answer.start], answer.text, context[answer.end :]
        yield from _rows(example, tokenizer, max_length, parts, answer)


def question_and_context(example: Example) -> tuple[str, str]:
    """The two texts of an example. Raises InputError if it has others."""
    if len(example.texts) != 2:
        raise InputError(f"{len(example.texts)} texts, but the task reads two. Give a question and its context.")
    return example.texts


def _rows(example, tokenizer, max_length, parts, answer):
    """(features, target) per window of the context that `parts` make up. Windows start a quarter of max_length apart."""
    stride = max_length // 4
    room = max_length - tokenizer.special_count(2)
    longest = room - stride
    if stride < 1 or longest < 1:
        raise InputError(f"--max_length {max_length} has no room for a question and a window. Choose 8 or more.")
    question = tokenizer.ids(example.texts[0])[:longest]
    width = room - len(question)
    first = tokenizer.text_starts([len(question), width])[1]
    tokens = _tokens(tokenizer, parts)
    for window in _token_windows(tokens[1], sum(map(len, parts)), width, stride):
        target = None
        if answer is not None:
            target = np.array(_answer_tokens(tokens[1], window, answer, first), np.int32)
        yield _features(tokenizer, question, tokens, window), target


@functools.lru_cache(maxsize=2)
def _tokens(tokenizer, parts):
    """(ids, spans) of a text whose parts are tokenized apart: int32 (T,), int32 (T, 2) half-open characters of the whole."""
    offsets = itertools.accumulate(map(len, parts), initial=0)
    spans = [np.add(tokenizer.align(part).spans, offset).reshape(-1, 2) for part, offset in zip(parts, offsets, strict=False)]
    return np.concatenate([tokenizer.ids(part) for part in parts]), np.concatenate(spans).astype(np.int32)


def _token_windows(spans, length, width, stride):
    """[(first, end)] tokens that start within each window of characters, never more than `width` of them.

    Where characters give several tokens (Hangul: up to three), the windows of this text are narrower.
    """
    narrow = width
    while True:
        borders = sliding_windows(length, narrow, min(stride, narrow))
        windows = [tuple(map(int, np.searchsorted(spans[:, 0], window))) for window in borders]
        longest = max(end - first for first, end in windows)
        if longest <= width or narrow == 1:
            return [(first, min(end, first + width)) for first, end in windows]
        narrow = max(1, narrow * width // longest)


def _answer_tokens(spans, window, answer, offset):
    """Inclusive (first, last) position in the row of the tokens that the answer touches, NO_ANSWER unless all are there."""
    first = int(np.searchsorted(spans[:, 1], answer.start, side="right"))
    end = int(np.searchsorted(spans[:, 0], answer.end))
    if window[0] <= first < end <= window[1]:
        return first - window[0] + offset, end - 1 - window[0] + offset
    return NO_ANSWER


def _features(tokenizer, question, tokens, window):
    """A row: token_ids, segment_ids, window_mask, char_starts and char_ends (0 elsewhere).

    window_mask is 1 on [CLS] and on the tokens of the window that have characters: an answer never begins or ends with a space.
    """
    ids, spans = (column[slice(*window)] for column in tokens)
    features = tokenizer.assemble([question, ids])
    _, first = tokenizer.text_starts([len(question), len(ids)])
    place = slice(first, first + len(ids))
    for name, values in {"window_mask": spans[:, 1] > spans[:, 0], "char_starts": spans[:, 0], "char_ends": spans[:, 1]}.items():
        features[name] = np.zeros(len(features["token_ids"]), np.int32)
        features[name][place] = values
    features["window_mask"][0] = 1
    return features
