"""How long texts are in tokens: what max_length cuts, which max_length would do, texts with nothing in them or far too much."""

import functools
import itertools

import numpy as np

from baselines.linting import limits
from baselines.linting.findings import Finding, Section, Share, place, shares


def check(splits, tokenizer, max_length, buckets, positions=None, on_purpose=False):
    """The Section of a list of Splits.

    max_length   the recipe's
    buckets      ascending lengths that batches are padded to; the suggestion is one of them
    positions    most tokens that the checkpoint can place, or None
    on_purpose   whether the task leaves out what the answer does not need: long texts then are nothing to mend
    """
    cut = {split.name: Share(int(split.truncated.sum()), len(split)) for split in splits}
    over = functools.partial(over_long, splits, max_length)
    return Section("lengths", [
        Finding("tokens: median, 99 %, longest", {split.name: spread(split.lengths) for split in splits}),
        *([Finding(f"cut on purpose at max_length {max_length}", cut), over()] if on_purpose else [
            too_long(splits, cut, max_length, buckets, positions),
            Finding("suggested max_length", {split.name: suggest([split], buckets, positions) for split in splits}),
            *([windows(splits), over()] if in_windows(splits) else [over(limits.OVER_LONG)]),
        ]),
        empty(splits, tokenizer),
    ])  # fmt: skip


def too_long(splits, cut, max_length, buckets, positions):
    """Examples of which max_length leaves only a part, and the length that would leave them whole."""
    suggested = suggest(splits, buckets, positions)
    whole = np.mean(np.concatenate([split.lengths for split in splits]) <= suggested)
    longer = f"--max_length {suggested} leaves {whole:.1%} whole." if suggested > max_length else ""
    most = f"The checkpoint has no more than {positions} positions." if suggested == positions else ""
    where = first(splits, lambda split: split.truncated)
    return shares(f"cut at max_length {max_length}", cut, limits.TRUNCATED, f"{longer} {most}".strip(), where)


def suggest(splits, buckets, positions=None):
    """The smallest bucket that leaves 99 % of the examples of every split whole, if the checkpoint can place so many."""
    needed = max(int(np.quantile(split.lengths, limits.COVERED, method="inverted_cdf")) for split in splits)
    length = next((bucket for bucket in buckets if bucket >= needed), buckets[-1])
    return min(length, positions or length)


def spread(lengths):
    """"23, 61, 152": median, 99 % and longest."""
    return ", ".join(str(int(np.quantile(lengths, share, method="inverted_cdf"))) for share in (0.5, limits.COVERED, 1))


def windows(splits):
    """How many windows examples are cut into, of which nothing is lost."""
    return Finding("windows per example", {split.name: f"{split.rows / len(split):.2f}" for split in splits})


def in_windows(splits):
    return any(split.rows > len(split) for split in splits)


def over_long(splits, max_length, limit=None):
    """Examples so long that they may be several; without a `limit` they are only told."""
    longest = limits.OVER_LONG_FACTOR * max_length
    values = {split.name: Share(int((split.lengths > longest).sum()), len(split)) for split in splits}
    where = first(splits, lambda split: split.lengths > longest)
    return shares(f"longer than {longest} tokens", values, limit, "Are several texts run together?", where)


def empty(splits, tokenizer):
    """Texts that are only spaces and signs that the tokenizer drops."""
    leaves = functools.lru_cache(maxsize=1000)(lambda text: len(tokenizer.ids(text)))       # many questions share a text
    silent = {split.name: [e for e in split.examples if not all(map(leaves, e.texts))] for split in splits}
    values = {split.name: Share(len(silent[split.name]), len(split)) for split in splits}
    where = [place(e, ascii(next(t for t in e.texts if not leaves(t)))) for found in silent.values() for e in found[:3]]
    return shares("with an empty text", values, limits.NO_TOKEN, "Nothing of them reaches the model: remove them.", where)


def first(splits, chosen, most=3):
    """Places of the first examples of each split for which the array `chosen(split)` is true."""
    return [place(example) for split in splits
            for example in itertools.islice(itertools.compress(split.examples, chosen(split)), most)]  # fmt: skip
