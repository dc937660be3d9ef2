"""Labels as words: the sentence of each label, and a template with masks in their place as token ids.

    Prompts(["体育", "财经"], "这是一则{label}新闻").sentences()
    Pattern("这是一则{label}新闻。{text}").row(["国足今晚迎战"], tokenizer, masks=2, max_length=128)
"""

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.tokenizers.trimming import trim_lengths

SLOT, TEXT_SLOT, PAIR_SLOT = "{label}", "{text}", "{text_pair}"
SLOTS = re.compile(r"(\{\w*\})")


def check_labels(labels: Sequence[str]) -> None:
    """Raises InputError for no label, an empty one, or one that is given twice."""
    if not labels:
        raise InputError("--labels: no label is given. Give two or more.")
    if not all(label.strip() for label in labels):
        raise InputError("--labels: one label is empty. Remove it.")
    twice = next((label for label in labels if list(labels).count(label) > 1), None)
    if twice is not None:
        raise InputError(f"--labels: {excerpt(twice)!r} is given twice. Remove one.")


def check_template(template: str, flag: str) -> None:
    """Raises InputError for a template without a place for the label."""
    if SLOT not in template:
        raise InputError(f"{flag} {excerpt(template)!r} has no place for the label. Write {SLOT} there.")


@dataclasses.dataclass(frozen=True)
class Prompts:
    """Labels and the sentence that each becomes.

    Attributes:
        labels: Their names.
        template: A sentence with {label}; for `mlm` it may say where the text stands with {text}, else that follows it.
        descriptions: What stands in place of the label, if not its name.

    Raises:
        InputError: There is no label, a label twice or empty, or the template has no {label}.
    """

    labels: Sequence[str]
    template: str = SLOT
    descriptions: Sequence[str] | None = None

    def __post_init__(self):
        check_labels(self.labels)
        check_template(self.template, "--template")

    @property
    def words(self) -> Sequence[str]:
        """What stands for each label."""
        return self.descriptions or self.labels

    def sentences(self) -> list[str]:
        """The sentence of each label."""
        return [self.template.replace(TEXT_SLOT, "").replace(SLOT, word) for word in self.words]


def word_ids(words: Sequence[str], tokenizer: Any, flag: str) -> np.ndarray:
    """Token ids of words, int32 (K, M). Raises InputError unless all have the same number of tokens, one or more."""
    ids = [tokenizer.ids(word) for word in words]
    lengths = {word: len(found) for word, found in zip(words, ids, strict=True)}
    if not all(lengths.values()):
        empty = next(word for word, count in lengths.items() if not count)
        raise InputError(f"{flag}: {excerpt(empty)!r} has no tokens of this vocabulary. Use another word.")
    if len(set(lengths.values())) > 1:
        named = excerpt(", ".join(f"{word} {count}" for word, count in lengths.items()), 200)
        raise InputError(f"{flag}: labels of different numbers of tokens ({named}). Use descriptions of one length.")
    return np.stack(ids)


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A template with {label}, {text} and {text_pair}; without {text}, the texts follow it.

    Attributes:
        template: The text with its places.
        flag: Where it comes from, for messages.

    Raises:
        InputError: It has no {label}, or a place of another name.
    """

    template: str
    flag: str = "--template"

    def __post_init__(self):
        check_template(self.template, self.flag)
        unknown = [slot for slot in SLOTS.findall(self.template) if slot not in (SLOT, TEXT_SLOT, PAIR_SLOT)]
        if unknown:
            raise InputError(f"{self.flag}: {unknown[0]} is no place. Use {SLOT}, {TEXT_SLOT} and, for pairs, {PAIR_SLOT}.")

    def complete(self, texts: int) -> str:
        """The template with a place for each of one or two texts. Raises InputError if one place of two is missing."""
        needed = (TEXT_SLOT, PAIR_SLOT)[:texts]
        present = [slot for slot in (TEXT_SLOT, PAIR_SLOT) if slot in self.template]
        if not present:
            return f"{self.template}。{'，'.join(needed)}"
        if present != list(needed):
            places, count = " and ".join(needed), f"{texts} text{'s' * (texts > 1)}"
            raise InputError(f"{self.flag} {excerpt(self.template)!r}: examples have {count}. Write {places} in it.")
        return self.template

    def row(
        self, texts: Sequence[str], tokenizer: Any, masks: int, max_length: int, prompts: Sequence[int] = ()
    ) -> dict[str, np.ndarray]:
        """Features of the template with masks for the label and the texts, of which the longest is cut until the row fits.

        Args:
            texts: One, or two.
            tokenizer: The checkpoint's.
            masks: For {label}.
            max_length: Tokens of the row, special tokens included.
            prompts: Ids to put around the masks of the first {label}, half of them before.

        Raises:
            InputError: There is no room for the texts.
        """
        label = [tokenizer.vocabulary.mask_id] * masks
        half = (len(prompts) + 1) // 2
        around, given = [*prompts[:half], *label, *prompts[half:]], dict(zip((TEXT_SLOT, PAIR_SLOT), texts, strict=False))
        pieces, places = [], {}
        for part in SLOTS.split(self.complete(len(texts))):
            if part in given:
                places[len(pieces)] = part
                pieces.append(tokenizer.ids(given[part]).tolist())
            elif part == SLOT:
                pieces.append(around)
                around = label
            elif part:
                pieces.append(tokenizer.ids(part).tolist())
        special = tokenizer.special_count(1) + sum(len(piece) for place, piece in enumerate(pieces) if place not in places)
        if special >= max_length:
            raise InputError(f"{self.flag} {excerpt(self.template)!r} leaves no room for a text. Shorten it.")
        lengths = trim_lengths([len(pieces[place]) for place in places], max_length, special=special)
        for place, length in zip(places, lengths, strict=True):
            pieces[place] = pieces[place][:length]
        return tokenizer.assemble([[token for piece in pieces for token in piece]])
