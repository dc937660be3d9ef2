"""Tasks whose rows are windows or choices, from train to submission, with a tiny model: what stages hand on fits together."""

import functools
import json

import pytest
from conftest import ROOT, write_checkpoint

from baselines.cli.main import main
from baselines.data.examples import read_examples
from baselines.plugins import task_catalog

FIXTURES = ROOT / "tests" / "fixtures"
CLUE = FIXTURES / "clue"
ACCUMULATED = ["--accumulate", "2"]                                     # three more programs: for one task with rows of each kind
# task: (files with gold, test file, names of scores, further flags)
SHAPES = {
    "clue/cmrc2018": (
        [CLUE / "cmrc2018" / "dev.json"], CLUE / "cmrc2018" / "test.json", {"exact_match", "f1", "reference_accuracy"},
        ["--reference_score", *ACCUMULATED],
    ),
    "clue/cluener": (
        [CLUE / "cluener" / "dev.json"], CLUE / "cluener" / "test.json", {"macro_f1", "micro_f1", "reference_micro_f1"},
        ["--reference_score"],
    ),
    "clue/c3": ([CLUE / "c3" / "m-dev.json", CLUE / "c3" / "d-dev.json"], CLUE / "c3" / "test1.1.json", {"accuracy"}, []),
    "clue/chid": ([CLUE / "chid" / "dev.json"], CLUE / "chid" / "test1.0.json", {"accuracy"}, ACCUMULATED),
    "read": (
        [CLUE / "cmrc2018" / "dev.json"], CLUE / "cmrc2018" / "test.json", {"exact_match", "f1"}, ["--head", "pointer_pair"]
    ),
    "choose": ([FIXTURES / "choose" / "train.jsonl"], FIXTURES / "choose" / "test.jsonl", {"accuracy"}, []),
}
ON_BOTH = ("clue/cmrc2018", "clue/cluener", "clue/chid")                # a task of each kind on the other backend too


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    letters = {letter for path in FIXTURES.rglob("*.json*") for letter in path.read_text(encoding="utf-8").lower()}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
    tokens = [*special, *sorted(letter for letter in letters if letter.strip() and letter.isprintable())]
    return write_checkpoint(tmp_path_factory.mktemp("shapes") / "checkpoint", tokens)


@pytest.fixture(scope="module")
def trained(checkpoint, tmp_path_factory):
    """name -> the folder of a finished run of this task."""

    @functools.cache
    def run(name):
        gold, test, _, further = SHAPES[name]
        files = ["--train", *map(str, gold), "--dev", *map(str, gold), "--test", str(test)]
        flags = ["--init", str(checkpoint), "--from_scratch", "--epochs", "1", "--batch_size", "4", "--optimizer", "sgd"]
        flags += ["--max_length", "32", "--eval_batch_size", "8", "--no_jit", "--cache", "", "--quiet", *further]
        folder = tmp_path_factory.mktemp("trained") / "run"
        assert main(["train", name, *files, *flags, "--output", str(folder)]) == 0
        return folder

    return run


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.keras) if name in ON_BOTH else name for name in SHAPES])
def test_train_predict_submit(name, trained):
    _, test, scores, _ = SHAPES[name]
    folder = trained(name)
    found = json.loads((folder / "dev" / "scores.json").read_text())
    assert {name for name in found if not name.startswith("f1/")} == {*scores, "loss"}
    assert all(0 <= found[score] <= 1 for score in scores)

    task = task_catalog.find(name)[1]
    task = task.bind(task, task.options(), None, None) if task.bind else task
    examples, _ = read_examples(task.read, test, "test")
    lines = [json.loads(line) for line in (folder / "test" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [example.id for example in examples]
    assert name == "clue/cluener" or all(0 <= line["confidence"] <= 1 for line in lines)
    for line, example in zip(lines, examples, strict=True):
        if name in ("clue/cmrc2018", "read"):
            assert line["prediction"] and line["prediction"] in example.texts[1]
        elif name == "choose":
            assert line["prediction"] in example.texts[2:]

    if task.submit:
        assert main(["submit", name, "--run", str(folder), "--test", str(test), "--quiet"]) == 0
        assert (folder / "submission" / task.submit.files[test.name]).is_file()


def test_a_run_is_evaluated_and_predicts_texts_of_the_command_line(trained, capsys):
    folder = trained("choose")
    found = json.loads((folder / "dev" / "scores.json").read_text())
    capsys.readouterr()
    assert main(["evaluate", "choose", "--run", str(folder), "--quiet"]) == 0
    words = capsys.readouterr().out.split()
    assert dict(zip(words[::2], map(float, words[1::2]), strict=True)) == pytest.approx(found, abs=1e-4)

    texts = ["女：明天下雨，改天吧。", "明天天气怎么样？", "下雨", "生病", "下雪"]
    assert main(["predict", "choose", "--run", str(folder), *texts]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["prediction"] in texts[2:] and 1 / 3 <= line["confidence"] <= 1
    assert main(["predict", "choose", "--run", str(folder), *texts[:3]]) == 2
    assert "Give a passage, a question and two or more choices" in capsys.readouterr().err
