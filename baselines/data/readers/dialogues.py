"""Dialogues of two speakers in turn, oldest utterance first: JSON lists of texts, chat messages, or tab-separated texts.

["吃了吗", "吃了", "吃的什么"]                                                      .json .jsonl, one per line (LCCC, CDial-GPT)
{"messages": [{"role": "user", "content": "吃了吗"}, …]}                        or dialog, dialogue, conversation, utterances, turns
{"train": [["吃了吗", "吃了"], …], "valid": […]}                                 one JSON value: by split, or a list of dialogues
吃了吗<TAB>吃了<TAB>吃的什么                                                        .txt .tsv

Any of them may end in .gz. Messages that one speaker sends in a row are one utterance. Spaces of tokenized texts (吃 了 吗) go:
they are no part of what was said.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.data.readers import json_lines, text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError, excerpt
from baselines.storage.text_files import text_name
from baselines.tokenizers.normalization import is_cjk, is_punctuation

DIALOGUE_FIELDS = ("messages", "dialog", "dialogue", "conversation", "conversations", "utterances", "turns")
TEXT_FIELDS = ("content", "text", "message", "utterance", "value")
ROLE_FIELDS = ("role", "speaker", "from")
SPLITS = {"train": "train", "dev": "dev", "valid": "dev", "validation": "dev", "test": "test"}
SPACE = re.compile(r"(?<=(\S)) +(?=(\S))")


def read(path: str | Path, tokenized: bool = False) -> Iterator[Row]:
    """Yields a Row {"id", "utterances": [str], "split": "train", "dev", "test" or None where the file does not say} per dialogue.

    Args:
        path: a file or its .gz.
        tokenized: whether texts have spaces between words, as LCCC's; spaces between all characters are recognized anyway.

    Raises:
        InputError: with the place, for another layout, an empty dialogue or utterance, and a third speaker.
    """
    name = Path(text_name(path))
    if name.suffix in (".txt", ".tsv"):
        rows = tab_separated(path)
    elif name.suffix in (".json", ".jsonl"):
        rows = from_json(path)
    else:
        raise InputError(f"{path} has an unknown format. Convert or rename it: dialogues end in .json .jsonl .txt .tsv, or .gz.")
    row = None
    for row in rows:
        row["utterances"] = [unspaced(text, tokenized) for text in row["utterances"]]
        yield row
    if row is None:
        raise InputError(f"{path} is empty. It should hold a dialogue per line.")


def tab_separated(path: str | Path) -> Iterator[Row]:
    for number, line in text_lines.read(path):
        if line.strip():
            yield to_row(line.split("\t"), f"{Path(path).name}:{number}", number)


def from_json(path: str | Path) -> Iterator[Row]:
    """Rows of JSON lines, each a dialogue, or of one JSON value, as the first line shows."""
    name = Path(path).name
    lines = ((number, line) for number, line in text_lines.read(path) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    lines = itertools.chain([first], lines)
    if is_dialogue(first[1], f"{name}:{first[0]}"):
        for number, line in lines:
            yield to_row(json_lines.parse(line, f"{name}:{number}", "Each line holds one dialogue."), f"{name}:{number}", number)
    else:
        yield from of_one_value(json_lines.parse("\n".join(line for _, line in lines), name, "Write one dialogue per line."), name)


def is_dialogue(line: str, origin: str) -> bool:
    """Whether a first line is a whole dialogue, and not (the beginning of) a value that holds several."""
    try:
        value = json_lines.parse(line, origin)
    except InputError:
        return False
    if isinstance(value, dict):
        return field_of(value, DIALOGUE_FIELDS) is not None
    return not (isinstance(value, list) and value and (isinstance(value[0], list) or is_object(value[0])))


def is_object(value: object) -> bool:
    return isinstance(value, dict) and field_of(value, DIALOGUE_FIELDS) is not None


def of_one_value(value: object, name: str) -> Iterator[Row]:
    """Rows of a list of dialogues, or of {split: list of dialogues}."""
    parts = value if isinstance(value, dict) else {None: value}
    for key, dialogues in parts.items():
        if key is not None and key not in SPLITS or not isinstance(dialogues, list):
            known = ", ".join(SPLITS)
            raise InputError(
                f"{name}: no dialogues at {key if key is None else shorten(key)}: {shorten(dialogues)}. "
                f"Write each as a list of texts, one per line or in lists named {known}."
            )
        place = name if key is None else f"{name}, {key}"
        for number, dialogue in enumerate(dialogues, start=1):
            yield to_row(dialogue, f"{place}: item {number}", number if key is None else f"{key} {number}", SPLITS.get(key))


def to_row(value: object, origin: str, id: object, split: str | None = None) -> Row:
    """A dialogue as a Row. Raises InputError for a value of another kind."""
    if isinstance(value, dict):
        id = Row(value, origin, id).id("id")
        value = value.get(field_of(value, DIALOGUE_FIELDS))
    if not isinstance(value, list) or not value:
        fields = ", ".join(DIALOGUE_FIELDS)
        raise InputError(
            f"{origin}: {shorten(value)} is not a dialogue. Write a list of texts, or an object with one of the fields {fields}."
        )
    utterances = []
    for number, item in enumerate(value, start=1):
        text, role = text_of(item, f"{origin}, utterance {number}"), role_of(item)
        if utterances and role is not None and role == utterances[-1][0]:
            text = f"{utterances.pop()[1]} {text}"
        utterances.append((role, text))
    speakers = list(dict.fromkeys(role for role, _ in utterances if role is not None))
    if len(speakers) > 2:
        raise InputError(f"{origin}: more than two speakers: {excerpt(', '.join(speakers), 300)}. Leave the others out.")
    return Row({"id": id, "utterances": [text for _, text in utterances], "split": split}, origin, id)


def text_of(item: object, origin: str) -> str:
    """The text of an utterance or a message. Raises InputError if it has none."""
    text = item.get(field_of(item, TEXT_FIELDS)) if isinstance(item, dict) else item
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{origin}: {shorten(item)} is not a text, or is empty. Fix or remove the dialogue.")
    return text.strip()


def role_of(item: object) -> str | None:
    """Who sends a message, or None where it does not say."""
    role = item.get(field_of(item, ROLE_FIELDS)) if isinstance(item, dict) else None
    return None if role is None else str(role)


def field_of(value: dict, fields: Sequence[str]) -> str | None:
    """The first of `fields` that an object has, or None."""
    return next((field for field in fields if field in value), None)


def unspaced(text: str, tokenized: bool = False) -> str:
    """A text without the spaces that its tokenization put in: 吃 了 吗 ？ and, if `tokenized`, 吃 了吗 ？ -> 吃了吗？

    Where spaces are between all characters, all go: 9 0 后 -> 90后. Else those between Latin words and numbers stay, which
    changes no token. Texts in which ideographs touch are left as they are, unless they are said to be `tokenized`.
    """
    if " " not in text:
        return text
    if all(len(word) == 1 for word in text.split()):
        return "".join(text.split())
    all_apart = any(map(is_cjk, text)) and not any(is_cjk(one) and is_cjk(other) for one, other in itertools.pairwise(text))
    if not (tokenized or all_apart):
        return text
    return SPACE.sub(lambda space: "" if any(map(is_apart, space.groups())) else " ", text)


def is_apart(character: str) -> bool:
    """Whether a tokenizer cuts a character out anyway, with or without spaces around."""
    return is_cjk(character) or is_punctuation(character)
