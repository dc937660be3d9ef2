"""Matching of the user's own pairs: classes, scores, tables without a header, and the faults of each."""

import json

import numpy as np
import pytest
from conftest import write_lines

from baselines.cli.main import main
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.task import Labels
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

PAIRS = [("有人弹琴", "一个人在弹琴", 5), ("有人弹琴", "有人唱歌", 2.5), ("有人弹琴", "狗在跑", 0)]


def write(path, rows=PAIRS, header="text\ttext_pair\tscore\n"):
    path.write_text(header + "".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def bind(train_file, labels=None, **flags):
    task = task_catalog.find("match")[1]
    return task.bind(task, task.options(**flags), labels, train_file)


def told(function, *arguments, **flags):
    with pytest.raises(InputError) as raised:
        function(*arguments, **flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def round_trip(task, path, gold):
    """The golds of a file, encoded, turned into outputs that are right, and decoded."""
    examples, _ = read_examples(task.read, path, "train", task.labels)
    assert [example.gold for example in examples] == gold
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    targets = [row[1] for example in examples for row in task.encode(example, tokenizer, 64)]
    outputs = [{"logits": np.eye(len(gold))[None, t]} if task.labels else {"similarity": np.array([t])} for t in targets]
    return task.metric(gold, [task.decode(example, out) for example, out in zip(examples, outputs, strict=True)])


@pytest.mark.parametrize("name, header, flags", [
    ("a.tsv", "text\ttext_pair\tscore\n", {}), ("a.txt", "", {"columns": ("text", "text_pair", "score")}),
    ("a.tsv", "甲\t乙\t分\n", {"text": "甲", "text_pair": "乙", "score": "分"}),
])  # fmt: skip
def test_round_trip_of_scores(tmp_path, name, header, flags):
    path = write(tmp_path / name, header=header)
    task = bind(path, **{"score": "score", "high": 5.0, **flags})
    assert task.labels is None
    assert round_trip(task, path, [5.0, 2.5, 0.0]) == pytest.approx({"spearman": 1.0, "pearson": 1.0})


def test_round_trip_of_classes(tmp_path):
    path = write(tmp_path / "a.tsv", [("一", "二", "same"), ("二", "三", "other")], "text\ttext_pair\tlabel\n")
    task = bind(path)
    assert task.labels.names == ("other", "same")
    assert round_trip(task, path, ["same", "other"]) == {"accuracy": 1.0, "macro_f1": 1.0}
    path = write(tmp_path / "a.txt", [("一", "二", 1), ("二", "三", 0)], "")
    assert bind(path, columns=("text", "text_pair", "kind"), label="kind").labels.names == ("0", "1")
    assert bind(None, Labels("z", "a")).labels.names == ("z", "a")


@pytest.mark.parametrize("flags", [{"label": "score"}, {"score": "score", "high": 5.0}])
@pytest.mark.parametrize("second", [0, 1])
def test_the_segment_of_the_second_text(tmp_path, flags, second):
    task = bind(write(tmp_path / "a.tsv"), second_segment=second, **flags)
    examples, _ = read_examples(task.read, tmp_path / "a.tsv", "train", task.labels)
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    ((features, _),) = task.encode(examples[0], tokenizer, 64)
    assert features["segment_ids"].tolist() == [0] * 6 + [second] * 7       # [CLS] 有 人 弹 琴 [SEP], 一 个 人 在 弹 琴 [SEP]


def test_files_to_predict_need_no_score(tmp_path):
    path = write_lines(tmp_path / "new.jsonl", [{"text": "一", "text_pair": "二"}])
    ((example,), _) = read_examples(bind(None, score="score").read, path, "test")
    assert example.gold is None and example.texts == ("一", "二")


def test_another_segment_is_refused(tmp_path):
    found = told(bind, write(tmp_path / "a.tsv"), second_segment=2, score="score")
    assert found == "--second_segment is 2. Set it to 0 or 1."


@pytest.mark.parametrize("found", ["5.1", "-1", "high", "nan", "inf"])
def test_a_score_out_of_its_range(tmp_path, found):
    path = write(tmp_path / "a.tsv", [*PAIRS, ("一", "二", found)])
    assert told(list, bind(path, score="score", high=5.0).read(path)) == (
        f"a.tsv:5: score is '{found}', not a number from 0 to 5. Set the range with --low and --high."
    )


def test_faults_of_flags_and_files(tmp_path):
    path = write(tmp_path / "a.tsv")
    assert "--label text and --score score exclude each other" in told(bind, path, score="score", label="text")
    assert "--low 5 is not below --high 1" in told(bind, path, score="score", low=5.0)
    assert "--train FILE is required" in told(bind, None)
    assert "there is no column 'label' for --label, only text, text_pair, score" in told(bind, path)
    task = bind(path, score="score", text_pair="text2", high=5.0)
    assert "there is no column 'text2' for --text_pair" in told(lambda: list(task.read(path)))
    blank = write(tmp_path / "b.tsv", [("一", "", 1)])
    assert "b.tsv:2: text_pair is not a text" in told(lambda: list(bind(blank, score="score").read(blank)))


@pytest.mark.keras
def test_train_evaluate_and_predict_scores(tiny, tmp_path, capsys):
    data = write(tmp_path / "pairs.tsv", [("球队", "联赛", 4), ("芯片", "电池", 3), ("球队", "电池", 0), ("芯片", "联赛", 1)] * 3)
    folder = tmp_path / "run"
    flags = tiny.flags(train=data, dev=data, output=folder, score="score", high=4, epochs=20, quiet=True,
                       optimizer="adamw", learning_rate=0.01)
    assert main(["train", "match", *flags]) == 0
    scores = json.loads((folder / "dev" / "scores.json").read_text())
    assert list(scores) == ["spearman", "pearson", "loss"] and scores["spearman"] > 0.5
    capsys.readouterr()
    assert main(["predict", "match", "--run", str(folder), "球队", "联赛"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line.keys() == {"id", "prediction"} and -4 < line["prediction"] < 8
