"""Vocabularies as their vendors publish them: a SentencePiece model, or vocab.json and merges.txt. conventions.py says the rest."""

import base64
import dataclasses
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.json_files import read_json_object
from baselines.tokenizers.byte_pair import BytePair
from baselines.tokenizers.conventions import Convention, convention
from baselines.tokenizers.joined_words import BY_NAME
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.sentencepiece_file import (
    BPE,
    BYTE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    UNUSED,
    USER_DEFINED,
    SentencePieceModel,
    read_sentencepiece,
)
from baselines.tokenizers.stages import LOWERCASE, Stages
from baselines.tokenizers.subwords import Subwords
from baselines.tokenizers.token_bytes import MARK, letter_of
from baselines.tokenizers.unigram import Unigram
from baselines.tokenizers.vocabulary import Roles, Vocabulary

NAMES = ("spiece.model", "sentencepiece.bpe.model", "spm.model", "sentencepiece.model", "tokenizer.model")
"""Usual names of a SentencePiece model."""


def sentencepiece_file(folder: Path) -> Path | None:
    """The SentencePiece model of a folder: of a usual name, or the only *.model; None without one."""
    usual = [folder / name for name in NAMES if (folder / name).is_file()]
    others = sorted(folder.glob("*.model"))
    return usual[0] if usual else others[0] if len(others) == 1 else None


def read_sentencepiece_model(path: Path, config: dict, model_config: dict) -> Subwords:
    """The Subwords of a SentencePiece model.

    Args:
        path: The model's file.
        config: tokenizer_config.json, or {}.
        model_config: config.json, or {}.

    Raises:
        InputError: The file is corrupted, or its convention is unknown.
    """
    model = read_sentencepiece(path)
    _, rules = convention(config.get("tokenizer_class"), model_config.get("model_type"), path.name, model.pieces, str(path))
    return _subwords(path, model, rules, config, model_config)


def read_pieces(path: Path) -> Subwords:
    """The Subwords of a SentencePiece model without a convention: its pieces, their ids, and no special tokens around texts.

    Raises:
        InputError: The file is corrupted.
    """
    model = read_sentencepiece(path)
    (unknown,) = model.of_kind(UNKNOWN)
    return _subwords(path, model, Convention(Roles(unknown, unknown, unknown, None, None), RowFormat((), (), ())), {}, {})


def _subwords(path, model, rules, config, model_config):
    tokens, scores, symbols = list(model.pieces), list(model.scores), model.of_kind(USER_DEFINED)
    if model.model_type != BPE:
        scores, symbols = _with_symbols(model), []
    if rules.comma_penalty:
        scores = [score - rules.comma_penalty * _ends_number(piece) for piece, score in zip(tokens, scores, strict=True)]
    special = set(model.of_kind(CONTROL, UNUSED))
    if rules.fairseq:
        tokens[:3], scores[:3] = ["<s>", "<pad>", "</s>", "<unk>"], [0.0] * 4
    extra = [f"<extra_id_{number}>" for number in reversed(range(config.get("extra_ids", rules.extra_ids)))]
    if "<extra_id_0>" in tokens or len(tokens) + len(extra) > model_config.get("vocab_size", len(tokens) + len(extra)):
        extra = []
    new = [token for token in (*extra, *rules.appended) if token not in tokens]
    tokens, scores = [*tokens, *new], [*scores, *[0.0] * len(new)]
    roles = rules.roles
    vocabulary = Vocabulary(
        tokens, [symbol for symbol in symbols if symbol not in roles.names], None, path, roles,
        special | {*new, *roles.names} | {token for token in tokens if token.removeprefix(MARK).startswith("<extra_id_")},
    )  # fmt: skip
    pieces = Unigram(scores, vocabulary.unk_id, BYTE in model.kinds)
    if model.model_type == BPE:
        pieces = _byte_pair(model, roles.unknown)
    return Subwords(vocabulary, rules.row_format, pieces, _stages(model, rules, config), {}, BY_NAME.get(rules.words))


def read_byte_level(folder: Path, config: dict, model_config: dict) -> Subwords:
    """The Subwords of vocab.json and merges.txt, GPT's and GPT-2's.

    Raises:
        InputError: A file is missing or corrupted.
    """
    path, merges_path = folder / "vocab.json", folder / "merges.txt"
    ids = read_json_object(path)
    if sorted(value for value in ids.values() if type(value) is int) != list(range(len(ids))):
        raise InputError(f"{path}: the ids are not 0 to {len(ids) - 1}, each once. Copy or download the file again.")
    if not merges_path.is_file():
        raise InputError(f"{folder}: vocab.json needs merges.txt, which is not beside it. Copy or download it too.")
    tokens = sorted(ids, key=ids.get)
    _, rules = convention(config.get("tokenizer_class"), model_config.get("model_type"), path.name, tokens, str(path))
    roles = with_padding(rules.roles, tokens)
    special = {name for name in roles.names if name in ids and len(name) > 1}
    vocabulary = Vocabulary(tokens, (), None, path, roles, special)
    options = (("unk_token", rules.roles.unknown), ("end_of_word_suffix", rules.suffix)) if rules.suffix else ()
    return Subwords(vocabulary, rules.row_format, BytePair(_merges(merges_path), options), _word_stages(rules, config))


def with_padding(roles, tokens):
    """Roles whose padding is a token: a vocabulary without one pads with a byte that no UTF-8 text has."""
    return roles if roles.pad in tokens else dataclasses.replace(roles, pad=letter_of(0xFF))


def _word_stages(rules, config):
    """Bytes, as GPT-2 has them, or the words of BERT, as the first GPT."""
    if rules.suffix:
        case = {"lowercase": True, "strip_accents": True, "clean_text": True, "handle_chinese_chars": True}
        decoder = {"type": "BPEDecoder", "suffix": rules.suffix}
        return Stages({"type": "BertNormalizer", **case}, {"type": "BertPreTokenizer"}, decoder)
    prefix = bool(config.get("add_prefix_space", False))
    stage = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": True}
    return Stages(None, stage, stage)


def _merges(path):
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8: {error}. Copy or download the file again.") from None
    if lines[0].startswith("#version"):
        del lines[0]
    pairs = [tuple(line.split(" ")) for line in lines if line.strip()]
    wrong = next((pair for pair in pairs if len(pair) != 2), None)
    if wrong is not None:
        raise InputError(f"{path}: {' '.join(wrong)[:60]!r} is not a pair of tokens. Copy or download the file again.")
    return pairs


def _byte_pair(model: SentencePieceModel, unknown: str) -> BytePair:
    """The merges that a SentencePiece BPE model implies: each cut of a piece into two others, the best piece first."""
    ranks = {piece: score for piece, score in zip(model.pieces, model.scores, strict=True)}
    merges = []
    for piece, score in ranks.items():
        cuts = [(piece[:place], piece[place:]) for place in range(1, len(piece))]
        merges += [(score, pair) for pair in cuts if pair[0] in ranks and pair[1] in ranks]
    merges.sort(key=lambda merge: -merge[0])
    options = (("unk_token", unknown), ("fuse_unk", True), ("byte_fallback", BYTE in model.kinds))
    return BytePair([pair for _, pair in merges], options)


def _with_symbols(model):
    """Scores, in which those of user-defined symbols are so high that no other cut is likelier, as SentencePiece computes them."""
    best = max((score for score, kind in zip(model.scores, model.kinds, strict=True) if kind == NORMAL), default=0.0)
    return [best * len(piece) - 0.1 if kind == USER_DEFINED else score
            for piece, score, kind in zip(model.pieces, model.scores, model.kinds, strict=True)]  # fmt: skip


def _ends_number(piece):
    return len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit()


def _stages(model: SentencePieceModel, rules: Convention, config: dict) -> Stages:
    normalizers = []
    if rules.quotes_and_accents:
        normalizers += [{"type": "Replace", "pattern": {"String": quotes}, "content": '"'} for quotes in ("``", "''")]
        if not config.get("keep_accents", False):
            normalizers += [{"type": "NFKD"}, {"type": "StripAccents"}]
    if config.get("do_lower_case", rules.lower_case):
        normalizers.append(LOWERCASE)
    if model.charsmap:
        normalizers.append({"type": "Precompiled", "precompiled_charsmap": base64.b64encode(model.charsmap).decode("ascii")})
    if model.single_spaces:
        normalizers.append({"type": "Strip", "strip_left": True, "strip_right": True})
        normalizers.append({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    metaspace = {
        "type": "Metaspace", "replacement": MARK, "prepend_scheme": "always" if model.dummy_prefix else "never",
        "split": not any(MARK in piece[1:] for piece in model.pieces),
    }  # fmt: skip
    return Stages({"type": "Sequence", "normalizers": normalizers} if normalizers else None, metaspace, metaspace)
