"""Repeated examples within and across splits, exact and normalised, with equal and with different gold."""

from lint_samples import finding, split

from baselines.linting import duplicates
from baselines.linting.findings import ERROR, OK, WARNING, Share


def test_nothing_repeated():
    splits = [split(("春天", "a"), ("夏天", "b")), split(("秋天", "a"), name="dev"), split("冬天", name="test")]
    section = duplicates.check_duplicates(splits)
    assert [one.what for one in section.findings] == [
        "repeated", "the same with different gold", "also in train", "also in train with another gold", "also in dev",
    ]  # fmt: skip
    assert {one.verdict for one in section.findings} == {OK}


def test_within_a_split():
    rows = [("春天", "a"), ("春天", "a"), ("春 天", "a"), ("夏天", "a"), ("Ａ夏", "b"), ("a夏", "a")]
    section = duplicates.check_duplicates([split(*rows)])
    exact, loose, conflict = section.findings
    assert exact.values == {"train": Share(1, 6)} and exact.where == ("train:1: 春天 = train:2",)
    assert loose.values == {"train": Share(3, 6)} and loose.verdict == WARNING
    assert conflict.values == {"train": Share(2, 6)} and conflict.verdict == ERROR
    assert conflict.where == ("train:5: Ａ夏: train:5 says 'b', train:6 says 'a'",)


def test_a_pair_the_other_way_round_is_another_example():
    section = duplicates.check_duplicates([split((("春", "夏"), "a"), (("夏", "春"), "b"), ("春夏", "a"))])
    assert {one.verdict for one in section.findings} == {OK}


def test_across_splits():
    train = split(("春天", "a"), ("夏天", "a"), ("夏天", "b"), ("秋天", "b"))
    dev = split(("春 天", "b"), ("夏天", "b"), ("秋天", "b"), ("冬天", "a"), name="dev")
    section = duplicates.check_duplicates([train, dev, split("秋天", "来去", name="test"), split("来去", name="test1.1")])
    also = finding(section, "also in train after normalization")
    assert also.values == {"dev": Share(3, 4), "test": Share(1, 2), "test1.1": Share(0, 1)} and also.verdict == WARNING
    (exact,) = [one for one in section.findings if one.what == "also in train"]
    assert exact.values["dev"] == Share(2, 4)
    conflict = finding(section, "also in train with another gold")
    assert conflict.values == {"dev": Share(1, 4)} and conflict.verdict == ERROR
    assert conflict.where == ("dev:1: 春 天: dev:1 says 'b', train:1 says 'a'",)
    assert finding(section, "also in dev").values == {"test": Share(1, 2), "test1.1": Share(0, 1)}
    assert not [one for one in section.findings if one.what.startswith("also in test")]


def test_golds_that_are_lists():
    section = duplicates.check_duplicates([split(("春天", [1, 2]), ("春天", [1, 2]), ("夏天", [1]), ("夏天", [2]))])
    assert finding(section, "the same with different gold").values == {"train": Share(2, 4)}
