"""k folds of the examples of a file: equal shares of each class, and groups that stay together.

The folds depend on the file, the seed and the number of folds alone: every run of a cross-validation computes them again.
"""

import dataclasses
from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from baselines.data.readers import any_format
from baselines.errors import InputError, excerpt, nearest
from baselines.task import Labels, Split


def fold_numbers(
    classes: Sequence[Hashable] | None, count: int, folds: int, seed: int, groups: Sequence[Hashable] | None = None
) -> np.ndarray:
    """The fold of each example, from 0.

    Args:
        classes: The class of each example, whose shares are the same in all folds as far as possible; None: there are none.
        count: Number of examples.
        folds: Number of folds.
        seed: Of the order in which examples of a class are dealt out.
        groups: The group of each example, which stays in one fold; None: each is a group of its own.

    Returns:
        int (count,).

    Raises:
        InputError: There are fewer examples, or groups, than folds.
    """
    distinct = count if groups is None else len(set(groups))
    if distinct < folds:
        what = "examples" if groups is None else "groups"
        raise InputError(f"--folds {folds}: there are only {distinct} {what}. Ask for at most as many folds.")
    codes = _codes(classes or [None] * count)
    rng = np.random.default_rng(seed)
    if groups is None:
        order = rng.permutation(count)
        order = order[np.argsort(codes[order], kind="stable")]          # class by class, dealt out one after the other
        result = np.empty(count, int)
        result[order] = np.arange(count) % folds
        return result
    return _deal_groups(codes, _codes(groups), folds, rng)


def _deal_groups(codes, groups, folds, rng):
    """Large groups first, each to the fold in which the shares of the classes stay closest to equal."""
    counts = np.zeros((groups.max() + 1, codes.max() + 1), int)
    np.add.at(counts, (groups, codes), 1)
    totals, sums = counts.sum(axis=0), np.zeros((folds, codes.max() + 1))
    order = rng.permutation(len(counts))
    place = np.empty(len(counts), int)
    for position, group in enumerate(order[np.argsort(-counts[order].sum(axis=1), kind="stable")]):
        if position < folds:
            place[group] = position                                     # no fold stays empty
        else:
            spreads = []
            for fold in range(folds):
                trial = sums.copy()
                trial[fold] += counts[group]
                spreads.append((float(np.mean(np.std(trial / totals, axis=0))), float(sums[fold].sum())))
            place[group] = min(range(folds), key=spreads.__getitem__)
        sums[place[group]] += counts[group]
    return place[groups]


def _codes(values):
    """Values as numbers from 0, in the order of their first occurrence."""
    known = {}
    return np.array([known.setdefault(value, len(known)) for value in values], int)


def split_folds(
    split: Split, labels: Labels | None, folds: int, held_out: int, seed: int, group: str | None = None, header: Sequence[str] = ()
) -> dict[str, Split]:
    """{"train": the examples of all folds but one, "dev": those of the one held out} of a training split.

    Args:
        split: All examples.
        labels: Their classes, or None.
        folds: Number of folds.
        held_out: The fold held out, from 1.
        seed: See `fold_numbers`.
        group: Column whose values are groups, or None.
        header: Names of the columns of a table without a header line.
    """
    classes = [example.gold for example in split.examples] if labels else None
    groups = group_values(split, group, header) if group else None
    numbers = fold_numbers(classes, len(split.examples), folds, seed, groups)
    parts = {"train": numbers != held_out - 1, "dev": numbers == held_out - 1}
    return {
        name: dataclasses.replace(split, name=name, examples=[split.examples[place] for place in np.flatnonzero(chosen)])
        for name, chosen in parts.items()
    }


def group_values(split: Split, column: str, header: Sequence[str] = ()) -> list:
    """The value of a column of the user's file for each example. Raises InputError if the file has no such column."""
    values = {}
    for row in any_format.read(split.path if isinstance(split.path, tuple) else Path(split.path), header or None):
        if column not in row:
            raise InputError(f"{row.origin}: there is no column {excerpt(column)!r} for --group. {nearest(column, row)}")
        if row.origin in values:
            raise InputError(f"--group {column}: two files of --train have the name of {row.origin}. Rename one.")
        value = row[column]
        values[row.origin] = value if isinstance(value, Hashable) else repr(value)
    missing = next((example for example in split.examples if example.origin not in values), None)
    if missing:
        raise InputError(f"--group {column}: examples of this format are not lines of a table. Leave --group out.")
    return [values[example.origin] for example in split.examples]
