"""Which tokenizer a checkpoint folder holds: the files decide, tokenizer_config.json where they leave a choice.

vocab.txt                                     WordPiece, see wordpiece_files.py
tokenizer.json                                WordPiece, unigram or byte-pair encoding, as its model's type says
spiece.model, sentencepiece.bpe.model, …      SentencePiece, see vendor_files.py
vocab.json and merges.txt                     byte-level byte-pair encoding
"""

from collections.abc import Callable
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.checkpoint_paths import folder_of, local_path
from baselines.storage.json_files import read_json_object
from baselines.tokenizers import wordpiece_files
from baselines.tokenizers.conventions import BYTE_LEVEL, FAMILIES, SENTENCEPIECE
from baselines.tokenizers.joined_words import BY_NAME, JoinedWords
from baselines.tokenizers.subword_files import read_tokenizer_json
from baselines.tokenizers.subword_model import SubwordModel
from baselines.tokenizers.vendor_files import NAMES, read_byte_level, read_sentencepiece_model, sentencepiece_file
from baselines.tokenizers.wordpiece import read_wordpiece

MODELS = ("WordPiece", "Unigram", "BPE")
"""Model types of a tokenizer.json that are implemented."""
TYPES = {
    str: (("tokenizer_class", "pre_tokenizer", "model_type"), "a string"),
    bool: (("do_lower_case", "keep_accents", "add_prefix_space"), "true or false"),
    int: (("extra_ids", "vocab_size"), "a number of tokens"),
}
"""Type -> (keys of tokenizer_config.json and config.json, how a message calls it)."""
EITHER = ("AlbertTokenizer", "DebertaV2Tokenizer")
"""Classes of SentencePiece whose Chinese models have BERT's vocab.txt."""


def has_tokenizer(folder: str | Path) -> bool:
    """Whether a folder holds the files of a tokenizer."""
    folder = Path(folder)
    files = any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json"))
    return files or bool(wordpiece_files.vocabulary_file(folder) or sentencepiece_file(folder))


def read(
    folder: str | Path, lower_case: bool | None = None, pre_tokenizer: str | Callable[[str], list[str]] | None = None
) -> SubwordModel:
    """The SubwordModel of a folder, of the TensorFlow prefix of weights in it, or of a hub's name; see `Tokenizer.from_folder`."""
    folder = folder_of(local_path(folder, weights=False))
    model = _subwords(folder)
    if model is None:
        return read_wordpiece(folder, lower_case, pre_tokenizer)
    words = model.words if pre_tokenizer is None else _words(pre_tokenizer)
    return model.with_options(lower_case, words)


def _subwords(folder):
    """The Subwords of a folder; None for a folder of BERT's, or without a tokenizer."""
    config, model_config = (_checked(folder / name) for name in ("tokenizer_config.json", "config.json"))
    name, family = config.get("tokenizer_class", "").removesuffix("Fast"), model_config.get("model_type")
    bert = wordpiece_files.vocabulary_file(folder) and (name in EITHER or name not in (*SENTENCEPIECE, *BYTE_LEVEL))
    if bert and not (name in EITHER and sentencepiece_file(folder)):
        return None
    whole, pieces = folder / "tokenizer.json", sentencepiece_file(folder)
    if whole.is_file():
        content = read_json_object(whole)
        kind = _model_type(whole, content)
        if kind != MODELS[0]:
            return read_tokenizer_json(whole, content, config, model_config)
    elif pieces:
        return read_sentencepiece_model(pieces, config, model_config)
    elif (folder / "vocab.json").is_file():
        return read_byte_level(folder, config, model_config)
    elif (name in SENTENCEPIECE or FAMILIES.get(family) in SENTENCEPIECE) and not bert:
        raise InputError(f"{folder}: no SentencePiece model ({', '.join(NAMES[:3])}) or tokenizer.json. Copy or download it too.")
    elif name in BYTE_LEVEL:
        raise InputError(f"{folder}: {name} reads vocab.json and merges.txt, or tokenizer.json. Copy or download them too.")
    return None


def _model_type(path, content):
    """The model type of a tokenizer.json. Raises InputError for one that is not implemented."""
    model = content.get("model")
    if not isinstance(model, dict):
        return MODELS[0]                                                # the reader of WordPiece names what is wrong
    kind = model.get("type") or ("BPE" if "merges" in model else "Unigram" if isinstance(model.get("vocab"), list) else MODELS[0])
    if kind not in MODELS:
        raise InputError(f"{path}: the model {str(kind)[:40]!r} is not implemented. Choose a tokenizer with {' or '.join(MODELS)}.")
    return kind


def _checked(path):
    """The object in a file, without nulls; {} without the file. Raises InputError for a value of a wrong type."""
    content = read_json_object(path) if path.is_file() else {}
    for kind, (keys, told) in TYPES.items():
        for key in keys:
            value = content.get(key)
            if value is not None and type(value) is not kind or kind is int and value is not None and value < 0:
                raise InputError(f"{path}: {key} must be {told}. Received: {str(value)[:40]!r}. Correct the file.")
    return {key: value for key, value in content.items() if value is not None}


def _words(pre_tokenizer):
    """JoinedWords of a name or a function; None for "none"."""
    if callable(pre_tokenizer):
        return JoinedWords(getattr(pre_tokenizer, "__qualname__", "function"), pre_tokenizer)
    if pre_tokenizer not in (*BY_NAME, "none"):
        raise InputError(f"pre_tokenizer {pre_tokenizer!r} is unknown. Choose {', '.join(BY_NAME)} or none.")
    return BY_NAME.get(pre_tokenizer)
