"""What the vocabulary does not know: the share of [UNK], and the characters behind it."""

import collections

from baselines.linting import limits
from baselines.linting.findings import Finding, Section, Share, shares

MOST_SHOWN = 6


def check(splits, tokenizer):
    """The Section of a list of Splits."""
    counts = {split.name: character_counts(split.examples) for split in splits}
    unknown = {character for count in counts.values() for character in count if is_unknown(character, tokenizer)}
    found = {name: {c: count[c] for c in count if c in unknown} for name, count in counts.items()}
    advice = "Is it the vocabulary of a model for Chinese? Replace the most frequent ones in the texts, or add them to vocab.txt."
    return Section("unknown characters", [
        shares("[UNK] among the tokens", {split.name: split.unknown for split in splits}, limits.UNKNOWN_TOKENS, advice),
        shares("characters not in the vocabulary", {
            name: Share(sum(found[name].values()), counts[name].total()) for name in found
        }),
        Finding("different ones", {name: len(characters) for name, characters in found.items()}),
        Finding("most frequent", {name: shown(characters) for name, characters in found.items()}),
    ])  # fmt: skip


def character_counts(examples):
    """A Counter of all characters but spaces."""
    counts = collections.Counter()
    for example in examples:
        for text in example.texts:
            counts.update(text)
    return collections.Counter({character: count for character, count in counts.items() if not character.isspace()})


def is_unknown(character, tokenizer):
    return tokenizer.vocabulary.unk_id in tokenizer.ids(character)


def shown(characters):
    """"囧 17, 🎉 3": the most frequent of {character: count}."""
    frequent = sorted(characters, key=lambda character: (-characters[character], character))[:MOST_SHOWN]
    return ", ".join(f"{c if c.isprintable() else ascii(c)} {characters[c]}" for c in frequent) or "-"
