"""Unigram and byte-pair encoding: SentencePiece's and GPT-2's way to cut texts, words and spaces alike.

"今天 天气" -> ["▁今天", "▁", "天气"], characters [0, 2) [3, 3) [3, 5): a space marker is no character.

The `tokenizers` library normalizes and cuts. Here is the rest: special tokens in a text are text, spans are those of the user's
characters, and vocabularies can be reduced and extended.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import tokenizers

from baselines.tokenizers import tokenizer_json
from baselines.tokenizers.alignment import Alignment
from baselines.tokenizers.byte_pair import BytePair
from baselines.tokenizers.joined_words import JoinedWords
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.spans import character_spans
from baselines.tokenizers.stages import Stages
from baselines.tokenizers.token_bytes import GUARD, MARK, byte_letters, is_byte
from baselines.tokenizers.unigram import Unigram
from baselines.tokenizers.vocabulary import Vocabulary

_ASCII = frozenset(["", *map(chr, range(33, 127))])
_STRANGE = re.compile(f"[\ud800-\udfff{GUARD}]")  # UTF-8 has no surrogates


class Subwords:
    """A SubwordModel that runs on the `tokenizers` library.

    Args:
        vocabulary: The tokens.
        row_format: The special tokens around texts.
        pieces: How words are cut.
        stages: What happens before and after.
        added_options: {added token: options of tokenizers.AddedToken} where they are not the usual ones.
        words: Words that are joined by spaces first, or None.
    """

    splits_signs = False

    def __init__(
        self,
        vocabulary: Vocabulary,
        row_format: RowFormat,
        pieces: Unigram | BytePair,
        stages: Stages,
        added_options: dict[str, dict] | None = None,
        words: JoinedWords | None = None,
    ):
        self.vocabulary, self.row_format, self.pieces, self.stages = vocabulary, row_format, pieces, stages
        self.added_options, self.words = added_options or {}, words
        self.lower_case, self.pre_tokenizer = stages.lower_case, words and words.cut
        self._to_bytes = stages.token_bytes(pieces.suffix, vocabulary.origin)
        hidden = {vocabulary.tokens[i] for i in vocabulary.special_ids} - set(vocabulary.added)
        self._names = [GUARD + token if token in hidden else token for token in vocabulary.tokens]
        self._tokenizer = self.pipeline(self._names)
        self._contents = {}
        longest_first = sorted(vocabulary.added, key=len, reverse=True)
        self._added = re.compile(f"({'|'.join(map(re.escape, longest_first))})") if longest_first else None

    def pipeline(self, names: Sequence[str]) -> tokenizers.Tokenizer:
        """A tokenizer of the library, in which the tokens have these names."""
        pipeline = tokenizer_json.pipeline(self.pieces.model(names), self.stages, self.vocabulary.origin)
        pipeline.add_tokens([tokenizers.AddedToken(token, **{"normalized": False, **self.added_options.get(token, {})})
                             for token in self.vocabulary.added])  # fmt: skip
        return pipeline

    def ids(self, text: str) -> list[int]:
        """Token ids of a text, without special tokens."""
        return self._tokenizer.encode(self._prepared(text), add_special_tokens=False).ids

    def ids_of_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, in parallel."""
        texts = [self._prepared(text) for text in texts]
        return [each.ids for each in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def tokenize(self, text: str) -> list[str]:
        """Tokens of a text; an unknown one keeps its characters."""
        return list(self.align(text).tokens)

    def align(self, text: str) -> Alignment:
        """Tokens of a text with their characters; a token that is a space only has an empty span ahead of the next character."""
        joined, sources = self.words.join(text, self._added) if self.words else (text, None)
        ids, offsets = self._cut(readable(joined))
        tokens, contents = [self.vocabulary.tokens[i] for i in ids], list(map(self._content, ids))
        offsets = offsets if sources is None else [_original(joined, sources, *offset) for offset in offsets]
        markers = [bool(content) and not content.strip() for content in contents]
        spans = character_spans(text, offsets, markers, list(map(is_byte, tokens)))
        unknown = self.vocabulary.roles.unknown
        surfaces = [text[slice(*span)] if token == unknown else token for token, span in zip(tokens, spans, strict=True)]
        return Alignment(text, tuple(surfaces), tuple(spans))

    def decode(self, ids: Sequence[int]) -> str:
        """Readable text of ids: no special tokens, nothing for unknown words or bytes that make no character."""
        text = b"".join(map(self._content, ids)).decode("utf-8", "ignore")
        text = text.removeprefix(" ") if self.stages.leading_space else text
        text = text.removesuffix(" ") if self.pieces.suffix else text
        return self.words.restore(text) if self.words else text

    def surface(self, token_id: int) -> str:
        """Its characters, a space included; the token itself where it is special or part of a character."""
        return self._content(token_id).decode("utf-8", "ignore") or self.vocabulary.tokens[token_id]

    def final_characters(self, text: str) -> int:
        """All of them: tokens only add characters, and half a character is not decoded."""
        return len(text)

    def with_words(self, words: Iterable[str]) -> "Subwords":
        """A model that knows `words` too: no other cut of one is likelier (unigram), or it is found verbatim (BPE)."""
        words = [word for word in dict.fromkeys(words) if word.strip()]
        if self.words or not self.pieces.cuts_new_words:
            return self.with_added([word for word in words if not self._is_token(word)])
        vocabulary = self.vocabulary.extended(filter(None, map(self._piece, words)))
        return self._of(vocabulary, self.pieces.extended(len(vocabulary) - len(self.vocabulary)))

    def with_added(self, tokens: Iterable[str]) -> "Subwords":
        """A model that finds `tokens` verbatim in texts."""
        vocabulary = self.vocabulary.with_added(tokens)
        return self._of(vocabulary, self.pieces.extended(len(vocabulary) - len(self.vocabulary)))

    def subset(self, ids: Iterable[int]) -> "Subwords":
        """A model of these tokens only, in their order."""
        ids = [int(i) for i in ids]
        vocabulary = self.vocabulary.subset(ids)
        return self._of(vocabulary, self.pieces.subset(self.vocabulary.tokens, ids))

    def producible_ids(self) -> list[int]:
        """Special tokens that have a role, and all that are text."""
        unused = self.vocabulary.special_ids - self._named_ids()
        return [index for index in range(len(self.vocabulary)) if index not in unused]

    def indispensable_ids(self) -> set[int]:
        """Special tokens that have a role, added tokens, ASCII characters, bytes, and what the model needs."""
        letters = byte_letters()
        signs = {index for index, token in enumerate(self.vocabulary.tokens)
                 if is_byte(token) or len(token) == 1 and token in letters or token.removeprefix(MARK) in _ASCII}  # fmt: skip
        return self._named_ids() | signs | self.pieces.indispensable_ids(self.vocabulary.special_ids)

    def with_parts(self, token_id: int) -> set[int]:
        """A token and those that it is merged from."""
        return self.pieces.with_parts(self.vocabulary.ids, self.vocabulary.tokens[token_id])

    def unreachable_words(self) -> list[str]:
        """None: pieces of several ideographs are what texts give."""
        return []

    def settings(self) -> tuple:
        """All that ids depend on."""
        vocabulary, words = self.vocabulary, self.words and self.words.name
        return (vocabulary.tokens, vocabulary.added, vocabulary.roles, sorted(vocabulary.special_ids), self.row_format,
                self.pieces.settings(), self.stages, self.added_options, words)  # fmt: skip

    def describe(self) -> str:
        """Such as "unigram, upper and lower case"."""
        case = "lower case" if self.lower_case else "upper and lower case"
        return f"{self.pieces.name}, {case}{', words of jieba' if self.words else ''}"

    def save(self, folder: str | Path) -> None:
        """Writes tokenizer.json and tokenizer_config.json."""
        pipeline = self.pipeline(self.vocabulary.tokens)
        tokenizer_json.write(folder, pipeline, self.vocabulary, self.row_format, self.words and self.words.name)

    def with_options(self, lower_case: bool | None, words: JoinedWords | None) -> "Subwords":
        """With or without conversion to lower case (None for no change), and with these words."""
        stages = self.stages.with_case(lower_case)
        if (stages, words) == (self.stages, self.words):
            return self                                                 # another model of 250,000 pieces takes a second and 400 MB
        return Subwords(self.vocabulary, self.row_format, self.pieces, stages, self.added_options, words)

    def _cut(self, text):
        """(ids, their characters) of a readable text."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.ids, encoding.offsets

    def _of(self, vocabulary, pieces):
        return Subwords(vocabulary, self.row_format, pieces, self.stages, self.added_options, self.words)

    def _named_ids(self):
        row = self.row_format
        names = (*self.vocabulary.roles.names, *row.start, *row.between, *row.end, *self.vocabulary.added)
        return {self.vocabulary.ids[name] for name in names if name in self.vocabulary}

    def _is_token(self, word):
        """Whether a word is one token already, spaces aside."""
        tokens = [index for index in self.ids(word) if self._content(index).strip() or index == self.vocabulary.unk_id]
        return word in self.vocabulary or len(tokens) == 1 and tokens[0] != self.vocabulary.unk_id

    def _piece(self, word):
        """The token that a word becomes: normalized, spaces as markers; "" for one of spaces only."""
        normalizer = self._tokenizer.normalizer
        text = normalizer.normalize_str(readable(word)) if normalizer else word
        return text.replace(" ", MARK).strip(MARK)

    def _prepared(self, text):
        return readable(self.words.join(text, self._added)[0] if self.words else text)

    def _content(self, index):
        """The bytes of a token: none of a special one, its name of an added one."""
        if index not in self._contents:
            token = self.vocabulary.tokens[index]
            if index in self.vocabulary.special_ids or token == self.vocabulary.roles.unknown:
                self._contents[index] = b""
            elif token in self.vocabulary.added:
                self._contents[index] = token.encode("utf-8")
            else:
                self._contents[index] = self._to_bytes(token)
        return self._contents[index]


def readable(text: str) -> str:
    """A text of the same length that UTF-8 can write."""
    return _STRANGE.sub("\ufffd", text)


def _original(joined, sources, start, end):
    """The characters of the user's text for [start, end) of the joined one."""
    while start < end and joined[start] == " ":
        start += 1
    while start < end and joined[end - 1] == " ":
        end -= 1
    if start == end:
        place = sources[start] if start < len(sources) else sources[-1] + 1
        return place, place
    return sources[start], sources[end - 1] + 1
