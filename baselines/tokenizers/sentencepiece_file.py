"""Reads a SentencePiece model, spiece.model and the like, without the sentencepiece package. Kudo, 2018, arXiv:1808.06226.

The file is a protocol buffer, ModelProto of github.com/google/sentencepiece: pieces with scores, and how texts are normalized.
"""

import dataclasses
import struct
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.protocol_buffers import Malformed, fields, number

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
UNIGRAM, BPE = "unigram", "bpe"
MODEL_TYPES = {1: UNIGRAM, 2: BPE, 3: "word", 4: "char"}
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3                                # fields of ModelProto


@dataclasses.dataclass(frozen=True)
class SentencePieceModel:
    """What a SentencePiece model holds.

    Attributes:
        pieces: Tokens in the order of their ids.
        scores: Of each piece, its log-probability; of BPE minus the rank of its merge.
        kinds: Of each piece NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED or BYTE.
        model_type: "unigram" or "bpe".
        charsmap: Normalization rules, compiled; empty without any.
        dummy_prefix: Whether a space is put ahead of a text.
        single_spaces: Whether spaces are removed at both ends, and several in a row become one.
        trailing_spaces: Whether the mark of a space is behind a word, or is a space itself.
    """

    pieces: list[str]
    scores: list[float]
    kinds: list[int]
    model_type: str
    charsmap: bytes
    dummy_prefix: bool
    single_spaces: bool
    trailing_spaces: bool = False

    def of_kind(self, *kinds: int) -> list[str]:
        """The pieces of these kinds."""
        return [piece for piece, kind in zip(self.pieces, self.kinds, strict=True) if kind in kinds]


def read_sentencepiece(path: str | Path) -> SentencePieceModel:
    """Reads a model.

    Raises:
        InputError: The file cannot be read, is corrupted, or has a model of words or characters.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}. Check the path.") from error
    try:
        model = _model(data)
    except (Malformed, IndexError, UnicodeDecodeError, struct.error) as error:
        raise InputError(f"{path}: not a SentencePiece model, or corrupted ({error}). Copy or download the file again.") from None
    if model.model_type not in (UNIGRAM, BPE):
        raise InputError(f"{path}: the model type is {model.model_type!r}. Choose a checkpoint with a unigram or bpe model.")
    if model.trailing_spaces:
        raise InputError(f"{path}: spaces behind words or written as spaces are not implemented. Choose another checkpoint.")
    if model.kinds.count(UNKNOWN) != 1 or len(set(model.pieces)) != len(model.pieces) or "" in model.pieces:
        raise InputError(f"{path}: {len(model.pieces)} pieces, of which {model.kinds.count(UNKNOWN)} unknown, or some twice. "
                         "Copy or download the file again.")  # fmt: skip
    return model


def _model(data):
    pieces, scores, kinds, trainer, normalizer = [], [], [], {}, {}
    for field, value in fields(data):
        if field == _PIECES:
            piece = dict(fields(value))
            pieces.append(_bytes(piece.get(1, b"")).decode("utf-8"))
            scores.append(struct.unpack("<f", struct.pack("<I", number(piece, 2)))[0])
            kinds.append(number(piece, 3, NORMAL))
        elif field == _TRAINER:
            trainer = dict(fields(value))
        elif field == _NORMALIZER:
            normalizer = dict(fields(value))
    kind = number(trainer, 3, 1)
    return SentencePieceModel(
        pieces, scores, kinds,
        model_type=MODEL_TYPES.get(kind, f"number {kind}"),
        charsmap=_bytes(normalizer.get(2, b"")),
        dummy_prefix=bool(number(normalizer, 3, 1)),
        single_spaces=bool(number(normalizer, 4, 1)),
        trailing_spaces=bool(number(trainer, 24) or not number(normalizer, 5, 1)),
    )  # fmt: skip


def _bytes(value):
    if not isinstance(value, bytes):
        raise Malformed("a number where bytes should be")
    return value
