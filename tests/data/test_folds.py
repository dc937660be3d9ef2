"""Folds: every example in one, classes and sizes balanced, groups whole, the same for the same seed."""

import collections

import numpy as np
import pytest

from baselines.data.folds import fold_numbers, group_values, split_folds
from baselines.errors import InputError
from baselines.task import Example, Labels, Split


@pytest.mark.parametrize(("count", "folds"), [(10, 5), (53, 5), (7, 7), (100, 3)])
def test_sizes_and_classes_differ_by_one_at_most(count, folds):
    classes = [str(number % 4 // 3 + number % 2) for number in range(count)]
    numbers = fold_numbers(classes, count, folds, seed=1)
    sizes = np.bincount(numbers, minlength=folds)
    assert sizes.sum() == count and np.ptp(sizes) <= 1
    for name in sorted(set(classes)):
        of_class = np.bincount(numbers[[each == name for each in classes]], minlength=folds)
        assert np.ptp(of_class) <= 1


def test_the_seed_decides():
    one, again, other = (fold_numbers(None, 50, 5, seed).tolist() for seed in (1, 1, 2))
    assert one == again != other


def test_groups_stay_together_and_classes_are_balanced():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 40, 400)
    classes = (rng.random(400) < 0.2).astype(int).tolist()
    numbers = fold_numbers(classes, 400, 5, 3, groups.tolist())
    assert all(len(set(numbers[groups == group])) == 1 for group in range(40))
    shares = [np.mean(np.array(classes)[numbers == fold]) for fold in range(5)]
    assert np.bincount(numbers).min() > 60 and max(shares) - min(shares) < 0.05


def test_no_fold_is_empty_however_large_a_group_is():
    numbers = fold_numbers(None, 103, 4, 0, ["all"] * 100 + ["a", "b", "c"])
    assert sorted(collections.Counter(numbers.tolist()).values()) == [1, 1, 1, 100]


def test_too_few():
    with pytest.raises(InputError, match="--folds 5: there are only 4 examples"):
        fold_numbers(None, 4, 5, 0)
    with pytest.raises(InputError, match="--folds 3: there are only 2 groups"):
        fold_numbers(None, 9, 3, 0, list("aabbaabba"))


@pytest.fixture
def split(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("text,label,author\n" + "".join(f"t{row},{row % 2},a{row // 3}\n" for row in range(12)), encoding="utf-8")
    examples = [Example(row, (f"t{row}",), str(row % 2), origin=f"{path.name}:{row + 2}") for row in range(12)]
    return Split("train", path, examples)


def test_the_parts_of_all_folds_are_the_whole(split):
    found = [split_folds(split, Labels("0", "1"), 3, fold, seed=5) for fold in (1, 2, 3)]
    held = [example.id for parts in found for example in parts["dev"].examples]
    assert sorted(held) == list(range(12))
    for parts in found:
        assert parts["dev"].name == "dev" and parts["train"].name == "train"
        assert sorted(example.id for part in parts.values() for example in part.examples) == list(range(12))
        assert collections.Counter(example.gold for example in parts["dev"].examples) == {"0": 2, "1": 2}


def test_groups_are_read_from_a_column_of_the_file(split):
    assert group_values(split, "author")[:4] == ["a0", "a0", "a0", "a1"]
    parts = split_folds(split, None, 2, 1, seed=0, group="author")
    assert {example.id // 3 for example in parts["dev"].examples}.isdisjoint(example.id // 3 for example in parts["train"].examples)
    with pytest.raises(InputError, match="there is no column 'autor' for --group. Did you mean author"):
        group_values(split, "autor")
