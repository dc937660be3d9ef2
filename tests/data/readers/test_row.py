"""Rows: fields by name, and one clear line for those that are missing or unfit."""

import pytest

from baselines.data.readers.record import Row
from baselines.errors import InputError


def row(**fields):
    return Row(fields, "train.json:17", 17)


def test_a_missing_field_names_the_line_the_fields_and_the_nearest():
    with pytest.raises(InputError) as raised:
        row(sentense="今天", label="1")["sentence"]
    assert str(raised.value) == (
        "train.json:17: there is no field 'sentence', only sentense, label. Did you mean sentense?"
    )
    assert row(a="b").get("c") is None


@pytest.mark.parametrize("value", ["", " \t\u3000", None, 3, ["今天"]])
def test_text_demands_a_text_that_is_not_empty(value):
    with pytest.raises(InputError, match=r"train\.json:17: sentence is not a text, or is empty"):
        row(sentence=value).text("sentence")


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(InputError) as raised:
        row(sentence=["字" * 100_000]).text("sentence")
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("value, label", [
    ("108", "108"), (108, "108"), (True, "true"), (" 体育 ", "体育"), (None, None), ("", None), (1.5, "1.5"),
])
def test_labels_are_texts_or_none(value, label):
    assert row(label=value).label() == label


def test_label_refuses_lists_and_absence_is_none():
    assert row().label() is None
    with pytest.raises(InputError, match="label is not a text or a number"):
        row(label=["1"]).label()


def test_ids_are_the_files_own_else_the_line_number():
    assert row(id=0, idx=5).id("id", "idx") == 0
    assert row(idx="a").id("id", "idx") == "a"
    assert row(id="").id("id") == 17
    with pytest.raises(InputError, match="id is not a text or a whole number"):
        row(id=[1]).id("id")
