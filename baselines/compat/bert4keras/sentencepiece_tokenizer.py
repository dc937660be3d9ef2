"""bert4keras' SpTokenizer: a SentencePiece model, as T5 and mT5 have it, without the sentencepiece package."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from baselines.compat.bert4keras.tokenizer_parts import TokenizerBase
from baselines.tokenizers.sentencepiece_file import CONTROL, UNUSED, read_sentencepiece
from baselines.tokenizers.vendor_files import read_pieces

UNKNOWN_SURFACE = " \u2047 "
"""What SentencePiece writes for the unknown piece."""
_PADS = ("<pad>", "[PAD]")


class SpTokenizer(TokenizerBase):
    """Tokens are the pieces of a SentencePiece model.

    sp_model_path     the model: spiece.model, sentencepiece_cn.model
    token_start ...   as Tokenizer's; T5 has token_start=None, token_end="</s>"
    pre_tokenize      text -> words, which are joined by spaces
    """

    def __init__(self, sp_model_path: Any, **kwargs: Any):
        super().__init__(**kwargs)
        path = Path(sp_model_path)
        self._model = read_pieces(path)
        kinds, vocabulary = read_sentencepiece(path), self._model.vocabulary
        self._unknown, self._vocab_size = vocabulary.unk_id, len(vocabulary)
        self._silent = {vocabulary.ids[piece] for piece in kinds.of_kind(CONTROL, UNUSED)}
        self._token_unk = vocabulary.roles.unknown
        self._token_pad = next((name for name in _PADS if name in vocabulary), self._token_pad)
        for name in ("pad", "unk", "mask", "start", "end"):
            token = getattr(self, f"_token_{name}")
            if token is not None:
                setattr(self, f"_token_{name}_id", self.token_to_id(token))

    def token_to_id(self, token: str) -> int:
        """The id of a piece, or that of the unknown one."""
        return self._model.vocabulary.ids.get(token, self._unknown)

    def id_to_token(self, i: int) -> str:
        """The piece of an id; "" beyond the model's pieces."""
        return self._model.vocabulary.tokens[i] if i < self._vocab_size else ""

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of ids; control pieces are left out."""
        parts, run = [], []
        for token in self.ids_to_tokens(ids):
            index = self.token_to_id(self._token_translate_inv.get(token) or token) if token else None
            if index == self._unknown:
                parts += [self._text(run, not parts), UNKNOWN_SURFACE]
                run = []
            elif index is not None and index not in self._silent:
                run.append(index)
        return "".join([*parts, self._text(run, not parts)])

    def _text(self, ids, first):
        """A run of pieces as text; SentencePiece drops a space at the very beginning only."""
        text = self._model.decode(ids)
        spaced = bool(ids) and self.id_to_token(ids[0]).startswith("▁")
        return text if first or not spaced or text.startswith(" ") else f" {text}"

    def _tokenize(self, text: str) -> list[str]:
        return self._model.tokenize(text if self._pre_tokenize is None else " ".join(self._pre_tokenize(text)))

    def _is_special(self, i: int) -> bool:
        return i in self._silent or i == self._unknown

    def _is_decodable(self, i: int) -> bool:
        return i < self._vocab_size and not self._is_special(i)
