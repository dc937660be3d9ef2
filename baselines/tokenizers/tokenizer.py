"""Text -> token ids -> features of a row, and back, whatever the model that cuts the text.

"Café价格" -> ["cafe", "价", "格"] -> {"token_ids": [101, 8377, 817, 3419, 102], "segment_ids": [0, 0, 0, 0, 0]}
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from baselines.tokenizers import folder as files
from baselines.tokenizers.alignment import Alignment
from baselines.tokenizers.sampled_model import sampled_model
from baselines.tokenizers.subword_model import SubwordModel
from baselines.tokenizers.trimming import trim_lengths
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.tokenizers.wordpiece import WordPiece


class Tokenizer:
    """Encodes texts with the ids of a vocabulary.

    Args:
        model: What cuts texts into tokens.

    Attributes:
        vocabulary: The tokens; `vocabulary.pad_id`, `unk_id`, `sep_id` and `mask_id` are those of the model, whatever their names.
        start_ids, between_ids, end_ids: Special tokens of a row: start A between B end.
    """

    def __init__(self, model: SubwordModel):
        self.model = model
        self.vocabulary, self.row_format = model.vocabulary, model.row_format
        self.lower_case, self.pre_tokenizer, self.splits_signs = model.lower_case, model.pre_tokenizer, model.splits_signs
        row = self.row_format
        self.start_ids, self.between_ids, self.end_ids = (
            [self.vocabulary.id(token) for token in tokens] for tokens in (row.start, row.between, row.end)
        )
        self._prepared = {}

    @classmethod
    def from_vocabulary(
        cls,
        vocabulary: Vocabulary,
        lower_case: bool = True,
        pre_tokenizer: str | Callable[[str], list[str]] | None = None,
    ) -> "Tokenizer":
        """BERT's tokenizer, WordPiece. See `WordPiece` for the arguments."""
        return cls(WordPiece(vocabulary, lower_case, pre_tokenizer))

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        lower_case: bool | None = None,
        keep_tokens: Iterable[int] | str | None = None,
        added_tokens: Iterable[str] = (),
        pre_tokenizer: str | Callable[[str], list[str]] | None = None,
    ) -> "Tokenizer":
        """The tokenizer of a checkpoint folder: vocab.txt, tokenizer.json, a SentencePiece model, or vocab.json and merges.txt.

        Args:
            folder: The folder, or the TensorFlow prefix of weights in it.
            lower_case: None for what the files say.
            keep_tokens: Ids to keep, or "producible" for those that texts can give. Embeddings follow vocabulary.keep_ids.
            added_tokens: Found verbatim in texts; new ones get ids, and embedding rows, at the end.
            pre_tokenizer: "jieba", "none", a function text -> words, or None for what the files say.

        Raises:
            InputError: A file is missing, corrupted, or of a tokenizer that is not implemented.
        """
        model = files.read(folder, lower_case, pre_tokenizer)
        if keep_tokens is not None:
            model = model.subset(model.producible_ids() if keep_tokens == "producible" else keep_tokens)
        return cls(model.with_added(added_tokens) if added_tokens else model)

    def with_words(self, words: Iterable[str]) -> "Tokenizer":
        """A tokenizer that knows `words` too; new ones get ids at the end of the vocabulary."""
        return Tokenizer(self.model.with_words(words))

    def subset(self, ids: Iterable[int]) -> "Tokenizer":
        """A tokenizer of these tokens only, in their order; `vocabulary.keep_ids` has the old ids."""
        return Tokenizer(self.model.subset(ids))

    def sampled(self, alpha: float) -> "SampledTokenizer":
        """A tokenizer that cuts texts at random, with probability proportional to exp(alpha * score); alpha is 0 or more.

        Raises:
            InputError: The model has one way to cut a text: it is not unigram, nor are its words jieba's.
        """
        return SampledTokenizer(sampled_model(self.model, alpha))

    def save(self, folder: str | Path) -> None:
        """Writes tokenizer.json, tokenizer_config.json and, for WordPiece, vocab.txt: for this class and for transformers."""
        self.model.save(folder)

    def fingerprint(self) -> str:
        """A hex digest of all that the ids of a text depend on, for caches of encoded texts."""
        return hashlib.sha256(repr(self.model.settings()).encode("utf-8", "surrogatepass")).hexdigest()

    def tokenize(self, text: str) -> list[str]:
        """Tokens of `text`, without special tokens. An unknown word keeps its characters; its id is vocabulary.unk_id."""
        return self.model.tokenize(text)

    def ids(self, text: str) -> np.ndarray:
        """int32 (L,): ids of the tokens of `text`, without special tokens."""
        return np.array(self._ids(text), dtype=np.int32)

    def prepare(self, texts: Iterable[str]) -> None:
        """Tokenizes `texts` once, if examples share texts: until the next call, encoding one of them only looks it up."""
        texts = list(dict.fromkeys(texts))
        self._prepared = {}
        self._prepared = dict(zip(texts, self.model.ids_of_all(texts), strict=True))

    def encode(self, text: str, max_length: int | None = None) -> dict[str, np.ndarray]:
        """Features of a row with one text, such as [CLS] text [SEP]: {"token_ids": int32 (L,), "segment_ids": int32 (L,)}."""
        return self.assemble([self._ids(text)], max_length)

    def encode_pair(
        self, first: str, second: str, max_length: int | None = None, second_segment: int = 1
    ) -> dict[str, np.ndarray]:
        """Features of a row with two texts, such as [CLS] first [SEP] second [SEP]; the second is in `second_segment`."""
        return self.assemble([self._ids(first), self._ids(second)], max_length, (0, second_segment))

    def assemble(
        self,
        pieces: Sequence[Sequence[int]],
        max_length: int | None = None,
        segments: Sequence[int] | None = None,
        trim_order: Sequence[int] | None = None,
    ) -> dict[str, np.ndarray]:
        """Features of a row with any number of texts: {"token_ids": int32 (L,), "segment_ids": int32 (L,)}.

        Args:
            pieces: For each text its ids, as `ids` gives them; they may hold special tokens of a task's own.
            max_length: Tokens of the row, special tokens counted; None for no limit. See trimming.py.
            segments: For each text its segment id; special tokens have that of the text before them, the first tokens that of the
                first text. None, or a vocabulary without segments (XLM-R), for 0 everywhere.
            trim_order: Which of equally long texts loses a token first.
        """
        lengths = trim_lengths(map(len, pieces), max_length, trim_order, self.special_count(len(pieces)))
        token_ids = np.array(self._row(pieces, lengths), np.int32)
        segment_ids = np.zeros(len(token_ids), np.int32)
        if segments is not None:
            self._fill_segments(segment_ids, lengths, segments)
        return {"token_ids": token_ids, "segment_ids": segment_ids}

    def special_count(self, texts: int) -> int:
        """The number of special tokens in a row of this many texts."""
        return self.row_format.special_count(texts)

    def text_starts(self, lengths: Sequence[int]) -> list[int]:
        """For texts of these lengths in tokens, the position of each text's first token in the row."""
        return self.row_format.text_starts(list(lengths))

    def encode_batch(
        self, texts: Iterable[str | Sequence[str]], max_length: int | None = None
    ) -> dict[str, np.ndarray]:
        """Features of texts or pairs of texts, padded to the longest: {"token_ids", "segment_ids"}, int32 (B, L)."""
        rows = [(text,) if isinstance(text, str) else tuple(text) for text in texts]
        ids = iter(self.model.ids_of_all([text for row in rows for text in row]))
        pieces = [[next(ids) for _ in row] for row in rows]
        lengths = [trim_lengths(map(len, row), max_length, None, self.special_count(len(row))) for row in pieces]
        token_ids = _padded([self._row(*row) for row in zip(pieces, lengths, strict=True)], self.vocabulary.pad_id)
        segment_ids = np.zeros_like(token_ids)
        for row, row_lengths in zip(segment_ids, lengths, strict=True):
            if len(row_lengths) == 2:
                self._fill_segments(row, row_lengths, (0, 1))
        return {"token_ids": token_ids, "segment_ids": segment_ids}

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of `ids`: no special tokens, nothing for unknown words or half a character.

        Raises:
            ValueError: An id is not in the vocabulary.
        """
        ids = [int(i) for i in ids]
        outside = [i for i in ids if not 0 <= i < len(self.vocabulary)]
        if outside:
            raise ValueError(f"decode: expected ids below {len(self.vocabulary)}. Received: {outside[:5]}")
        return self.model.decode(ids)

    def surface(self, token_id: int) -> str:
        """A token as a person reads it."""
        return self.model.surface(int(token_id))

    def final_characters(self, text: str) -> int:
        """How many characters of a decoded text no later token can change."""
        return self.model.final_characters(text)

    def align(self, text: str) -> Alignment:
        """The tokens of `text`, without special ones, with their characters."""
        return self.model.align(text)

    def describe(self) -> str:
        """How texts are cut, in a few words."""
        return self.model.describe()

    def _ids(self, text):
        return self._prepared[text] if text in self._prepared else self.model.ids(text)

    def _row(self, pieces, lengths):
        token_ids = list(self.start_ids)
        for number, (piece, length) in enumerate(zip(pieces, lengths, strict=True), start=1):
            token_ids.extend(piece[:length])  # not +=, for a piece may be an array
            token_ids.extend(self.end_ids if number == len(lengths) else self.between_ids)
        return token_ids

    def _fill_segments(self, segment_ids, lengths, segments):
        if not self.row_format.segments:
            return
        starts = self.text_starts(lengths)
        segment_ids[: starts[0]] = segments[0]
        for number, (start, length, segment) in enumerate(zip(starts, lengths, segments, strict=True), start=1):
            behind = self.end_ids if number == len(lengths) else self.between_ids
            segment_ids[start : start + length + len(behind)] = segment


class SampledTokenizer(Tokenizer):
    """A tokenizer whose cuts are random. Until the next draw, the same text is always cut alike, by `ids` and by `align`."""

    def reseed(self, rng: np.random.Generator, texts: Sequence[str] = ()) -> None:
        """Begins the next draw; `texts` are those that will be asked for, if they are known: together they take less time."""
        self._prepared = {}
        self.model.reseed(rng, texts)


def _padded(rows, value):
    length = max(map(len, rows), default=0)
    return np.array([row + [value] * (length - len(row)) for row in rows], np.int32).reshape(len(rows), length)
