"""What a corpus holds: records, characters, tokens, how long they are, what the vocabulary lacks, what is repeated."""

import array
import collections
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from baselines.corpus.hashing import RepeatFinder
from baselines.corpus.record_files import RecordFiles, normalized
from baselines.tokenizers.tokenizer import Tokenizer

LEVELS = (0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclasses.dataclass
class Statistics:
    """Counts over all records; lengths in characters, and in tokens where there is a vocabulary."""

    records: int
    skipped: int
    bytes: int
    empty: int
    repeated: int
    repeated_normalised: int
    characters: collections.Counter
    unknown: collections.Counter
    lengths: np.ndarray
    tokens: np.ndarray | None
    unknown_tokens: int


def measure(
    files: RecordFiles, names: Sequence[str], tokenizer: Tokenizer | None = None, advance: Callable = lambda: None
) -> Statistics:
    """The Statistics of the fields `names`; of tokens only with a tokenizer."""
    lengths, tokens = array.array("I"), array.array("I")
    characters, size, empty, unknown_tokens = collections.Counter(), 0, 0, 0
    with RepeatFinder() as exact, RepeatFinder() as loose:
        for record in files:
            text = record.text(names)
            size += len(record.raw)
            empty += not text.strip()
            characters.update(text)
            lengths.append(len(text))
            exact.add(text)
            loose.add(normalized(text))
            if tokenizer:
                ids = tokenizer.ids(text)
                tokens.append(len(ids))
                unknown_tokens += int((ids == tokenizer.vocabulary.unk_id).sum())
            advance()
        repeated, repeated_normalised = (sum(len(again) for again, _ in each.pairs()) for each in (exact, loose))
    unknown = collections.Counter()
    if tokenizer:
        lacking = (c for c in characters if not c.isspace() and tokenizer.vocabulary.unk_id in tokenizer.ids(c))
        unknown.update({c: characters[c] for c in lacking})
    return Statistics(
        len(lengths), files.skipped, size, empty, repeated, repeated_normalised, characters, unknown,
        np.array(lengths, int), np.array(tokens, int) if tokenizer else None, unknown_tokens,
    )  # fmt: skip


def format_table(found: Statistics) -> list[str]:
    """The table of Statistics, as lines of text."""
    share = lambda number, whole: f"{number:,} ({number / max(whole, 1):.2%})"  # noqa: E731
    rows = [
        ("records", f"{found.records:,}"), ("invalid, left out", f"{found.skipped:,}"), ("bytes", f"{found.bytes:,}"),
        ("characters", f"{found.characters.total():,}, {len(found.characters):,} different"),
        ("empty", share(found.empty, found.records)), ("repeated", share(found.repeated, found.records)),
        ("repeated, but for case, space, punctuation", share(found.repeated_normalised, found.records)),
    ]  # fmt: skip
    if found.tokens is not None:
        total = int(found.tokens.sum())
        frequent = " ".join(f"{c if c.isprintable() else ascii(c)} {n:,}" for c, n in found.unknown.most_common(12))
        rows += [
            ("tokens", f"{total:,}"), ("of them unknown", share(found.unknown_tokens, total)),
            ("characters not in the vocabulary", share(found.unknown.total(), found.characters.total())),
            ("most frequent of them", frequent),
        ]  # fmt: skip
    for name, each in (("characters", found.lengths), ("tokens", found.tokens)):
        if each is not None and len(each):
            at = np.quantile(each, LEVELS, method="inverted_cdf")
            spread = ", ".join(f"{level:.0%} {int(value):,}" for level, value in zip(LEVELS, at, strict=True))
            rows.append((f"{name} of a record", f"mean {each.mean():.1f}; {spread}"))
    width = max(len(name) for name, _ in rows)
    table = [f"{name:<{width}}  {value}" for name, value in rows]
    return table + histogram(found.lengths if found.tokens is None else found.tokens)


def borders(lengths: np.ndarray) -> np.ndarray:
    """Borders of the bins of a histogram: 0, 1, 2, 4, 8, … up to the longest."""
    return np.array([0, *(1 << np.arange(int(lengths.max(initial=1)).bit_length() + 1))])


def histogram(lengths: np.ndarray) -> list[str]:
    """Lines of a histogram."""
    if not len(lengths):
        return []
    edges = borders(lengths)
    counts = np.histogram(lengths, edges)[0]
    most = counts.max()
    return [
        f"{low:>8,} - {high - 1:<8,} {count:>12,}  {'█' * round(40 * count / most)}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True) if count
    ]  # fmt: skip


def draw_lengths(path: Path, found: Statistics) -> None:
    """Writes the histograms as a picture."""
    from matplotlib.figure import Figure

    from baselines.storage.atomic_files import atomic_path

    each = [("characters", found.lengths), ("tokens", found.tokens)]
    each = [(name, lengths) for name, lengths in each if lengths is not None and len(lengths)]
    figure = Figure(figsize=(8, 3 * max(1, len(each))), dpi=130, layout="constrained")
    for axes, (name, lengths) in zip(np.atleast_1d(figure.subplots(max(1, len(each)), 1)), each, strict=False):
        axes.hist(np.minimum(lengths, np.quantile(lengths, 0.995)), 60)
        axes.set_xlabel(f"{name} of a record (the longest 0.5% in the last bar)")
        axes.set_ylabel("records")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
