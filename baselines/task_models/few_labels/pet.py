"""Masks in a pattern, filled with words of the classes by the MLM head, which is trained. arXiv:2009.07118, prompts: 2103.10385"""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.heads.cloze import ClozeChoiceHead, ClozeHead
from baselines.plugins.settings import ranges
from baselines.prompts.label_words import Pattern, word_ids
from baselines.task import Cloze, Example, Labels, Task
from baselines.task_models.few_labels.mode import FewLabels, require_classes

TUNED = ("all", "prompts")
PLAIN = "{label}"
"""Pattern of a task that has none: the word of the class, then the text."""


@dataclasses.dataclass(frozen=True)
class Pet(FewLabels):
    """The logit of a class is the sum of its word's logits in the masks. No layer is new but the trained prompts, if any."""

    pattern: str = ""
    """Text with {label}, {text} and, for pairs, {text_pair}: "很{label}。{text}". Default: the task's, else {label}。{text}"""
    words: tuple[str, ...] = ()
    """Words of the classes, all of the same number of tokens: Negative=差,Positive=好, or a file with a class, a tab and its word
    per line. Default: the task's, else the names of the classes."""
    prompts: int = 0
    """Trained vectors around the masks (P-tuning)."""
    tune: str = "all"
    """all weights, or only the prompts, which then need a rate of 1e-3 or more."""

    def __post_init__(self):
        ranges(self, prompts=(0, 200))
        if self.tune not in TUNED:
            raise InputError(f"--few.tune {self.tune!r} is unknown. Choose one of {', '.join(TUNED)}.")
        if self.tune == "prompts" and not self.prompts:
            raise InputError("--few.tune prompts: there are no prompts to train. Add --few.prompts 8.")
        if self.pattern:
            Pattern(self.pattern, "--few.pattern")

    def bind(self, task: Task, tokenizer: Any) -> Task:
        if not tokenizer.vocabulary.has_mask:
            raise InputError(f"--few pet: {tokenizer.vocabulary.origin} has no mask. Choose a masked language model.")
        if task.cloze and task.cloze.encode:
            return self._bind_candidates(task, tokenizer)
        require_classes(task, "pet")
        if self.prompts and not tokenizer.start_ids:
            raise InputError("--few.prompts needs a vocabulary whose rows start with a special token, such as [CLS].")
        cloze = task.cloze or Cloze(PLAIN)
        pattern = Pattern(self.pattern or cloze.pattern, "--few.pattern")
        pattern.complete(task.num_texts)                                # refuse a missing place before the work
        words = word_ids(words_of(task.classes, self.words, cloze.words), tokenizer, "--few.words")
        check_different(task.classes, words)
        prompts = [tokenizer.start_ids[0]] * self.prompts if self.prompts else []
        head = ClozeHead(
            words, tokenizer.vocabulary.mask_id, self.prompts, prompts[0] if prompts else 0, only_prompts=self.tune == "prompts"
        )
        encode = functools.partial(
            encode_pattern, pattern=pattern, labels=task.classes.names, masks=words.shape[1], prompts=prompts
        )
        return dataclasses.replace(task, head=head, encode=encode, encode_train=None)

    def _bind_candidates(self, task, tokenizer):
        """The task whose candidates, which differ by example, fill the masks."""
        if self.pattern or self.words or self.prompts:
            raise InputError("--few pet: the words of this task are its candidates. Leave out --few.pattern, words and prompts.")
        head = ClozeChoiceHead(tokenizer.vocabulary.mask_id, task.cloze.masks)
        return dataclasses.replace(task, head=head, encode=task.cloze.encode, encode_train=None)


def encode_pattern(
    example: Example, tokenizer: Any, max_length: int, pattern: Pattern, labels: Sequence[str], masks: int, prompts: Sequence[int]
) -> Iterator[tuple[dict, Any]]:
    """The `encode` stage: the texts of an example in the pattern, with masks for the label."""
    yield pattern.row(example.texts, tokenizer, masks, max_length, prompts), Labels(*labels).id(example.gold)


def words_of(classes: Labels, given: Sequence[str], own: Mapping[str, str]) -> list[str]:
    """The word of each class: given as NAME=WORD, else the task's, else its name. Raises InputError for an unknown class."""
    chosen = dict(own)
    for pair in given:
        name, equals, word = pair.rpartition("=")
        if not equals:
            raise InputError(f"--few.words: {excerpt(pair)!r} is no NAME=WORD. Give pairs with commas between them, or a file.")
        if name not in classes:
            raise InputError(f"--few.words: there is no class {excerpt(name)!r}. {nearest(name, classes.names)}")
        if not word.strip():
            raise InputError(f"--few.words: the word of {excerpt(name)!r} is empty. Give one.")
        chosen[name] = word.strip()
    return [chosen.get(name, name) for name in classes.names]


def check_different(classes: Labels, ids: np.ndarray) -> None:
    """Raises InputError for two classes with the same word, which no text can tell apart."""
    first = {}
    for name, word in zip(classes.names, map(tuple, ids), strict=True):
        if word in first:
            raise InputError(f"--few.words: {excerpt(first[word])} and {excerpt(name)} have the same tokens. Use different words.")
        first[word] = name


MODE = Pet
