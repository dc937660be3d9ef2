"""Reads a tokenizer.json with a unigram or byte-pair model, whoever wrote it."""

from pathlib import Path

from baselines.errors import InputError
from baselines.storage.json_files import read_json_object
from baselines.tokenizers.byte_pair import BytePair
from baselines.tokenizers.conventions import CONVENTIONS, END_OF_TEXT, FAMILIES
from baselines.tokenizers.joined_words import BY_NAME
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.stages import Stages
from baselines.tokenizers.subwords import Subwords
from baselines.tokenizers.token_bytes import letter_of
from baselines.tokenizers.tokenizer_json import row_format_of
from baselines.tokenizers.unigram import Unigram
from baselines.tokenizers.vocabulary import Roles, Vocabulary

_AGAIN = "Copy or download the file again."
_ADDED_OPTIONS = ("single_word", "lstrip", "rstrip", "normalized")
_BPE_OPTIONS = ("unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges")


def read_tokenizer_json(path: Path, content: dict, config: dict, model_config: dict) -> Subwords:
    """The Subwords of a tokenizer.json.

    Args:
        path: The file.
        content: What is in it.
        config: tokenizer_config.json, or {}.
        model_config: config.json, or {}.

    Raises:
        InputError: A part is missing or not of its kind, or the ids have gaps.
    """
    try:
        return _read(path, content, config, model_config)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: a part is missing or corrupted ({type(error).__name__}: {str(error)[:60]}). {_AGAIN}") from None


def _read(path, content, config, model_config):
    model, entries = content["model"], content.get("added_tokens") or []
    ids = _model_ids(model)
    added = {entry["content"]: entry for entry in entries}
    ids.update({token: entry["id"] for token, entry in added.items()})
    if sorted(ids.values()) != list(range(len(ids))):
        raise InputError(f"{path}: the ids are not 0 to {len(ids) - 1}, each once. {_AGAIN}")
    tokens = sorted(ids, key=ids.get)
    row_format = row_format_of(content.get("post_processor"))
    special = {token for token, entry in added.items() if entry.get("special")}
    unknown = _unknown(model, tokens)
    special |= {unknown} if unknown else set()
    names, usual = _special_names(path.parent, config), _usual(config, model_config)
    roles, row_format = _roles(names, row_format, unknown, tokens, special, usual)
    special |= {name for name in (roles.start, roles.end, roles.mask) if name in ids}
    plain = {token: entry for token, entry in added.items() if token not in special}
    options = {token: {name: True for name in _ADDED_OPTIONS if entry.get(name)} for token, entry in plain.items()}
    options = {token: chosen for token, chosen in options.items() if chosen}
    vocabulary = Vocabulary(tokens, plain, None, path, roles, special)
    stages = Stages(content.get("normalizer"), content.get("pre_tokenizer"), content.get("decoder"))
    return Subwords(vocabulary, row_format, _pieces(model, tokens, vocabulary.unk_id), stages, options, _words(path, config))


def _is_unigram(model):
    return isinstance(model["vocab"], list)


def _model_ids(model):
    if _is_unigram(model):
        return {piece: number for number, (piece, _) in enumerate(model["vocab"])}
    return dict(model["vocab"])


def _unknown(model, tokens):
    """The name of the unknown token; None without one."""
    if _is_unigram(model):
        return None if model.get("unk_id") is None else model["vocab"][model["unk_id"]][0]
    return model.get("unk_token")


def _pieces(model, tokens, unk_id):
    if _is_unigram(model):
        scores = {piece: float(score) for piece, score in model["vocab"]}
        return Unigram([scores.get(token, 0.0) for token in tokens], unk_id, bool(model.get("byte_fallback")))
    merges = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"]]
    if any(len(pair) != 2 or not all(isinstance(part, str) for part in pair) for pair in merges):
        raise ValueError("a merge is not a pair of tokens")
    return BytePair(merges, tuple((name, model[name]) for name in _BPE_OPTIONS if model.get(name) is not None))


def _special_names(folder, config):
    """{"pad_token": name, …} of special_tokens_map.json and tokenizer_config.json, the latter first."""
    path = folder / "special_tokens_map.json"
    names = {**(read_json_object(path) if path.is_file() else {}), **config}
    names = {key: value.get("content") if isinstance(value, dict) else value for key, value in names.items()}
    return {key: value for key, value in names.items() if key.endswith("_token") and isinstance(value, str)}


def _usual(config, model_config):
    """The convention of the folder's class or family, or None."""
    name = (config.get("tokenizer_class") or "").removesuffix("Fast")
    return CONVENTIONS.get(name) or CONVENTIONS.get(FAMILIES.get(model_config.get("model_type"), ""))


def _roles(names, row_format, unknown, tokens, special, usual):
    """(Roles, RowFormat): the post-processor's, else those of the names, else the usual ones."""
    def first(*candidates):
        return next((name for name in candidates if name in tokens), None)

    if usual is not None and (row_format is None or usual.words):       # CPM's files have the rows of XLNet, which it never saw
        row_format = usual.row_format if {*usual.row_format.start, *usual.row_format.end} <= set(tokens) else row_format
    start = row_format.start[0] if row_format and row_format.start else None
    if row_format is None:
        start = first(names.get("cls_token"), names.get("bos_token"))
    ends, usual_ends = (names.get("eos_token"), names.get("sep_token")), ("</s>", END_OF_TEXT, "[SEP]", unknown)
    if row_format and row_format.end:
        end = next((name for name in ends if name in row_format.end), row_format.end[-1])
    else:
        end = first(*ends, *usual_ends)
    if end is None:
        raise ValueError("no eos_token or sep_token in tokenizer_config.json")
    if row_format is None:
        row_format = RowFormat((start,) if start else (), (end,), (end,), segments=False)
    unknown = first(unknown, names.get("unk_token"), "<unk>", "[UNK]") or end
    framing = {*row_format.start, *row_format.between, *row_format.end}
    mask = first(names.get("mask_token"), "[MASK]", "<mask>")
    pad = first(names.get("pad_token"), "<pad>", "[PAD]")
    if pad is None or pad in framing:                                   # padding is masked: what a row has cannot be padding
        spare = [letter_of(0xFF), *sorted(special - framing - {mask, unknown}), unknown]
        pad = first(*spare)
    return Roles(pad, unknown, end, start, mask), row_format


def _words(path, config):
    name = config.get("pre_tokenizer")
    if name is None and (config.get("tokenizer_class") or "").startswith("CpmTokenizer"):
        name = "cpm"
    if name is not None and name not in BY_NAME:
        raise InputError(f"{path}: saved with the pre-tokenizer {name}, which is not part of this library. "
                         "Pass the function: pre_tokenizer=….")  # fmt: skip
    return BY_NAME.get(name)
