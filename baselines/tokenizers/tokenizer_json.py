"""tokenizer.json, for the `tokenizers` library and transformers' AutoTokenizer: its parts, and a folder with one.

tokenizer.json           {"model": {"type": "Unigram", …}, "normalizer": …, "pre_tokenizer": …, "decoder": …, "post_processor": …}
tokenizer_config.json    {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": …, "pre_tokenizer": "cpm"}
"""

import json
from pathlib import Path

import tokenizers
from tokenizers import processors

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_write
from baselines.storage.json_files import write_json_object
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.stages import Stages
from baselines.tokenizers.vocabulary import Vocabulary

CLASS = "PreTrainedTokenizerFast"
"""transformers' class that does what tokenizer.json says."""


def pipeline(model: tokenizers.models.Model, stages: Stages, origin: str) -> tokenizers.Tokenizer:
    """A tokenizer of the library. Raises InputError for stages that the library does not know."""
    content = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": stages.normalizer,
        "pre_tokenizer": stages.pre_tokenizer, "post_processor": None, "decoder": stages.decoder,
        "model": {"type": "BPE", "vocab": {}, "merges": []},
    }  # fmt: skip
    try:
        result = tokenizers.Tokenizer.from_str(json.dumps(content))
    except Exception as error:                                          # the library raises no narrower class
        raise InputError(f"{origin}: the tokenizers library refuses a stage: {error}. Copy or download the file again.") from None
    result.model = model
    return result


def write(
    folder: str | Path, pipeline: tokenizers.Tokenizer, vocabulary: Vocabulary, row_format: RowFormat, words: str | None
) -> None:
    """Writes the two files above.

    Args:
        folder: To write to; it is made if it is not there.
        pipeline: The tokenizer, whose tokens have their own names.
        vocabulary: Its tokens.
        row_format: The special tokens around texts.
        words: Name of the words that are joined by spaces first, or None.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    special = [vocabulary.tokens[i] for i in sorted(vocabulary.special_ids)]
    pipeline.add_special_tokens([tokenizers.AddedToken(token, special=True, normalized=False) for token in special])
    pipeline.post_processor = template(row_format, vocabulary)
    with atomic_write(folder / "tokenizer.json", "w") as file:
        file.write(pipeline.to_str(pretty=True))
    roles = vocabulary.roles
    names = {"pad_token": roles.pad, "unk_token": roles.unknown, "bos_token": roles.start, "cls_token": roles.start,
             "eos_token": roles.end, "sep_token": roles.end, "mask_token": roles.mask}  # fmt: skip
    config = {"tokenizer_class": CLASS, "clean_up_tokenization_spaces": False}
    config |= {name: token for name, token in names.items() if vocabulary.ids.get(token) in vocabulary.special_ids}
    write_json_object(folder / "tokenizer_config.json", config | ({"pre_tokenizer": words} if words else {}))


def template(row_format: RowFormat, vocabulary: Vocabulary) -> processors.TemplateProcessing:
    """The post-processor that puts special tokens around texts."""
    second = int(row_format.segments)
    start, between, end = ([f"{token}:0" for token in tokens] for tokens in (row_format.start, row_format.between, row_format.end))
    pair = [*start, "$A:0", *between, f"$B:{second}", *[f"{token}:{second}" for token in row_format.end]]
    names = dict.fromkeys((*row_format.start, *row_format.between, *row_format.end))
    return processors.TemplateProcessing(
        single=[*start, "$A:0", *end], pair=pair, special_tokens=[(name, vocabulary.id(name)) for name in names]
    )


def row_format_of(processor: dict | None) -> RowFormat | None:
    """The RowFormat that a post-processor's object stands for; None if it adds no token."""
    if not isinstance(processor, dict):
        return None
    kind = processor.get("type")
    if kind == "Sequence":
        formats = [row_format_of(each) for each in processor.get("processors", [])]
        return next((each for each in formats if each is not None), None)
    if kind in ("RobertaProcessing", "BertProcessing"):
        start, end = processor["cls"][0], processor["sep"][0]
        roberta = kind == "RobertaProcessing"
        return RowFormat((start,), (end, end) if roberta else (end,), (end,), segments=not roberta)
    if kind != "TemplateProcessing":
        return None
    (start, end), (_, between, _) = _split(processor["single"]), _split(processor["pair"])
    segments = any(each.get("Sequence", {}).get("type_id") == 1 for each in processor["pair"])
    return RowFormat(start, between, end, segments) if start or between or end else None


def _split(template):
    """Names of the special tokens before, between and behind the texts of a template."""
    parts = [[]]
    for each in template:
        if "Sequence" in each:
            parts.append([])
        else:
            parts[-1].append(each["SpecialToken"]["id"])
    return [tuple(part) for part in parts]
