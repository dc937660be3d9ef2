"""A SentencePiece tokenizer whose cuts are drawn: subword regularization. Kudo, 2018, arXiv:1804.10959.

"今天天气" -> ▁今天 天气, ▁ 今 天天 气, … Normalization, spaces, unknown characters and spans are as ever.
"""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
from tokenizers import PreTokenizedString, Token

from baselines.errors import InputError
from baselines.tokenizers.joined_words import JIEBA
from baselines.tokenizers.sampled_words import SampledWords
from baselines.tokenizers.subwords import Subwords
from baselines.tokenizers.unigram import Unigram
from baselines.tokenizers.unigram_segmenter import UNKNOWN, check_alpha


class SampledSubwords(Subwords):
    """A Subwords that shares everything with another one but its cuts. Within a draw, the same text is cut alike.

    Args:
        model: The other one, with unigram pieces; or with any, whose words are jieba's.
        alpha: 0 or more, see unigram_segmenter.py. Pieces and jieba's words are drawn with it.

    Raises:
        InputError: The model has one way to cut a text, or alpha is not finite.
    """

    def __init__(self, model: Subwords, alpha: float):
        check_alpha(alpha)
        unigram, jieba = isinstance(model.pieces, Unigram), model.words == JIEBA
        if not (unigram or jieba):
            told = f"{model.vocabulary.origin}: {model.describe()}"
            raise InputError(f"{told} has no scores to draw cuts by. Choose a unigram model.")
        vars(self).update(vars(model))                                  # another pipeline of 250,000 pieces takes 400 MB
        self._alpha, self._segmenter = alpha, model.pieces.segmenter(self._names) if unigram else None
        self._sampled_words = SampledWords(alpha) if jieba else None
        if jieba:
            self.words = dataclasses.replace(model.words, cut=self._sampled_words)
        self.reseed(np.random.default_rng(0))

    def reseed(self, rng: np.random.Generator, texts: Sequence[str] = ()) -> None:
        """Begins another draw, and cuts `texts` at once, which is quicker than one by one."""
        self._rng, self._drawn = rng, {}
        if self._sampled_words:
            self._sampled_words.reseed(rng)
        self._draw([self._prepared(text) for text in texts])

    def ids(self, text: str) -> list[int]:
        """Token ids of a text, without special tokens."""
        return self._ids(self._prepared(text))

    def ids_of_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text."""
        texts = [self._prepared(text) for text in texts]
        self._draw(texts)
        return list(map(self._ids, texts))

    def _ids(self, text):
        if self._segmenter is None:
            return super()._cut(text)[0]
        self._draw([text])
        words, added = self._drawn[text][1:]
        if added:
            return self._cut(text)[0]
        return [index for word, ends, ids in words for index in self._word_ids(word, ends, ids)]

    def _word_ids(self, word, ends, ids):
        """The ids of a word's tokens; the spans are not needed, and most words have no unknown character."""
        known = ids.tolist()
        return [token.id for token in self._tokens(word, ends, ids)] if UNKNOWN in known else known

    def _cut(self, text):
        if self._segmenter is None:
            return super()._cut(text)
        self._draw([text])
        part, words, added = self._drawn[text]
        cuts = iter(words)
        part.tokenize(lambda _: self._tokens(*next(cuts)))
        encoding = part.to_encoding()
        found = [*zip(encoding.offsets, encoding.ids, strict=True), *added]
        if added:
            found.sort(key=lambda token: token[0])
        return [index for _, index in found], [span for span, _ in found]

    def _draw(self, texts):
        """Fills `_drawn` with (normalized text, [(word, ends of its pieces, their ids)], added tokens) of texts that it lacks."""
        if self._segmenter is None:
            return
        texts = [text for text in dict.fromkeys(texts) if text not in self._drawn]
        parts = [self._without_added(text) for text in texts]
        words = [[word for word, _, _ in part.get_splits()] for part, _ in parts]
        cuts = iter(self._segmenter.cut(list(itertools.chain.from_iterable(words)), self._alpha, self._rng))
        for text, (part, added), each in zip(texts, parts, words, strict=True):
            self._drawn[text] = part, [(word, *next(cuts)) for word in each], added

    def _without_added(self, text):
        """(normalized words of a text, [(span, id)] of its added tokens, which are found as ever)."""
        part, added = PreTokenizedString(text), []
        if self._added:
            own = {self.vocabulary.ids[token] for token in self.vocabulary.added}
            added = [(span, index) for index, span in zip(*super()._cut(text), strict=True) if index in own]
            borders = [0, *itertools.chain.from_iterable(span for span, _ in added), len(text)]
            between = [pair for pair in zip(borders[::2], borders[1::2], strict=True) if pair[0] < pair[1]]
            part.split(lambda _, whole: [whole.slice(pair) for pair in between])
        if self._tokenizer.normalizer:
            part.normalize(self._tokenizer.normalizer.normalize)
        if self._tokenizer.pre_tokenizer:
            self._tokenizer.pre_tokenizer.pre_tokenize(part)
        return part, added

    def _tokens(self, word, ends, ids):
        """The library's tokens of a word; unknown characters side by side are one token, or their bytes."""
        tokens, start, bytes_before = [], 0, 0
        pieces = zip(ends.tolist(), ids.tolist(), strict=True)
        for unknown, group in itertools.groupby(pieces, key=lambda piece: piece[1] == UNKNOWN):
            group = list(group)
            for end, index in group[-1:] if unknown else group:
                piece = word[start:end]
                size = len(piece.encode("utf-8"))
                span = bytes_before, bytes_before + size
                tokens += [Token(index, name, span) for index, name in (self._unknown(piece) if unknown else [(index, piece)])]
                start, bytes_before = end, bytes_before + size
        return tokens

    def _unknown(self, piece):
        """[(id, token)] of characters without a piece."""
        names = [f"<0x{byte:02X}>" for byte in piece.encode("utf-8")] if self.pieces.byte_fallback else []
        if names and all(name in self.vocabulary.ids for name in names):
            return [(self.vocabulary.ids[name], name) for name in names]
        return [(self.pieces.unk_id, piece)]
