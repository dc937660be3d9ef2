"""bert4keras.tokenizers: its Tokenizer and SpTokenizer, whose pieces are those of this library."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from baselines.compat.bert4keras.sentencepiece_tokenizer import SpTokenizer
from baselines.compat.bert4keras.snippets import lowercase_and_normalize, truncate_sequences
from baselines.compat.bert4keras.tokenizer_parts import TokenizerBase
from baselines.storage.atomic_files import atomic_write
from baselines.tokenizers import wordpiece
from baselines.tokenizers.detokenization import join_tokens
from baselines.tokenizers.normalization import is_cjk, is_punctuation
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

REEXPORTED = (SpTokenizer, TokenizerBase, truncate_sequences)
"""What other files of this folder define."""


def load_vocab(
    dict_path: Any, encoding: str = "utf-8", simplified: bool = False, startswith: Sequence[str] | None = None
) -> Any:
    """{token: id} of a vocab.txt.

    Args:
        dict_path: The file.
        encoding: Its encoding.
        simplified: Only tokens that texts can give.
        startswith: Tokens that come first in a simplified vocabulary.

    Returns:
        The dict, or with `simplified` a pair (dict, ids of its tokens in the file) for `keep_tokens`.
    """
    token_dict = {}
    with open(dict_path, encoding=encoding) as file:
        for line in file:
            token = (line.split() or [line.strip()])[0]
            token_dict[token] = len(token_dict)
    if not simplified:
        return token_dict
    ordered = sorted(token_dict, key=token_dict.get)
    chosen = dict.fromkeys([*(startswith or []), *(token for token in ordered if not Tokenizer._is_redundant(token))])
    return {token: index for index, token in enumerate(chosen)}, [token_dict[token] for token in chosen]


def save_vocab(dict_path: Any, token_dict: dict[str, int], encoding: str = "utf-8") -> None:
    """Writes {token: id} as a vocab.txt."""
    with atomic_write(dict_path, "wb") as file:
        file.writelines(f"{token}\n".encode(encoding) for token in sorted(token_dict, key=token_dict.get))


class Tokenizer(TokenizerBase):
    """BERT's tokenizer, over this library's WordPiece.

    token_dict      {token: id}, or a vocab.txt
    do_lower_case   lower case and no accents
    word_maxlen     longer words are unknown
    """

    def __init__(self, token_dict: Any, do_lower_case: bool = False, word_maxlen: int = 200, **kwargs: Any):
        super().__init__(**kwargs)
        token_dict = load_vocab(token_dict) if isinstance(token_dict, str) else token_dict
        self._do_lower_case, self._word_maxlen = do_lower_case, word_maxlen
        self._token_dict = token_dict
        self._token_dict_inv = {index: token for token, index in token_dict.items()}
        self._vocab_size = len(token_dict)
        for name in ("pad", "unk", "mask", "start", "end"):
            token = getattr(self, f"_token_{name}")
            if token in token_dict:
                setattr(self, f"_token_{name}_id", token_dict[token])
        # Ids come from token_dict, which may have gaps; the vocabulary only says which pieces there are.
        tokens = dict.fromkeys([*(token for token in SPECIAL_TOKENS if token not in token_dict), *token_dict])
        self._ours = wordpiece.WordPiece(Vocabulary(tokens), do_lower_case)

    def token_to_id(self, token: str) -> int:
        """The id of a token, or that of [UNK]."""
        return self._token_dict.get(token, self._token_unk_id)

    def id_to_token(self, i: int) -> str:
        """The token of an id."""
        return self._token_dict_inv[i]

    def decode(self, ids: Iterable[int], tokens: Sequence[str] | None = None) -> str:
        """Readable text of ids, without special tokens."""
        return join_tokens(tokens or self.ids_to_tokens(ids))

    def _tokenize(self, text: str, pre_tokenize: bool = True) -> list[str]:
        if pre_tokenize and self._pre_tokenize is not None:
            words = self._pre_tokenize(lowercase_and_normalize(text) if self._do_lower_case else text)
            pieces = ([word] if word in self._token_dict else self._tokenize(word, False) for word in words)
            return [piece for part in pieces for piece in part]
        if self._word_maxlen == wordpiece.LONGEST_WORD:
            return self._ours.tokenize(text)
        words = self._ours._normalizer.words(text)
        pieces = ([word] if len(word) > self._word_maxlen else self._ours.tokenize(word) for word in words)
        return [piece for part in pieces for piece in part]

    def rematch(self, text: str, tokens: Sequence[str]) -> list[list[int]]:
        """For each token of a text the places of its characters; none for special tokens."""
        characters, places = [], []
        for place, character in enumerate(text.lower() if self._do_lower_case else text):
            folded = lowercase_and_normalize(character) if self._do_lower_case else character
            kept = [ch for ch in folded if ch not in "\0\ufffd" and not self._is_control(ch)]
            characters.extend(kept)
            places.extend([place] * len(kept))
        whole, mapping, end = "".join(characters), [], 0
        for token in tokens:
            if self._is_special(token):
                mapping.append([])
                continue
            piece = self.stem(token)
            start = whole.index(piece, end)
            end = start + len(piece)
            mapping.append(places[start:end])
        return mapping

    @staticmethod
    def stem(token: str) -> str:
        """A token without its ##."""
        return token.removeprefix("##")

    @staticmethod
    def _is_space(ch: str) -> bool:
        return ch in " \n\r\t" or unicodedata.category(ch) == "Zs"

    _is_punctuation = staticmethod(is_punctuation)
    _is_cjk_character = staticmethod(is_cjk)

    @staticmethod
    def _is_control(ch: str) -> bool:
        return unicodedata.category(ch) in ("Cc", "Cf")

    @staticmethod
    def _is_special(token: str) -> bool:
        return bool(token) and token[0] == "[" and token[-1] == "]"

    @staticmethod
    def _is_redundant(token: str) -> bool:
        return len(token) > 1 and any(is_cjk(ch) or is_punctuation(ch) for ch in Tokenizer.stem(token))
