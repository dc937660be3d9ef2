"""The tokenizer's files in a checkpoint folder, laid out like a Hugging Face one.

vocab.txt                the tokens; without it they are read from tokenizer.json
tokenizer.json           the whole tokenizer for the `tokenizers` library and transformers' AutoTokenizer
tokenizer_config.json    {"do_lower_case": true, "tokenizer_class": "BertTokenizer", …}
added_tokens.json        {token: id}, when there are added tokens
"""

import pathlib

import tokenizers
from tokenizers import decoders, normalizers, pre_tokenizers, processors

from baselines.errors import InputError, nearest
from baselines.storage.atomic_files import atomic_write
from baselines.storage.checkpoint_paths import folder_of
from baselines.storage.json_files import read_json_object, write_json_object
from baselines.tokenizers.vocabulary import END, MASK, PAD, SPECIAL_TOKENS, START, UNKNOWN, Vocabulary

JIEBA = "jieba"
CHARACTERS = (
    "BertTokenizer", "ElectraTokenizer", "DistilBertTokenizer", "MobileBertTokenizer", "ErnieTokenizer", "NezhaTokenizer",
    "AlbertTokenizer", "DebertaV2Tokenizer",
)  # fmt: skip
"""Classes that cut texts as BERT does, all ideographs apart."""
WORDS = ("RoFormerTokenizer", "WoBertTokenizer")
"""Classes that cut texts into jieba's words first."""
GENERIC = ("PreTrainedTokenizer", "TokenizersBackend")
"""Classes that do what tokenizer.json says."""


def read(folder: str | pathlib.Path) -> tuple[Vocabulary, dict[str, object]]:
    """Reads the files of a folder.

    Returns:
        The vocabulary, and the settings {"lower_case": bool, "pre_tokenizer": name or None}.

    Raises:
        InputError: A file is missing or corrupted, or the tokenizer is not BERT's.
    """
    folder = folder_of(folder)
    config_path = folder / "tokenizer_config.json"
    config = read_json_object(config_path) if config_path.is_file() else {}
    _check_roles(config_path, config)
    settings = {
        "lower_case": _lower_case(config_path, config, "do_lower_case", "tokenize_chinese_chars"),
        "pre_tokenizer": _pre_tokenizer(config_path, config, folder),
    }
    tokens, whole = vocabulary_file(folder), folder / "tokenizer.json"
    if tokens is not None:
        return _with_added(Vocabulary.from_file(tokens), *_added_tokens(folder)), settings
    if not whole.is_file():
        found = _listing(folder)
        raise InputError(f"{folder}: no vocab.txt, tokenizer.json, SentencePiece model or vocab.json ({found}). Check the path.")
    content = read_json_object(whole)
    vocabulary = _vocabulary(whole, content)
    if config.get("do_lower_case") is None:
        settings["lower_case"] = _lower_case(whole, content["normalizer"], "lowercase", "handle_chinese_chars")
    return vocabulary, settings


def vocabulary_file(folder: str | pathlib.Path) -> pathlib.Path | None:
    """vocab.txt, or, where there is no tokenizer.json either, the only other file whose name says so; None without one."""
    folder = pathlib.Path(folder)
    if (folder / "vocab.txt").is_file():
        return folder / "vocab.txt"
    others = sorted(folder.glob("*vocab*.txt"))
    return others[0] if len(others) == 1 and not (folder / "tokenizer.json").is_file() else None


def write(
    folder: str | pathlib.Path, vocabulary: Vocabulary, lower_case: bool, longest_word: int, pre_tokenizer: str | None = None
) -> None:
    """Writes the files above. transformers reads them as a BertTokenizer, or a RoFormerTokenizer for jieba's words.

    Args:
        longest_word: Characters of a word beyond which it is unknown.
        pre_tokenizer: Name of the function that cuts texts into words, or None.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder / "vocab.txt")
    with atomic_write(folder / "tokenizer.json", "w") as file:
        file.write(_hugging_face(vocabulary, lower_case, longest_word).to_str(pretty=True))
    config = {
        "tokenizer_class": "RoFormerTokenizer" if pre_tokenizer == JIEBA else "BertTokenizer",
        "do_lower_case": lower_case,
        "strip_accents": lower_case,
        "tokenize_chinese_chars": True,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "cls_token": START,
        "sep_token": END,
    }
    if MASK in vocabulary:
        config["mask_token"] = MASK
    if pre_tokenizer:
        config["pre_tokenizer"] = pre_tokenizer
    write_json_object(folder / "tokenizer_config.json", config)
    if vocabulary.added:
        added = {token: vocabulary.ids[token] for token in vocabulary.added}
        write_json_object(folder / "added_tokens.json", added)
    else:
        (folder / "added_tokens.json").unlink(missing_ok=True)


def word_piece(vocabulary: Vocabulary, longest_word: int) -> tokenizers.models.WordPiece:
    """Greedy longest-match pieces of single words (Wu et al., 2016, arXiv:1609.08144), by the `tokenizers` library."""
    return tokenizers.models.WordPiece(vocabulary.ids, unk_token=UNKNOWN, max_input_chars_per_word=longest_word)


def _hugging_face(vocabulary, lower_case, longest_word):
    tokenizer = tokenizers.Tokenizer(word_piece(vocabulary, longest_word))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case, strip_accents=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START}:0 $A:0 {END}:0",
        pair=f"{START}:0 $A:0 {END}:0 $B:1 {END}:1",
        special_tokens=[(START, vocabulary.cls_id), (END, vocabulary.sep_id)],
    )
    tokenizer.add_special_tokens([token for token in SPECIAL_TOKENS if token in vocabulary])
    tokenizer.add_tokens([tokenizers.AddedToken(token, normalized=False) for token in vocabulary.added])
    return tokenizer


def _vocabulary(path, content):
    model, normalizer, pre_tokenizer = (_object(path, content, key) for key in ("model", "normalizer", "pre_tokenizer"))
    expected = {
        "model": ("WordPiece", model.get("type")),
        "prefix of a word's later pieces": ("##", model.get("continuing_subword_prefix")),
        "normalizer": ("BertNormalizer", normalizer.get("type")),
        "pre_tokenizer": ("BertPreTokenizer", pre_tokenizer.get("type")),
    }
    for part, (name, received) in expected.items():
        if received != name:
            raise InputError(f"{path}: the {part} is {received!r}, not BERT's {name!r}. Choose another checkpoint.")
    ids, added = _ids(path, _object(path, model, "vocab")), _added_entries(path, content)
    ids.update({token: index for token, index, _ in added})
    if sorted(ids.values()) != list(range(len(ids))):
        raise InputError(f"{path}: the ids are not 0 to {len(ids) - 1}, each once. Copy or download the file again.")
    return Vocabulary(sorted(ids, key=ids.get), [token for token, _, special in added if not special], None, path)


def _object(path, content, key):
    value = content.get(key)
    if value is not None and not isinstance(value, dict):
        raise InputError(f"{path}: {key!r} must be an object. Received: {type(value).__name__}. Copy or download the file again.")
    return value or {}


def _ids(path, ids):
    """A copy of {token: id}, checked."""
    for token, index in ids.items():
        if type(index) is not int:
            raise InputError(f"{path}: the id of {token!r} must be an integer. Received: {str(index)[:40]!r}. Correct the file.")
    return dict(ids)


def _added_entries(path, content):
    """[(token, id, whether it is special)] of tokenizer.json's added tokens."""
    entries = content.get("added_tokens") or []
    if not isinstance(entries, list) or any(not isinstance(each, dict) or type(each.get("content")) is not str for each in entries):
        raise InputError(f'{path}: "added_tokens" must be a list of {{"id": …, "content": …}}. Copy or download the file again.')
    _ids(path, {each["content"]: each.get("id") for each in entries})
    return [(each["content"], each["id"], bool(each.get("special"))) for each in entries]


def _added_tokens(folder):
    """({token: id} besides vocab.txt, their file): those of added_tokens.json, or else of tokenizer.json."""
    path = folder / "added_tokens.json"
    if path.is_file():
        return _ids(path, read_json_object(path)), path
    path = folder / "tokenizer.json"
    if not path.is_file():
        return {}, path
    return {token: index for token, index, special in _added_entries(path, read_json_object(path)) if not special}, path


def _lower_case(path, settings, name, ideographs):
    values = {key: settings.get(key) for key in (name, "strip_accents", ideographs)}
    for key, value in values.items():
        if value is not None and not isinstance(value, bool):
            raise InputError(f"{path}: {key} must be true or false. Received: {str(value)[:40]!r}. Correct the file.")
    lower_case = True if values[name] is None else values[name]
    if values["strip_accents"] not in (None, lower_case) or values[ideographs] is False:
        raise InputError(
            f"{path}: strip_accents={values['strip_accents']} with {name}={lower_case}, {ideographs}={values[ideographs]} is not "
            f"implemented. BERT has strip_accents as {name}, and {ideographs}=True: choose another checkpoint."
        )
    return lower_case


def _check_roles(path, config):
    """Raises InputError for a special token that is neither text nor {"content": text, …}."""
    for key in ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"):
        value = config.get(key)
        value = value.get("content") if isinstance(value, dict) else value
        if value is not None and not isinstance(value, str):
            raise InputError(f'{path}: {key} must be text or {{"content": text}}. Received: {str(value)[:40]!r}. Correct the file.')


def _pre_tokenizer(path, config, folder):
    """The name in `config` of the function that cuts texts into words, or None."""
    named, kind = config.get("pre_tokenizer"), config.get("tokenizer_class")
    for key, value in (("pre_tokenizer", named), ("tokenizer_class", kind)):
        if value is not None and not isinstance(value, str):
            raise InputError(f"{path}: {key} must be a string. Received: {str(value)[:40]!r}. Correct the file.")
    family = (kind or CHARACTERS[0]).removesuffix("Fast")
    known = [*CHARACTERS, *WORDS]
    if family in GENERIC:
        if not (folder / "tokenizer.json").is_file():
            raise InputError(f"{path}: {kind} needs tokenizer.json, which is not beside it. Copy or download it too.")
        _vocabulary(folder / "tokenizer.json", read_json_object(folder / "tokenizer.json"))
    elif family not in known:
        raise InputError(f"{path}: tokenizer_class {kind} is not implemented. {nearest(family, known)}")
    return named or (JIEBA if family in WORDS else None)


def _with_added(vocabulary, added, path):
    new = [token for token in sorted(added, key=added.get) if token not in vocabulary]
    tokens = [*vocabulary.tokens, *new]  # transformers does not write them into vocab.txt
    for token, index in added.items():
        if not 0 <= index < len(tokens) or tokens[index] != token:
            raise InputError(
                f"{path}: the id of {token!r} is {index}. It must be that of its line in vocab.txt or, for tokens that are not "
                f"there, {len(vocabulary)} and up without a gap."
            )
    return Vocabulary(tokens, [token for token in added if token not in SPECIAL_TOKENS], None, vocabulary.origin)


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    return ", ".join(sorted(path.name for path in folder.iterdir())[:20]) or "an empty folder"
