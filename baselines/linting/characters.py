"""What the vocabulary does not know: the share of [UNK], and the characters behind it."""

import collections
from collections.abc import Iterable, Sequence

from baselines.linting import limits
from baselines.linting.findings import Finding, Section, Share, judge_shares
from baselines.linting.measured_split import MeasuredSplit
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

MAX_SHOWN = 6


def check_characters(splits: Sequence[MeasuredSplit], tokenizer: Tokenizer) -> Section:
    """Reports tokens and characters that the vocabulary does not have."""
    counts = {split.name: character_counts(split.examples) for split in splits}
    unknown = {character for count in counts.values() for character in count if is_unknown(character, tokenizer)}
    unknown_counts = {name: {c: count[c] for c in count if c in unknown} for name, count in counts.items()}
    advice = "Is it the vocabulary of a model for Chinese? Replace the most frequent ones in the texts, or add them to vocab.txt."
    return Section("unknown characters", [
        judge_shares("[UNK] among the tokens", {split.name: split.unknown for split in splits}, limits.UNKNOWN_TOKENS, advice),
        judge_shares("characters not in the vocabulary", {
            name: Share(sum(found.values()), counts[name].total()) for name, found in unknown_counts.items()
        }),
        Finding("different ones", {name: len(characters) for name, characters in unknown_counts.items()}),
        Finding("most frequent", {name: format_counts(characters) for name, characters in unknown_counts.items()}),
    ])  # fmt: skip


def character_counts(examples: Iterable[Example]) -> collections.Counter:
    """A Counter of all characters but spaces."""
    counts = collections.Counter()
    for example in examples:
        for text in example.texts:
            counts.update(text)
    return collections.Counter({character: count for character, count in counts.items() if not character.isspace()})


def is_unknown(character: str, tokenizer: Tokenizer) -> bool:
    return tokenizer.vocabulary.unk_id in tokenizer.ids(character)


def format_counts(counts: dict[str, int]) -> str:
    """The most frequent of {character: count}: "囧 17, 🎉 3"."""
    frequent = sorted(counts, key=lambda character: (-counts[character], character))[:MAX_SHOWN]
    return ", ".join(f"{c if c.isprintable() else ascii(c)} {counts[c]}" for c in frequent) or "-"
