"""The BERT tokenizer: text -> pieces of words -> ids -> features, and back. Devlin et al., 2019, arXiv:1810.04805.

"Café价格" -> ["cafe", "价", "格"] -> {"token_ids": [101, 8377, 817, 3419, 102], "segment_ids": [0, 0, 0, 0, 0]}

Words come from normalization.py, the pieces of a word from the `tokenizers` library in Rust. Chinese texts consist of words of one
character, and a corpus has few different ones, so the pieces of every word are cached. That is faster than handing whole texts to
Rust (docs/tokenizer.md has the figures), and gives the ids of Google's and bert4keras' tokenizers.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.tokenizers import folder as files
from baselines.tokenizers.alignment import Alignment
from baselines.tokenizers.detokenization import join_tokens
from baselines.tokenizers.normalization import Normalizer
from baselines.tokenizers.trimming import trim_lengths
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.tokenizers.words import jieba_words

LONGEST_WORD = 200  # characters; longer words are unknown, as Google's
_REMEMBERED_WORDS = 1 << 18
PRE_TOKENIZERS = {files.JIEBA: jieba_words, "none": None}


class Tokenizer:
    """Encodes texts with the ids of a vocabulary.

    Args:
        vocabulary: The tokens.
        lower_case: Convert to lower case and drop accents.
        pre_tokenizer: None, "jieba", "none", or a function text -> words that join to it again. A word of the vocabulary then
            stays whole, ideographs included; the others are cut as usual.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lower_case: bool = True,
        pre_tokenizer: str | Callable[[str], list[str]] | None = None,
    ):
        self.vocabulary = vocabulary
        self.lower_case = lower_case
        self.pre_tokenizer = PRE_TOKENIZERS.get(pre_tokenizer, pre_tokenizer)
        if not (self.pre_tokenizer is None or callable(self.pre_tokenizer)):
            raise InputError(f"pre_tokenizer {pre_tokenizer!r} is unknown. Choose {' or '.join(PRE_TOKENIZERS)}, or a function.")
        self._normalizer = Normalizer(lower_case)
        self._pieces = _Pieces(vocabulary)
        self._prepared = {}
        longest_first = sorted(vocabulary.added, key=len, reverse=True)
        self._added = re.compile(f"({'|'.join(map(re.escape, longest_first))})") if longest_first else None

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        lower_case: bool | None = None,
        keep_tokens: Iterable[int] | str | None = None,
        added_tokens: Iterable[str] = (),
        pre_tokenizer: str | Callable[[str], list[str]] | None = None,
    ) -> "Tokenizer":
        """The tokenizer of a checkpoint folder with vocab.txt or tokenizer.json.

        Args:
            folder: The folder, or the TensorFlow prefix of weights in it.
            lower_case: None for what tokenizer_config.json says, else true.
            keep_tokens: Ids to keep, or "producible" for those that texts can give. Embeddings follow vocabulary.keep_ids.
            added_tokens: Found verbatim in texts; new ones get ids, and embedding rows, at the end.
            pre_tokenizer: None for what tokenizer_config.json says.

        Raises:
            InputError: A file is missing or corrupted, or the tokenizer is not BERT's.
        """
        vocabulary, settings = files.read(folder)
        if keep_tokens is not None:
            vocabulary = vocabulary.subset(vocabulary.producible_ids() if keep_tokens == "producible" else keep_tokens)
        if added_tokens:
            vocabulary = vocabulary.with_added(added_tokens)
        if isinstance(pre_tokenizer, str) and pre_tokenizer not in PRE_TOKENIZERS:
            raise InputError(f"pre_tokenizer {pre_tokenizer!r} is unknown. Choose {' or '.join(PRE_TOKENIZERS)}.")
        saved = settings["pre_tokenizer"]
        if pre_tokenizer is None and saved not in (None, *PRE_TOKENIZERS):
            raise InputError(f"{folder}: saved with the pre-tokenizer {saved}, which is not part of this library. "
                             "Pass the function: pre_tokenizer=….")  # fmt: skip
        pre_tokenizer = pre_tokenizer or saved
        return cls(vocabulary, settings["lower_case"] if lower_case is None else lower_case, pre_tokenizer)

    def with_words(self, words: Iterable[str]) -> "Tokenizer":
        """A tokenizer that knows `words` too; new ones get ids at the end of the vocabulary.

        An ideograph or a word of Latin letters or digits becomes a token like the others, in this tokenizer's case. Other words,
        such as an emoji or several ideographs, are found verbatim in texts, also side by side.
        """
        forms = {word: [word] if word.startswith("##") else self._normalizer.words(word) for word in words}
        simple = {word: parts[0] for word, parts in forms.items() if len(parts) == 1 and parts[0].removeprefix("##").isalnum()}
        vocabulary = self.vocabulary.extended(simple.values())
        verbatim = [word for word, parts in forms.items() if parts and word not in simple and word not in vocabulary]
        return Tokenizer(vocabulary.with_added(verbatim), self.lower_case, self.pre_tokenizer)

    def save(self, folder: str | Path) -> None:
        """Writes vocab.txt, tokenizer.json and tokenizer_config.json, for this class and for transformers."""
        files.write(folder, self.vocabulary, self.lower_case, LONGEST_WORD, self._pre_tokenizer_name())

    def fingerprint(self) -> str:
        """A hex digest of all that the ids of a text depend on, for caches of encoded texts."""
        vocabulary = self.vocabulary
        settings = (vocabulary.tokens, vocabulary.added, self.lower_case, self._pre_tokenizer_name())
        return hashlib.sha256(repr(settings).encode()).hexdigest()

    def tokenize(self, text: str) -> list[str]:
        """Pieces of `text`, without special tokens. An unknown word keeps its letters; its id is [UNK]'s."""
        return [piece for word in self._words(text) for piece in self._surfaces(word)]

    def ids(self, text: str) -> np.ndarray:
        """int32 (L,): ids of the pieces of `text`, without special tokens."""
        return np.array(self._ids(text), dtype=np.int32)

    def prepare(self, texts: Iterable[str]) -> None:
        """Tokenizes `texts` once, if examples share texts: until the next call, encoding one of them only looks it up."""
        self._prepared = {}
        for text in texts:
            if text not in self._prepared:
                self._prepared[text] = self._ids(text)

    def encode(self, text: str, max_length: int | None = None) -> dict[str, np.ndarray]:
        """Features of [CLS] text [SEP]: {"token_ids": int32 (L,), "segment_ids": int32 (L,)}."""
        return self.assemble([self._ids(text)], max_length)

    def encode_pair(
        self, first: str, second: str, max_length: int | None = None, second_segment: int = 1
    ) -> dict[str, np.ndarray]:
        """Features of [CLS] first [SEP] second [SEP]; the second text and its [SEP] are in `second_segment`."""
        return self.assemble([self._ids(first), self._ids(second)], max_length, (0, second_segment))

    def assemble(
        self,
        pieces: Sequence[Sequence[int]],
        max_length: int | None = None,
        segments: Sequence[int] | None = None,
        trim_order: Sequence[int] | None = None,
    ) -> dict[str, np.ndarray]:
        """Features of [CLS] text [SEP] text [SEP] …: {"token_ids": int32 (L,), "segment_ids": int32 (L,)}.

        Args:
            pieces: For each text its ids, as `ids` gives them; they may hold special tokens of a task's own.
            max_length: Tokens of the row, special tokens counted; None for no limit. See trimming.py.
            segments: For each text its segment id; [CLS] has that of the first. None for 0 everywhere.
            trim_order: Which of equally long texts loses a token first.
        """
        lengths = trim_lengths(map(len, pieces), max_length, trim_order)
        token_ids = np.array(self._row(pieces, lengths), np.int32)
        segment_ids = np.zeros(len(token_ids), np.int32)
        if segments is not None:
            _fill_segments(segment_ids, lengths, segments)
        return {"token_ids": token_ids, "segment_ids": segment_ids}

    def encode_batch(
        self, texts: Iterable[str | Sequence[str]], max_length: int | None = None
    ) -> dict[str, np.ndarray]:
        """Features of texts or pairs of texts, padded to the longest: {"token_ids", "segment_ids"}, int32 (B, L)."""
        pieces = [[self._ids(text)] if isinstance(text, str) else [self._ids(part) for part in text] for text in texts]
        lengths = [trim_lengths(map(len, row), max_length) for row in pieces]
        token_ids = _padded([self._row(*row) for row in zip(pieces, lengths, strict=True)], self.vocabulary.pad_id)
        segment_ids = np.zeros_like(token_ids)
        for row, row_lengths in zip(segment_ids, lengths, strict=True):
            if len(row_lengths) == 2:
                _fill_segments(row, row_lengths, (0, 1))
        return {"token_ids": token_ids, "segment_ids": segment_ids}

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of `ids`: no spaces between ideographs, no special tokens, nothing for unknown words.

        Raises:
            ValueError: An id is not in the vocabulary.
        """
        ids = [int(i) for i in ids]
        outside = [i for i in ids if not 0 <= i < len(self.vocabulary)]
        if outside:
            raise ValueError(f"decode: expected ids below {len(self.vocabulary)}. Received: {outside[:5]}")
        return join_tokens([self.vocabulary.tokens[i] for i in ids])

    def align(self, text: str) -> Alignment:
        """The tokens of `text`, without special ones, with their characters."""
        tokens, spans = [], []
        for word, sources in self._words_with_sources(text):
            start = 0
            for index, piece in enumerate(self._surfaces(word)):
                end = start + len(piece) - (2 if index else 0)  # "##"
                tokens.append(piece)
                spans.append((sources[start], self._normalizer.end_with_marks(text, sources[end - 1] + 1)))
                start = end
        return Alignment(text, tuple(tokens), tuple(spans))

    def _row(self, pieces, lengths):
        token_ids = [self.vocabulary.cls_id]
        for piece, length in zip(pieces, lengths, strict=True):
            token_ids.extend(piece[:length])  # not +=, for a piece may be an array
            token_ids.append(self.vocabulary.sep_id)
        return token_ids

    def _ids(self, text):
        if text in self._prepared:
            return self._prepared[text]
        return list(itertools.chain.from_iterable(map(self._pieces.__getitem__, self._words(text))))

    def _pre_tokenizer_name(self):
        """A key of PRE_TOKENIZERS, the function's own name, or None."""
        if self.pre_tokenizer is None:
            return None
        named = {function: name for name, function in PRE_TOKENIZERS.items()}
        return named.get(self.pre_tokenizer, getattr(self.pre_tokenizer, "__qualname__", None))

    def _surfaces(self, word):
        ids = self._pieces[word]
        return [word] if len(ids) == 1 else [self.vocabulary.tokens[i] for i in ids]

    def _words(self, text):
        """The words of `text`: what pieces are cut from, and added tokens whole."""
        if self.pre_tokenizer:
            return [word for word, _ in self._words_with_sources(text)]
        if self._added is None:
            return self._normalizer.words(text)
        words = []
        for index, part in enumerate(self._added.split(text)):  # what the pattern matched is at the odd places
            words.extend([part] if index % 2 else self._normalizer.words(part))
        return words

    def _words_with_sources(self, text):
        """Yields (word, indices in `text` of the characters that made it)."""
        position = 0
        for index, part in enumerate(self._added.split(text) if self._added else [text]):
            if index % 2:
                yield part, range(position, position + len(part))
            else:
                folded, sources = self._normalizer.fold_with_sources(part)
                sources = [position + source for source in sources]
                for start, segment in self._segments(folded):
                    within = sources[start : start + len(segment)]
                    if self.pre_tokenizer and self._stays_whole(segment):
                        yield segment, within
                    else:
                        yield from self._normalizer.words_with_sources(segment, within)
            position += len(part)

    def _segments(self, folded):
        """Yields (start, segment): what the pre-tokenizer makes of a folded text; without one, the text itself."""
        if self.pre_tokenizer is None:
            yield 0, folded
            return
        segments = list(self.pre_tokenizer(folded))
        if "".join(segments) != folded:
            raise ValueError(f"pre_tokenizer: expected words that join to {folded[:50]!r}. Received: {segments[:20]}.")
        position = 0
        for segment in segments:
            yield position, segment
            position += len(segment)

    def _stays_whole(self, segment):
        """A word of the vocabulary; but text is never a special token or the continuation of a word."""
        return segment in self.vocabulary and not segment.startswith(("##", "["))


def _fill_segments(segment_ids, lengths, segments):
    segment_ids[0], end = segments[0], 1
    for length, segment in zip(lengths, segments, strict=True):
        start, end = end, end + length + 1  # with its [SEP]
        segment_ids[start:end] = segment


def _padded(rows, value):
    length = max(map(len, rows), default=0)
    return np.array([row + [value] * (length - len(row)) for row in rows], np.int32).reshape(len(rows), length)


class _Pieces(dict):
    """Word -> ids of its pieces, computed in Rust once. Emptied when it holds too many words."""

    def __init__(self, vocabulary):
        super().__init__()
        self._unknown = (vocabulary.unk_id,)
        self._model = files.word_piece(vocabulary, LONGEST_WORD)

    def __missing__(self, word):
        if len(word) > LONGEST_WORD:
            return self._unknown
        if len(self) >= _REMEMBERED_WORDS:
            self.clear()
        self[word] = ids = tuple(token.id for token in self._model.tokenize(word))
        return ids
