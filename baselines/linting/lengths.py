"""How long texts are in tokens: what max_length cuts, which max_length would do, texts with nothing in them or far too much."""

import functools
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from baselines.linting import limits
from baselines.linting.findings import Finding, Limit, Section, Share, judge_shares, locate
from baselines.linting.measured_split import MeasuredSplit
from baselines.tokenizers.tokenizer import Tokenizer


def check_lengths(
    splits: Sequence[MeasuredSplit],
    tokenizer: Tokenizer,
    max_length: int,
    buckets: Sequence[int],
    positions: int | None = None,
    on_purpose: bool = False,
) -> Section:
    """Reports how long examples are, and what is cut off.

    Args:
        splits: all files.
        tokenizer: the checkpoint's.
        max_length: the recipe's, in tokens.
        buckets: ascending lengths that batches are padded to; the suggestion is one of them.
        positions: the most tokens that the checkpoint has positions for, or None.
        on_purpose: whether the task leaves out what the answer does not need, so that long texts need no repair.
    """
    cut = {split.name: Share(int(split.truncated.sum()), len(split)) for split in splits}
    over = functools.partial(over_long, splits, max_length)
    return Section("lengths", [
        Finding("tokens: median, 99 %, longest", {split.name: format_spread(split.lengths) for split in splits}),
        *([Finding(f"cut on purpose at max_length {max_length}", cut), over()] if on_purpose else [
            too_long(splits, cut, max_length, buckets, positions),
            Finding("suggested max_length", {split.name: suggest_length([split], buckets, positions) for split in splits}),
            *([windows_per_example(splits), over()] if in_windows(splits) else [over(limits.OVER_LONG)]),
        ]),
        empty_texts(splits, tokenizer),
    ])  # fmt: skip


def too_long(
    splits: Sequence[MeasuredSplit], cut: dict[str, Share], max_length: int, buckets: Sequence[int], positions: int | None
) -> Finding:
    """Examples of which max_length leaves only a part, and the length that would leave them whole."""
    suggested = suggest_length(splits, buckets, positions)
    whole = np.mean(np.concatenate([split.lengths for split in splits]) <= suggested)
    longer = f"--max_length {suggested} leaves {whole:.1%} whole." if suggested > max_length else ""
    most = f"The checkpoint has no more than {positions} positions." if suggested == positions else ""
    where = first_places(splits, lambda split: split.truncated)
    return judge_shares(f"cut at max_length {max_length}", cut, limits.TRUNCATED, f"{longer} {most}".strip(), where)


def suggest_length(splits: Sequence[MeasuredSplit], buckets: Sequence[int], positions: int | None = None) -> int:
    """The smallest bucket that leaves 99 % of the examples of every split whole, if the checkpoint has positions for it."""
    needed = max(int(np.quantile(split.lengths, limits.COVERED, method="inverted_cdf")) for split in splits)
    length = next((bucket for bucket in buckets if bucket >= needed), buckets[-1])
    return min(length, positions or length)


def format_spread(lengths: np.ndarray) -> str:
    """Median, 99 % and longest: "23, 61, 152"."""
    return ", ".join(str(int(np.quantile(lengths, share, method="inverted_cdf"))) for share in (0.5, limits.COVERED, 1))


def windows_per_example(splits: Sequence[MeasuredSplit]) -> Finding:
    """How many windows examples are cut into, of which nothing is lost."""
    return Finding("windows per example", {split.name: f"{split.rows / len(split):.2f}" for split in splits})


def in_windows(splits: Sequence[MeasuredSplit]) -> bool:
    return any(split.rows > len(split) for split in splits)


def over_long(splits: Sequence[MeasuredSplit], max_length: int, limit: Limit | None = None) -> Finding:
    """Examples so long that they may be several; without a `limit` they are only reported."""
    longest = limits.OVER_LONG_FACTOR * max_length
    values = {split.name: Share(int((split.lengths > longest).sum()), len(split)) for split in splits}
    where = first_places(splits, lambda split: split.lengths > longest)
    return judge_shares(f"longer than {longest} tokens", values, limit, "Are several texts run together?", where)


def empty_texts(splits: Sequence[MeasuredSplit], tokenizer: Tokenizer) -> Finding:
    """Texts of nothing but spaces and characters that the tokenizer drops."""
    count_tokens = functools.lru_cache(maxsize=1000)(lambda text: len(tokenizer.ids(text)))     # many questions share a text
    silent = {split.name: [e for e in split.examples if not all(map(count_tokens, e.texts))] for split in splits}
    values = {split.name: Share(len(silent[split.name]), len(split)) for split in splits}
    where = [locate(e, ascii(next(t for t in e.texts if not count_tokens(t)))) for each in silent.values() for e in each[:3]]
    advice = "Nothing of them reaches the model: remove them."
    return judge_shares("with an empty text", values, limits.NO_TOKEN, advice, where)


def first_places(splits: Sequence[MeasuredSplit], is_chosen: Callable[[MeasuredSplit], np.ndarray], limit: int = 3) -> list[str]:
    """Places of the first examples of each split for which the array `is_chosen(split)` is true."""
    return [locate(example) for split in splits
            for example in itertools.islice(itertools.compress(split.examples, is_chosen(split)), limit)]  # fmt: skip
