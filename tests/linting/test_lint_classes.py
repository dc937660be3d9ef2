"""Skew of classes and of scores."""

from lint_samples import examples, finding, split

from baselines.linting import classes, scores
from baselines.linting.findings import ERROR, OK, WARNING, Share
from baselines.task import Labels, Span

LABELS = Labels("a", "b", "c")


def labelled(name="train", left_out=0, **counts):
    return split(*(("春", label) for label, count in counts.items() for _ in range(count)), name=name, left_out=left_out)


def check(*splits, labels=LABELS):
    return classes.check_classes(list(splits), {one.name: classes.class_counts(one.examples, labels) for one in splits}, labels)


def test_counts_of_every_kind_of_gold():
    assert classes.class_counts(examples(("春", "a"), ("夏", "a"), ("秋", None)), LABELS) == {"a": 2}
    assert classes.class_counts(examples(("春", ("a", "b")), ("夏", ("b",))), LABELS) == {"a": 1, "b": 2}
    assert classes.class_counts(examples(("春", 3), ("夏", 0))) == {3: 1, 0: 1}
    assert classes.class_counts(examples(("春", 0.5), ("夏", "an answer"))) == {}
    spans = lambda example: [Span(0, 0, 1, name) for name in example.gold]  # noqa: E731
    assert classes.class_counts(examples(("春", ["x", "y"]), ("夏", ["x"])), None, spans) == {"x": 2, "y": 1}
    facts = lambda gold: {(name, place) for place, name in enumerate(gold)}                         # noqa: E731
    assert classes.class_counts(examples(("春", ["x", "x", "y"]), ("夏", [])), None, spans, facts) == {"x": 2, "y": 1}


def test_an_even_set_is_fine():
    section = check(labelled(a=50, b=40, c=45), labelled("dev", a=10, b=9, c=9), split("春", name="test"))
    assert {one.verdict for one in section.findings} == {OK}
    assert finding(section, "in the largest class, a").values == {"train": Share(50, 135), "dev": Share(10, 28)}
    assert finding(section, "largest : smallest").values == {"train": "50 : 40", "dev": "10 : 9"}


def test_a_class_that_only_dev_has_costs_score():
    found = finding(check(labelled(a=50, b=50), labelled("dev", a=5, b=5, c=1)), "classes without")
    assert found.verdict == ERROR and found.values == {"train": 1, "dev": 0} and found.advice == "train has none of c."
    found = finding(check(labelled(a=50, b=50), labelled("dev", a=5, b=5)), "classes without")
    assert found.verdict == WARNING and found.advice == "train has none of c; dev has none of c."


def test_rare_classes_left_out_rows_and_a_majority():
    section = check(labelled(a=990, b=6, c=4, left_out=50))
    assert finding(section, "classes with fewer than 5").advice == "The model will hardly learn them: c."
    assert finding(section, "left out").values == {"train": Share(50, 1050)} and finding(section, "left out").verdict == WARNING
    assert "macro F1" in finding(section, "in the largest class").advice


def test_other_proportions_are_told_beyond_what_chance_does():
    found = finding(check(labelled(a=500, b=500, c=5), labelled("dev", a=160, b=40, c=1)), "proportions unlike train's")
    assert found.verdict == WARNING and "class a is 49.8% of train and 79.6% of dev" in found.advice
    assert finding(check(labelled(a=50, b=50), labelled("dev", a=3, b=1)), "proportions").verdict == OK


def test_tasks_without_classes_have_no_section():
    assert check(split(("春", "an answer")), labels=None) is None


def test_scores():
    one = split(("春", 0.0), ("夏", 1.0), ("秋", 5.0), ("冬", 5.0))
    section = scores.check_scores([one, split("春", name="test")])
    assert finding(section, "lowest").values == {"train": "0, 2.75, 5"}
    assert finding(section, "the most frequent value, 5").values == {"train": Share(2, 4)}
    assert finding(scores.check_scores([split(*[("春", 1.0)] * 9, ("夏", 0.0))]), "the most").verdict == WARNING
    assert scores.check_scores([split(("春", "a"))]) is None


def test_a_class_named_like_a_missing_value_is_a_warning():
    """NaN of JSON is no class, but a table may hold what a program writes in its place."""
    section = check(labelled(NaN=1, a=3), labelled("dev", NaN=0, a=2), labels=Labels("NaN", "a"))
    odd = finding(section, "in a class named like")
    assert (odd.verdict, odd.values) == (WARNING, {"train": Share(1, 4), "dev": Share(0, 2)}) and "If NaN means" in odd.advice
    assert not any(one.what.startswith("in a class named") for one in check(labelled(a=3, b=3, c=3)).findings)
