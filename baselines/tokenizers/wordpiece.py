"""BERT's tokenizer: text -> words -> pieces of words, and back. Devlin et al., 2019, arXiv:1810.04805.

"Café价格" -> ["cafe", "价", "格"] -> [8377, 817, 3419]

Words come from normalization.py, the pieces of a word from the `tokenizers` library in Rust. Chinese texts consist of words of one
character, and a corpus has few different ones, so the pieces of every word are cached. That is faster than handing whole texts to
Rust (docs/tokenizer.md has the figures), and gives the ids of Google's and bert4keras' tokenizers.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.tokenizers import wordpiece_files as files
from baselines.tokenizers.alignment import Alignment
from baselines.tokenizers.detokenization import certain_characters, join_tokens
from baselines.tokenizers.normalization import Normalizer
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.tokenizers.words import jieba_words

LONGEST_WORD = 200  # characters; longer words are unknown, as Google's
_REMEMBERED_WORDS = 1 << 18
PRE_TOKENIZERS = {files.JIEBA: jieba_words, "none": None}


class WordPiece:
    """A SubwordModel: BERT's.

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
        self.row_format = RowFormat((vocabulary.roles.start,), (vocabulary.roles.end,), (vocabulary.roles.end,))
        self.pre_tokenizer = PRE_TOKENIZERS.get(pre_tokenizer, pre_tokenizer)
        if not (self.pre_tokenizer is None or callable(self.pre_tokenizer)):
            raise InputError(f"pre_tokenizer {pre_tokenizer!r} is unknown. Choose {' or '.join(PRE_TOKENIZERS)}, or a function.")
        self.splits_signs = self.pre_tokenizer is None and not vocabulary.added
        self._normalizer = Normalizer(lower_case)
        self._pieces = _Pieces(vocabulary)
        longest_first = sorted(vocabulary.added, key=len, reverse=True)
        self._added = re.compile(f"({'|'.join(map(re.escape, longest_first))})") if longest_first else None

    def with_words(self, words: Iterable[str]) -> "WordPiece":
        """A model that knows `words` too; new ones get ids at the end of the vocabulary.

        An ideograph or a word of Latin letters or digits becomes a token like the others, in this model's case. Other words,
        such as an emoji or several ideographs, are found verbatim in texts, also side by side.
        """
        forms = {word: [word] if word.startswith("##") else self._normalizer.words(word) for word in words}
        simple = {word: parts[0] for word, parts in forms.items() if len(parts) == 1 and parts[0].removeprefix("##").isalnum()}
        vocabulary = self.vocabulary.extended(simple.values())
        verbatim = [word for word, parts in forms.items() if parts and word not in simple and word not in vocabulary]
        return self._of(vocabulary.with_added(verbatim))

    def with_added(self, tokens: Iterable[str]) -> "WordPiece":
        """A model that finds `tokens` verbatim in texts."""
        return self._of(self.vocabulary.with_added(tokens))

    def subset(self, ids: Iterable[int]) -> "WordPiece":
        """A model of these tokens only, in their order."""
        return self._of(self.vocabulary.subset(ids))

    def producible_ids(self) -> list[int]:
        """Special tokens, and all that texts can give: about half of Chinese BERT's."""
        return self.vocabulary.producible_ids()

    def indispensable_ids(self) -> set[int]:
        """Special and added tokens, and ASCII characters."""
        signs = [form for code in range(33, 127) for form in (chr(code), f"##{chr(code)}")]
        names = (*self.vocabulary.roles.names, *self.vocabulary.added, *signs)
        return {self.vocabulary.ids[token] for token in names if token in self.vocabulary}

    def with_parts(self, token_id: int) -> set[int]:
        """The token alone: no other is needed to produce it."""
        return {token_id}

    def unreachable_words(self) -> list[str]:
        """Tokens of several ideographs, which texts give only if a pre-tokenizer cuts them into words, or if they are added."""
        return [] if self.pre_tokenizer else self.vocabulary.unreachable_words()

    def settings(self) -> tuple:
        """All that ids depend on."""
        return self.vocabulary.tokens, self.vocabulary.added, self.lower_case, self._pre_tokenizer_name()

    def describe(self) -> str:
        """Such as "WordPiece, lower case, words of jieba"."""
        case = "lower case" if self.lower_case else "upper and lower case"
        return f"WordPiece, {case}{', words of jieba' if self.pre_tokenizer else ''}"

    def save(self, folder: str | Path) -> None:
        """Writes vocab.txt, tokenizer.json and tokenizer_config.json."""
        files.write(folder, self.vocabulary, self.lower_case, LONGEST_WORD, self._pre_tokenizer_name())

    def tokenize(self, text: str) -> list[str]:
        """Pieces of `text`, without special tokens. An unknown word keeps its letters; its id is [UNK]'s."""
        return [piece for word in self._words(text) for piece in self._surfaces(word)]

    def ids(self, text: str) -> list[int]:
        """Ids of the pieces of `text`, without special tokens."""
        return list(itertools.chain.from_iterable(map(self._pieces.__getitem__, self._words(text))))

    def ids_of_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of the pieces of each text."""
        return [self.ids(text) for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Readable text of `ids`: no spaces between ideographs, no special tokens, nothing for unknown words."""
        return join_tokens([self.vocabulary.tokens[i] for i in ids])

    def surface(self, token_id: int) -> str:
        """The token: ##ing stays as it is."""
        return self.vocabulary.tokens[token_id]

    def final_characters(self, text: str) -> int:
        """How many characters of a decoded text no later token can change: a Latin word may grow."""
        return certain_characters(text)

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

    def _of(self, vocabulary):
        return WordPiece(vocabulary, self.lower_case, self.pre_tokenizer)

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


def read_wordpiece(
    folder: Path, lower_case: bool | None = None, pre_tokenizer: str | Callable[[str], list[str]] | None = None
) -> WordPiece:
    """The WordPiece of a folder with vocab.txt or tokenizer.json; None for what tokenizer_config.json says.

    Raises:
        InputError: A file is missing or corrupted, or the tokenizer is not BERT's.
    """
    vocabulary, settings = files.read(folder)
    if isinstance(pre_tokenizer, str) and pre_tokenizer not in PRE_TOKENIZERS:
        raise InputError(f"pre_tokenizer {pre_tokenizer!r} is unknown. Choose {' or '.join(PRE_TOKENIZERS)}.")
    saved = settings["pre_tokenizer"]
    if pre_tokenizer is None and saved not in (None, *PRE_TOKENIZERS):
        raise InputError(f"{folder}: saved with the pre-tokenizer {saved}, which is not part of this library. "
                         "Pass the function: pre_tokenizer=….")  # fmt: skip
    return WordPiece(vocabulary, settings["lower_case"] if lower_case is None else lower_case, pre_tokenizer or saved)


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
