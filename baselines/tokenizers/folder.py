"""The tokenizer's files in a checkpoint folder, laid out like a Hugging Face one.

vocab.txt                the tokens; without it they are read from tokenizer.json
tokenizer.json           the whole tokenizer for the `tokenizers` library and transformers' AutoTokenizer
tokenizer_config.json    {"do_lower_case": true, "tokenizer_class": "BertTokenizer", …}
added_tokens.json        {token: id}, when there are added tokens
"""

import json
import pathlib

import tokenizers
from tokenizers import decoders, normalizers, pre_tokenizers, processors

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write
from baselines.tokenizers.vocabulary import END, MASK, PAD, SPECIAL_TOKENS, START, UNKNOWN, Vocabulary


def read(folder):
    """(vocabulary, settings) of a folder; settings: lower_case, and the name of the pre_tokenizer or None."""
    folder = pathlib.Path(folder)
    config = _read_json(folder / "tokenizer_config.json", missing={})
    settings = {
        "lower_case": _lower_case(folder / "tokenizer_config.json", config, "do_lower_case", "tokenize_chinese_chars"),
        "pre_tokenizer": config.get("pre_tokenizer"),
    }
    if (folder / "vocab.txt").is_file():
        added = _read_json(folder / "added_tokens.json", missing={})
        vocabulary = Vocabulary.from_file(folder / "vocab.txt")
        return _with_added(vocabulary, added, folder / "added_tokens.json"), settings
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise InputError(f"{folder}: expected vocab.txt or tokenizer.json. Received: {_listing(folder)}")
    content = _read_json(path)
    vocabulary = _vocabulary(path, content)
    if "do_lower_case" not in config:
        settings["lower_case"] = _lower_case(path, content["normalizer"], "lowercase", "handle_chinese_chars")
    return vocabulary, settings


def write(folder, vocabulary, lower_case, longest_word, pre_tokenizer=None):
    """Write the files above. transformers reads them as a BertTokenizerFast."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder / "vocab.txt")
    with atomic_write(folder / "tokenizer.json", "w") as file:
        file.write(_hugging_face(vocabulary, lower_case, longest_word).to_str(pretty=True))
    config = {
        "tokenizer_class": "BertTokenizer",
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
    _write_json(folder / "tokenizer_config.json", config)
    if vocabulary.added:
        added = {token: vocabulary.ids[token] for token in vocabulary.added}
        _write_json(folder / "added_tokens.json", added)
    else:
        (folder / "added_tokens.json").unlink(missing_ok=True)


def word_piece(vocabulary, longest_word):
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
    model, normalizer = content.get("model", {}), content.get("normalizer") or {}
    expected = {
        "model": ("WordPiece", model.get("type")),
        "prefix of a word's later pieces": ("##", model.get("continuing_subword_prefix")),
        "normalizer": ("BertNormalizer", normalizer.get("type")),
        "pre_tokenizer": ("BertPreTokenizer", (content.get("pre_tokenizer") or {}).get("type")),
    }
    for part, (name, received) in expected.items():
        if received != name:
            raise InputError(f"{path}: expected the {part} {name}, as BERT's. Received: {received}")
    ids = dict(model["vocab"])
    added = content.get("added_tokens", [])
    ids.update({token["content"]: token["id"] for token in added})
    if sorted(ids.values()) != list(range(len(ids))):
        raise InputError(f"{path}: expected ids 0 to {len(ids) - 1}, each once. Received: a gap or a repeated id.")
    return Vocabulary(sorted(ids, key=ids.get), [t["content"] for t in added if not t.get("special")], None, path)


def _lower_case(path, settings, name, ideographs):
    lower_case = settings.get(name, True)
    if settings.get("strip_accents") not in (None, lower_case) or not settings.get(ideographs, True):
        raise InputError(
            f"{path}: expected strip_accents={lower_case}, as {name}, and {ideographs}=True, as BERT's. "
            f"Received: strip_accents={settings.get('strip_accents')}, {ideographs}={settings.get(ideographs)}"
        )
    return lower_case


def _with_added(vocabulary, added, path):
    new = [token for token in sorted(added, key=added.get) if token not in vocabulary]
    tokens = [*vocabulary.tokens, *new]  # transformers does not write them into vocab.txt
    for token, index in added.items():
        if token not in tokens[index : index + 1]:
            raise InputError(
                f"{path}: expected the id of {token!r} to be that of its line in vocab.txt, or, for tokens that are "
                f"not there, {len(vocabulary)} and up without a gap. Received: {index}"
            )
    return Vocabulary(tokens, [token for token in added if token not in SPECIAL_TOKENS], None, vocabulary.origin)


def _read_json(path, missing=None):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if missing is None:
            raise
        return missing
    except ValueError as error:  # no UTF-8, or no JSON
        raise InputError(f"{path}: expected JSON in UTF-8. Received: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object. Received: {type(content).__name__}")
    return content


def _write_json(path, content):
    with atomic_write(path, "w") as file:
        file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _listing(folder):
    if not folder.is_dir():
        return "no such folder"
    return ", ".join(sorted(path.name for path in folder.iterdir())[:20]) or "an empty folder"
