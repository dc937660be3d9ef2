"""What a Tokenizer asks of the model that cuts texts into subwords: WordPiece, unigram or byte-pair encoding."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from baselines.tokenizers.alignment import Alignment
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.vocabulary import Vocabulary


class SubwordModel(Protocol):
    """Cuts texts into tokens of a vocabulary, and joins them again.

    Attributes:
        vocabulary: The tokens.
        row_format: The special tokens around texts.
        lower_case: Whether texts are converted to lower case.
        pre_tokenizer: A function that cuts texts into words first, or None.
        splits_signs: Whether every ideograph and every punctuation character is a token of its own.
    """

    vocabulary: Vocabulary
    row_format: RowFormat
    lower_case: bool
    pre_tokenizer: Callable[[str], list[str]] | None
    splits_signs: bool

    def ids(self, text: str) -> Sequence[int]:
        """Token ids of a text, without special tokens."""

    def ids_of_all(self, texts: Sequence[str]) -> list[Sequence[int]]:
        """Token ids of each text."""

    def tokenize(self, text: str) -> list[str]:
        """Tokens of a text; an unknown one keeps its characters."""

    def align(self, text: str) -> Alignment:
        """Tokens of a text with their characters."""

    def decode(self, ids: Sequence[int]) -> str:
        """Readable text of ids; special tokens are left out."""

    def surface(self, token_id: int) -> str:
        """A token as a person reads it."""

    def final_characters(self, text: str) -> int:
        """How many characters of a decoded text no later token can change."""

    def with_words(self, words: Iterable[str]) -> "SubwordModel":
        """A model that knows these words too."""

    def with_added(self, tokens: Iterable[str]) -> "SubwordModel":
        """A model that finds these tokens verbatim in texts."""

    def subset(self, ids: Iterable[int]) -> "SubwordModel":
        """A model of these tokens only, in their order."""

    def producible_ids(self) -> list[int]:
        """Special tokens, and all that texts can give."""

    def indispensable_ids(self) -> set[int]:
        """Tokens that no trimming may drop: special and added tokens, ASCII characters, bytes."""

    def with_parts(self, token_id: int) -> set[int]:
        """A token and those that it is built from: without them it would never be produced."""

    def unreachable_words(self) -> list[str]:
        """Tokens of several ideographs that no text gives."""

    def settings(self) -> tuple:
        """All that ids depend on."""

    def describe(self) -> str:
        """How texts are cut, in a few words."""

    def save(self, folder: str | Path) -> None:
        """Writes the files of the tokenizer."""
