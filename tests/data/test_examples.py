"""The checks on the examples of a file, and what each split keeps."""

import pytest

from baselines.data.examples import class_counts, class_memory, read_examples
from baselines.errors import InputError
from baselines.task import Example, Labels

LABELS = Labels("no", "yes")


def example(id, gold="yes", scored=True):
    return Example(id=id, texts=("今天",), gold=gold, scored=scored, origin=f"train.json:{id}")


def load(tmp_path, examples, split="train", labels=LABELS):
    path = tmp_path / "train.json"
    path.touch()
    return read_examples(lambda path: iter(examples), path, split, labels)


def message(*arguments, **options):
    with pytest.raises(InputError) as raised:
        load(*arguments, **options)
    return str(raised.value)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_train_and_dev_leave_out_rows_that_are_not_scored(tmp_path, split):
    rows = [example(1), example(2, gold=None, scored=False), example(3, "no")]
    examples, dropped = load(tmp_path, rows, split)
    assert [row.id for row in examples] == [1, 3] and dropped == 1


def test_test_keeps_every_row_in_order(tmp_path):
    rows = [example(3, gold=None), example(1, gold=None, scored=False), example(2, gold="dummy")]
    assert load(tmp_path, rows, "test") == (rows, 0)


def test_a_repeated_id_names_both_places(tmp_path):
    twice = Example(id=1, texts=("b",), gold="no", origin="train.json:9")
    for split in ("train", "test"):
        told = message(tmp_path, [example(1), twice], split)
        assert told.startswith("train.json:9: the id 1 repeats that of train.json:1.")


def test_ids_of_different_types_are_different(tmp_path):
    assert len(load(tmp_path, [example(1), example("1")])[0]) == 2


def test_an_unknown_label_names_its_line_and_the_nearest(tmp_path):
    told = message(tmp_path, [example(1), example(2, "yess")])
    assert told.startswith("train.json:2: unknown label 'yess'. Use one of no, yes.")
    assert "Did you mean yes?" in told and "--labels" not in told
    (tmp_path / "labels.json").touch()
    assert "labels.json names this file's classes, give it with --labels." in message(tmp_path, [example(2, "7")])


def test_gold_is_needed_to_learn_and_to_score(tmp_path):
    assert message(tmp_path, [example(1, gold=None)], "dev").startswith("train.json:1: no gold answer")


def test_nothing_left_is_told(tmp_path):
    assert "no examples, because the file is empty." in message(tmp_path, [])
    assert "no examples, because none of its 1 rows is scored." in message(tmp_path, [example(1, gold=None, scored=False)])


def test_a_missing_file_says_where_to_get_it(tmp_path):
    with pytest.raises(InputError, match="does not exist.* Get it from example.org"):
        read_examples(None, tmp_path / "train.json", "train", source="Get it from example.org")


def test_many_classes_are_counted_in_a_line_with_what_they_take():
    names = [str(number) for number in range(1500)]
    counts = class_counts([example(number, name) for number, name in enumerate(names + names[:3])], Labels(*names))
    assert counts == "1,500 classes of 1 to 2 examples"
    assert class_memory(1500, 767).startswith("1,500 classes: their layer takes 18 MB of memory in training")


def test_class_counts_are_in_the_order_of_the_labels():
    counts = class_counts([example(1), example(2), example(3, "no"), example(4)], LABELS)
    assert counts.splitlines() == ["       1   25.0%  no", "       3   75.0%  yes"]
