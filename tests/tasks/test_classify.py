"""Classification of the user's own files: formats, columns, discovered classes, and the faults of each."""

import json

import numpy as np
import pytest

from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.task import Labels
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

ROWS = [("标题一", "正文,一", "体育"), ("标题二", "正文\"二\"", "财经"), ("标题三", "正文三", "体育")]
FLAGS = {"text": "title", "text_pair": "body", "label": "category"}


def write(path, rows=ROWS, columns=("title", "body", "category")):
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
    elif path.suffix == ".tsv":
        text = "".join("\t".join(row) + "\n" for row in [columns, *rows])
    else:
        text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in [columns, *rows])
    path.write_text(text, encoding="utf-8")
    return path


def bind(train_file, labels=None, **flags):
    task = task_catalog.find("classify")[1]
    return task.bind(task, task.options(**flags), labels, train_file)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_round_trip_in_every_format(tmp_path, suffix):
    path = write(tmp_path / f"my{suffix}")
    task = bind(path, **FLAGS)
    assert task.labels.names == ("体育", "财经") and task.head.classes == 2
    examples, _ = read_examples(task.read, path, "train", task.labels)
    assert [(example.texts, example.gold) for example in examples] == [((a, b), c) for a, b, c in ROWS]
    characters = sorted({character for example in examples for text in example.texts for character in text})
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]))
    rows = [row for example in examples for row in task.encode(example, tokenizer, 64)]
    assert not any(features["segment_ids"].any() for features, _ in rows)
    logits = np.eye(2)[[target for _, target in rows]]
    decoded = [task.decode(example, {"logits": row[None]}) for example, row in zip(examples, logits, strict=True)]
    assert task.metric([example.gold for example in examples], decoded) == {"accuracy": 1.0, "macro_f1": 1.0}


def test_one_text_and_default_columns(tmp_path):
    path = write(tmp_path / "a.csv", [("一", "x"), ("二", "y")], ("text", "label"))
    task = bind(path)
    assert [example.texts for example in task.read(path)] == [("一",), ("二",)]


def test_train_and_dev_may_have_different_formats(tmp_path):
    task = bind(write(tmp_path / "my.csv"), **FLAGS)
    dev = write(tmp_path / "dev.jsonl")
    assert len(read_examples(task.read, dev, "dev", task.labels)[0]) == 3


def test_ids(tmp_path):
    task = bind(write(tmp_path / "a.csv", [("一", "x", "p"), ("二", "y", "q")], ("text", "label", "key")), id="key")
    assert [example.id for example in task.read(tmp_path / "a.csv")] == ["p", "q"]
    write(tmp_path / "b.csv", [("一", "x", "9"), ("二", "y", "8")], ("text", "label", "id"))
    assert [example.id for example in bind(tmp_path / "b.csv").read(tmp_path / "b.csv")] == ["9", "8"]
    write(tmp_path / "c.csv", [("一", "x"), ("二", "y")], ("text", "label"))
    assert [example.id for example in bind(tmp_path / "c.csv").read(tmp_path / "c.csv")] == [2, 3]


@pytest.mark.parametrize("found, names", [
    (["10", "9", "-1", "2.5"], ("-1", "2.5", "9", "10")), (["b", "10", "9"], ("10", "9", "b")),
    (["nan", "inf", "1"], ("1", "inf", "nan")), (["负", "正"], ("正", "负")),
])
def test_classes_are_sorted_whatever_the_order_of_the_file(tmp_path, found, names):
    for order in (found, found[::-1]):
        path = write(tmp_path / "a.jsonl", [("今天", label) for label in order], ("text", "label"))
        assert bind(path).labels.names == names


def test_classes_of_a_run_stand(tmp_path):
    labels = Labels("z", "a")
    assert bind(None, labels).labels is labels


def test_files_to_predict_need_no_label(tmp_path):
    task = bind(None, Labels("z", "a"))
    path = write(tmp_path / "new.csv", [("一",), ("二",)], ("text",))
    assert [example.gold for example in read_examples(task.read, path, "test", task.labels)[0]] == [None, None]


def told(function, *arguments, **flags):
    with pytest.raises(InputError) as raised:
        function(*arguments, **flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_missing_columns_name_the_flag_and_the_nearest(tmp_path):
    path = write(tmp_path / "my.csv")
    assert told(bind, path, **(FLAGS | {"label": "categry"})) == (
        "my.csv:2: there is no column 'categry' for --label, only title, body, category. "
        "Did you mean category? Name yours with --label."
    )
    task = bind(path, **(FLAGS | {"text_pair": "bodi"}))
    assert "there is no column 'bodi' for --text_pair" in told(lambda: list(task.read(path)))
    task = bind(path, **(FLAGS | {"id": "key"}))
    assert "there is no column 'key' for --id" in told(lambda: list(task.read(path)))


def test_numbers_of_classes_that_cannot_be(tmp_path):
    path = write(tmp_path / "one.csv", [("一", "x"), ("二", "x")], ("text", "label"))
    assert "column 'label' holds only the class 'x'. Name the column of the class with --label." in told(bind, path)
    path = write(tmp_path / "none.csv", [("一", ""), ("二", "")], ("text", "label"))
    assert "column 'label' holds no class." in told(bind, path)


def test_any_number_of_classes(tmp_path):
    path = write(tmp_path / "many.csv", [("一", str(number)) for number in range(1500)], ("text", "label"))
    assert bind(path).labels.names == tuple(map(str, range(1500)))


def test_dev_labels_that_training_did_not_show(tmp_path):
    task = bind(write(tmp_path / "my.csv"), **FLAGS)
    dev = write(tmp_path / "dev.jsonl", [("标题", "正文", "体肓")])
    assert "dev.jsonl:1: unknown label '体肓'. Use one of 体育, 财经." in told(
        read_examples, task.read, dev, "dev", task.labels
    )


def test_an_empty_text_or_label_is_told(tmp_path):
    path = write(tmp_path / "my.csv", [*ROWS, ("", "正文", "体育")])
    task = bind(path, **FLAGS)
    part = "my.csv:5: title is not a text, or is empty"
    assert part in told(read_examples, task.read, path, "train", task.labels)
    path = write(tmp_path / "my.csv", [*ROWS, ("标题", "正文", "")])
    assert "my.csv:5: no gold answer" in told(read_examples, task.read, path, "train", task.labels)


def test_neither_files_nor_classes():
    assert "--train FILE is required" in told(bind, None)
