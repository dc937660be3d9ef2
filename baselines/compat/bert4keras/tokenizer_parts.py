"""What bert4keras' tokenizers share: special tokens around a text, pairs, and truncation."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from baselines.compat.bert4keras.snippets import truncate_sequences


class TokenizerBase:
    """A subclass defines _tokenize, token_to_id, id_to_token and decode.

    token_start, token_end   around every text; None for none
    pre_tokenize             text -> words, which are tokens where the vocabulary has them
    token_translate          {token: what takes its place}
    """

    def __init__(
        self, token_start: str | None = "[CLS]", token_end: str | None = "[SEP]",
        pre_tokenize: Callable[[str], Iterable[str]] | None = None, token_translate: dict[str, str] | None = None,
    ):  # fmt: skip
        self._token_pad, self._token_unk, self._token_mask = "[PAD]", "[UNK]", "[MASK]"
        self._token_start, self._token_end = token_start, token_end
        self._pre_tokenize = pre_tokenize
        self._token_translate = token_translate or {}
        self._token_translate_inv = {value: key for key, value in self._token_translate.items()}

    def tokenize(self, text: str, maxlen: int | None = None) -> list[str]:
        """The tokens of a text, special ones around it, at most `maxlen`."""
        tokens = [self._token_translate.get(token) or token for token in self._tokenize(text)]
        start = [] if self._token_start is None else [self._token_start]
        end = [] if self._token_end is None else [self._token_end]
        tokens = [*start, *tokens, *end]
        if maxlen is not None:
            truncate_sequences(maxlen, -len(end) - 1, tokens)
        return tokens

    def encode(
        self, first_text: Any, second_text: Any = None, maxlen: int | None = None, pattern: str = "S*E*E",
        truncate_from: str | int = "right",
    ) -> tuple[list[int], list[int]]:  # fmt: skip
        """(token ids, segment ids) of a text, or of two.

        Args:
            first_text: A text, or its tokens.
            second_text: The second one, or None.
            maxlen: Tokens at most; the longer text is truncated first.
            pattern: "S*E*E", one start for both texts, or "S*ES*E".
            truncate_from: "right", "left", or the place where tokens are removed.
        """
        first, second = (self.tokenize(text) if isinstance(text, str) else text for text in (first_text, second_text))
        joined = second is not None and pattern == "S*E*E"
        if maxlen is not None:
            places = {"right": -int(self._token_end is not None) - 1, "left": int(self._token_start is not None)}
            truncate_sequences(maxlen + joined, places.get(truncate_from, truncate_from), first, second)
        token_ids = self.tokens_to_ids(first)
        segment_ids = [0] * len(token_ids)
        if second is not None:
            behind = self.tokens_to_ids(second[int(bool(self._token_start)) if joined else 0 :])
            token_ids.extend(behind)
            segment_ids.extend([1] * len(behind))
        return token_ids, segment_ids

    def tokens_to_ids(self, tokens: Sequence[str]) -> list[int]:
        """The ids of tokens."""
        return [self.token_to_id(token) for token in tokens]

    def ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """The tokens of ids."""
        return [self.id_to_token(i) for i in ids]

    def token_to_id(self, token: str) -> int:
        """The id of a token."""
        raise NotImplementedError

    def id_to_token(self, i: int) -> str:
        """The token of an id."""
        raise NotImplementedError

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of ids."""
        raise NotImplementedError

    def _tokenize(self, text: str) -> list[str]:
        raise NotImplementedError
