"""Sentences to rows of limited length: as many whole sentences to a row as it holds.

Sentences of 5, 6, 7, 20, 3 and 4 tokens in rows of 16 -> 13 [5, 6]   9 [7]   16 [14, cut from 20]   9 [3, 4]
"""

import itertools
import re
from collections.abc import Iterable, Iterator

import numpy as np

from baselines.data.packed.text_corpus import sentences
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.words import jieba_words, whole_words

CHARACTERS = re.compile("[\u3001-\u301b\u4e00-\u9fff\uff01-\uff0f\uff1a-\uff20“”‘’…—]+")
"""Chinese characters and punctuation: what a tokenizer makes a token each of, if it knows them."""


class Packer:
    """Texts to rows [CLS] sentence sentence … [SEP] of at most `max_length` tokens. No sentence is split over two rows.

    Attributes:
        cut: tokens of sentences longer than a row that were left out.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int):
        self.tokenizer, self.max_length, self.cut = tokenizer, max_length, 0

    def rows(self, paragraph: Iterable[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields (token_ids, starts), int32 and bool (L,), of the rows of a list of texts; `starts`: a word begins here.

        [CLS] and [SEP] are words of their own.
        """
        room = self.max_length - self.tokenizer.special_count(1)
        ids, starts = [], []
        for sentence in (sentence for text in paragraph for sentence in sentences(text)):
            tokens, begins = self.sentence(sentence)
            self.cut += max(0, len(tokens) - room)
            if len(ids) + len(tokens[:room]) > room:
                yield closed(ids, starts, self.tokenizer)
                ids, starts = [], []
            ids += tokens[:room]
            starts += begins[:room]
        if ids:
            yield closed(ids, starts, self.tokenizer)

    def sentence(self, text: str) -> tuple[list[int], list[bool]]:
        """(token ids, whether a word begins at each) of a sentence."""
        ids = self.tokenizer.ids(text).tolist()
        if self.tokenizer.splits_signs and CHARACTERS.fullmatch(text) and len(ids) == len(text):
            # A token is a character: no need to align them.
            firsts = itertools.accumulate(map(len, jieba_words(text)[:-1]), initial=0)
        else:
            firsts = (first for first, _ in whole_words(self.tokenizer.align(text)))
        begins = [False] * len(ids)
        for first in firsts:
            begins[first] = True
        return ids, begins


def closed(ids: list[int], starts: list[bool], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray]:
    """A row of these tokens between special ones, such as [CLS] and [SEP]."""
    token_ids = np.array([*tokenizer.start_ids, *ids, *tokenizer.end_ids], np.int32)
    return token_ids, np.array([*[True] * len(tokenizer.start_ids), *starts, *[True] * len(tokenizer.end_ids)])
