"""Any number of labels per row: formats, round trip, the whole way through the command line, and the faults of each."""

import csv
import json

import numpy as np
import pytest
from conftest import ROOT, write_checkpoint, write_lines

from baselines.cli.main import main
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.task import Categories, Labels
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FIXTURES = ROOT / "tests" / "fixtures" / "classify"
TABLE, LINES = FIXTURES / "reviews.csv", FIXTURES / "reviews.jsonl"


def bind(train_file, labels=None, multilabel=True, **flags):
    task = task_catalog.find("classify")[1]
    return task.bind(task, task.options(multilabel=multilabel, **flags), labels, train_file)


def golds(task, path):
    return [example.gold for example in read_examples(task.read, path, "train", task.classes)[0]]


def letters():
    return sorted({letter for path in (TABLE, LINES) for letter in path.read_text(encoding="utf-8") if letter.strip()})


def test_a_table_and_json_lines_hold_the_same():
    one, two = bind(TABLE), bind(LINES)
    assert one.labels.names == two.labels.names == ("价格", "味道", "服务", "环境") and one.classes is None
    assert golds(one, TABLE) == golds(two, LINES)
    assert [] in golds(one, TABLE) and max(map(len, golds(one, TABLE))) == 3


@pytest.mark.parametrize("path", [TABLE, LINES])
def test_round_trip(path):
    task = bind(path)
    examples, _ = read_examples(task.read, path, "train", task.classes)
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters()]))
    rows = encode_examples(examples, task.encode, tokenizer, 32)
    found = []
    for number, example in enumerate(examples):
        logits = np.full((1, len(task.labels)), -1.0)
        logits[0, rows.target(number)] = 1.0
        found.append(task.decode(example, {"logits": logits}))
    scores = task.metric([example.gold for example in examples], found)
    assert scores == {"micro_f1": 1.0, "macro_f1": 1.0, "subset_accuracy": 1.0}
    assert task.head.batch_targets([rows.target(number) for number in range(len(rows))], 32).shape == (len(rows), 4)
    assert task.head.remark(examples, rows) == "11 labels, 1.10 per row; 2 rows have none"


def test_a_class_with_the_sign_in_its_name_is_not_split_without_the_flag(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [{"text": "一", "label": "a|b"}, {"text": "二", "label": "b"}])
    assert bind(path, multilabel=False).labels.names == ("a|b", "b")
    assert bind(path).labels.names == ("a", "b")
    assert bind(path, separator=";").labels.names == ("a|b", "b")


def test_what_counts_as_labels(tmp_path):
    values = ["b | a", "a||b|", "", 7, ["b", "a", "b"], [], [True, 7], [" a "]]
    path = write_lines(tmp_path / "a.jsonl", [{"text": "一", "label": value} for value in values])
    task = bind(path)
    assert golds(task, path) == [["a", "b"], ["a", "b"], [], ["7"], ["a", "b"], [], ["7", "true"], ["a"]]
    assert task.labels.names == ("7", "a", "b", "true")


def test_files_to_predict_need_no_labels(tmp_path):
    task = bind(None, Labels("a", "b"))
    assert isinstance(task.labels, Categories)
    path = write_lines(tmp_path / "new.jsonl", [{"text": "一"}])
    assert [example.gold for example in read_examples(task.read, path, "test", task.classes)[0]] == [None]


def told(function, *arguments, **flags):
    with pytest.raises(InputError) as raised:
        function(*arguments, **flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_list_without_the_flag_names_it():
    assert told(bind, LINES, multilabel=False) == (
        "reviews.jsonl:1: label is a list of classes, ['味道', '价格']. "
        "Name one class, or add --multilabel if a row may have several."
    )


def test_labels_that_cannot_be(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [{"text": "一", "label": [["a"]]}])
    assert "a.jsonl:1: label is not a list of texts or numbers: [['a']]" in told(bind, path)
    path = write_lines(tmp_path / "b.jsonl", [{"text": "一", "label": {"a": 1}}])
    assert "b.jsonl:1: label is not a list" in told(bind, path)
    path = write_lines(tmp_path / "c.jsonl", [{"text": "一", "label": ["a|b", "c"]}])
    assert "c.jsonl:1: label holds a label with '|', which separates labels in tables" in told(bind, path)
    assert "Choose another separator with --separator." in told(bind, path)
    assert bind(path, separator=";").labels.names == ("a|b", "c")
    assert "--separator ' ' is only white space" in told(bind, path, separator=" ")


def test_a_label_of_dev_that_training_did_not_show(tmp_path):
    task = bind(LINES)
    examples, _ = read_examples(
        task.read, write_lines(tmp_path / "dev.jsonl", [{"text": "汤", "label": ["味到"]}]), "dev", task.classes
    )
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters()]))
    message = told(encode_examples, examples, task.encode, tokenizer, 32)
    assert "dev.jsonl:1: unknown label '味到'. Use one of 价格, 味道, 服务, 环境." in message


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on the fixtures, long enough to know them by heart, and how it was started."""
    folder = tmp_path_factory.mktemp("multilabel")
    checkpoint = write_checkpoint(folder / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters()])
    flags = ["--train", str(TABLE), "--dev", str(LINES), "--multilabel", "--init", str(checkpoint), "--from_scratch"]
    flags += ["--epochs", "60", "--batch_size", "5", "--learning_rate", "0.03", "--max_length", "16", "--no_jit", "--cache", ""]
    assert main(["train", "classify", *flags, "--quiet", "--output", str(folder / "run")]) == 0
    return folder


def test_train_evaluate_and_predict(trained, capsys):
    run = trained / "run"
    scores = json.loads((run / "dev" / "scores.json").read_text())
    assert set(scores) == {"micro_f1", "macro_f1", "subset_accuracy", "loss"} and scores["micro_f1"] == 1.0
    assert (run / "dev" / "labels.txt").read_text(encoding="utf-8").startswith("label")
    assert json.loads((run / "labels.json").read_text(encoding="utf-8")) == ["价格", "味道", "服务", "环境"]
    capsys.readouterr()
    assert main(["evaluate", "classify", "--run", str(run), "--quiet"]) == 0
    assert "micro_f1 1.0000" in capsys.readouterr().out

    expected = golds(bind(LINES), LINES)
    for name in ("found.jsonl", "found.csv"):
        output = ["--output", str(trained / name), "--quiet"]
        assert main(["predict", "classify", "--run", str(run), "--input", str(TABLE), *output]) == 0
    lines = [json.loads(line) for line in (trained / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["prediction"] for line in lines] == expected and all(0 < line["confidence"] <= 1 for line in lines)
    with open(trained / "found.csv", encoding="utf-8", newline="") as file:
        assert [row["prediction"] for row in csv.DictReader(file)] == ["|".join(gold) for gold in expected]

    texts = read_examples(bind(LINES).read, LINES, "test")[0][0].texts
    capsys.readouterr()
    assert main(["predict", "classify", "--run", str(run), *texts]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["prediction"] == expected[0]


def test_lint(trained, tmp_path):
    dev = write_lines(tmp_path / "dev.jsonl", [{"text": "汤很鲜，就是贵了点", "label": ["服务"]}])
    flags = ["--train", str(TABLE), "--dev", str(dev), "--multilabel", "--init", str(trained / "checkpoint")]
    flags += ["--output", str(tmp_path / "report"), "--quiet"]
    assert main(["lint", "classify", *flags]) == 1
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    found = {finding["what"]: finding for section in report["sections"] for finding in section["findings"]}
    assert report["classes"]["train"] == {"味道": 5, "价格": 3, "环境": 2, "服务": 1}
    assert found["without any"]["values"]["train"] == {"count": 2, "of": 10, "rate": 0.2}
    assert found["per example"]["values"] == {"train": "1.10", "dev": "1.00"}
    assert found["also in train with another gold"]["values"]["dev"]["count"] == 1
