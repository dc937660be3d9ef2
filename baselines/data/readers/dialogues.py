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
from pathlib import Path

from baselines.data.readers import json_lines, text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError, excerpt
from baselines.tokenizers.normalization import is_cjk, is_punctuation

DIALOGUE_FIELDS = ("messages", "dialog", "dialogue", "conversation", "conversations", "utterances", "turns")
TEXT_FIELDS = ("content", "text", "message", "utterance", "value")
ROLE_FIELDS = ("role", "speaker", "from")
SPLITS = {"train": "train", "dev": "dev", "valid": "dev", "validation": "dev", "test": "test"}
SPACE = re.compile(r"(?<=(\S)) +(?=(\S))")


def read(path, tokenized=False):
    """Yield a Row {"id", "utterances": [str], "split": "train", "dev", "test" or None where the file does not say} per dialogue.

    tokenized   whether texts have spaces between words, as LCCC's; between all characters is told by itself
    Raises InputError, naming the place, for what is none of the formats, an empty dialogue or utterance, and a third speaker.
    """
    name = Path(Path(path).name.lower().removesuffix(".gz"))
    if name.suffix in (".txt", ".tsv"):
        found = tab_separated(path)
    elif name.suffix in (".json", ".jsonl"):
        found = from_json(path)
    else:
        raise InputError(f"{path}: expected a file that ends in .json .jsonl .txt .tsv, or .gz after it. Rename or convert it.")
    row = None
    for row in found:
        row["utterances"] = [unspaced(text, tokenized) for text in row["utterances"]]
        yield row
    if row is None:
        raise InputError(f"{path}: expected a dialogue per line. Received: an empty file.")


def tab_separated(path):
    for number, line in text_lines.read(path):
        if line.strip():
            yield to_row(line.split("\t"), f"{Path(path).name}:{number}", number)


def from_json(path):
    """Rows of JSON lines, each a dialogue, or of one JSON value: what the first line is tells."""
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
        yield from of_one_value(json_lines.parse("\n".join(line for _, line in lines), name, "It is no dialogue per line."), name)


def is_dialogue(line, origin):
    """Whether a first line is a whole dialogue, and not (the beginning of) a value that holds several."""
    try:
        value = json_lines.parse(line, origin)
    except InputError:
        return False
    if isinstance(value, dict):
        return field_of(value, DIALOGUE_FIELDS) is not None
    return not (isinstance(value, list) and value and (isinstance(value[0], list) or is_object(value[0])))


def is_object(value):
    return isinstance(value, dict) and field_of(value, DIALOGUE_FIELDS) is not None


def of_one_value(value, name):
    """Rows of a list of dialogues, or of {split: list of dialogues}."""
    parts = value if isinstance(value, dict) else {None: value}
    for key, dialogues in parts.items():
        if key is not None and key not in SPLITS or not isinstance(dialogues, list):
            known = ", ".join(SPLITS)
            raise InputError(
                f"{name}: expected dialogues, lists of texts, one per line or in lists named {known}. "
                f"Received: {key if key is None else repr(key)}: {shorten(dialogues)}."
            )
        place = name if key is None else f"{name}, {key}"
        for number, dialogue in enumerate(dialogues, start=1):
            yield to_row(dialogue, f"{place}: item {number}", number if key is None else f"{key} {number}", SPLITS.get(key))


def to_row(value, origin, id, split=None):
    """A dialogue as a Row. Raises InputError for a value that is none."""
    if isinstance(value, dict):
        id = Row(value, origin, id).id("id")
        value = value.get(field_of(value, DIALOGUE_FIELDS))
    if not isinstance(value, list) or not value:
        fields = ", ".join(DIALOGUE_FIELDS)
        raise InputError(
            f"{origin}: expected a dialogue: a list of texts, or an object with one of the fields {fields}. "
            f"Received: {shorten(value)}."
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


def text_of(item, origin):
    """The text of an utterance or a message. Raises InputError if it has none."""
    text = item.get(field_of(item, TEXT_FIELDS)) if isinstance(item, dict) else item
    if not isinstance(text, str) or not text.strip():
        raise InputError(f"{origin}: expected a text that is not empty. Received: {shorten(item)}. Mend or remove the dialogue.")
    return text.strip()


def role_of(item):
    """Who sends a message, or None where it does not say."""
    role = item.get(field_of(item, ROLE_FIELDS)) if isinstance(item, dict) else None
    return None if role is None else str(role)


def field_of(value, fields):
    """The first of `fields` that an object has, or None."""
    return next((field for field in fields if field in value), None)


def unspaced(text, tokenized=False):
    """A text without the spaces that its tokenization put in: 吃 了 吗 ？ and, if `tokenized`, 吃 了吗 ？ -> 吃了吗？

    Where every character stands alone, all go: 9 0 后 -> 90后. Else those between Latin words and numbers stay, which changes no
    token. Texts in which ideographs touch are left as they are, unless they are said to be `tokenized`.
    """
    if " " not in text:
        return text
    if all(len(word) == 1 for word in text.split()):
        return "".join(text.split())
    stands_alone = any(map(is_cjk, text)) and not any(is_cjk(one) and is_cjk(other) for one, other in itertools.pairwise(text))
    if not (tokenized or stands_alone):
        return text
    return SPACE.sub(lambda space: "" if any(map(is_apart, space.groups())) else " ", text)


def is_apart(character):
    """Whether a tokenizer cuts a character out anyway, with or without spaces around."""
    return is_cjk(character) or is_punctuation(character)
