"""The seven classification tasks of CLUE: round trip on ten lines each, labels, recipes, files to hand in, variants."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.evaluation import predictions, submission
from baselines.plugins import task_catalog
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "clue"
NLI = ("entailment", "neutral", "contradiction")
# name: (labels, epochs, {test file: file to hand in}) as in specs and on the leaderboard
EXPECTED = {
    "tnews": ("100 101 102 103 104 106 107 108 109 110 112 113 114 115 116".split(), 10,
              {"test1.0.json": "tnews10_predict.json", "test.json": "tnews11_predict.json"}),
    "iflytek": ([str(number) for number in range(119)], 10, {"test.json": "iflytek_predict.json"}),
    "afqmc": (["0", "1"], 10, {"test.json": "afqmc_predict.json"}),
    "cmnli": (NLI, 10, {"test.json": "cmnli_predict.json"}),
    "ocnli": (NLI, 10, {"test.json": "ocnli_50k_predict.json"}),
    "csl": (["0", "1"], 10, {"test.json": "csl_predict.json"}),
    "wsc": (["false", "true"], 30, {"test1.0.json": "cluewsc10_predict.json", "test.json": "cluewsc11_predict.json"}),
}


def task_of(name):
    return task_catalog.find(f"clue/{name}")[1]


def load(name, split):
    task = task_of(name)
    return read_examples(task.read, FIXTURES / name / f"{split}.json", split, task.labels)


def tokenizer(examples):
    characters = sorted({character for example in examples for text in example.texts for character in text})
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]))


def one_hot(targets, classes):
    return {"logits": np.eye(classes, dtype=np.float32)[np.array(targets)]}


@pytest.mark.parametrize("name", EXPECTED)
def test_gold_as_outputs_scores_100(name):
    task, (examples, dropped) = task_of(name), load(name, "dev")
    assert len(examples) + dropped == (15 if name == "tnews" else 10)
    assert dropped == (1 if name in ("cmnli", "ocnli") else 0)
    encoder = tokenizer(examples)
    rows = [list(task.encode(example, encoder, 128)) for example in examples]
    assert {len(windows) for windows in rows} == {1}
    for features, target in (windows[0] for windows in rows):
        assert features["token_ids"].dtype == np.int32 and 4 <= len(features["token_ids"]) <= 128
        assert not features["segment_ids"].any() and 1 not in features["token_ids"]
        assert 0 <= target < len(task.labels)
    outputs = one_hot([windows[0][1] for windows in rows], len(task.labels))
    predicted = predictions.gather(examples, range(len(examples)), outputs, task.decode)
    golds = [example.gold for example in examples]
    assert task.metric(golds, list(predicted.values())) == {"accuracy": 1.0}


@pytest.mark.parametrize("name", EXPECTED)
def test_submissions_keep_every_id(name, tmp_path):
    task, (examples, dropped) = task_of(name), load(name, "test")
    lines = [json.loads(line) for line in (FIXTURES / name / "test.json").read_text(encoding="utf-8").splitlines()]
    assert dropped == 0 and all(example.gold is None for example in examples)
    encoder = tokenizer(examples)
    assert [target for example in examples for _, target in task.encode(example, encoder, 128)] == [None] * len(lines)
    outputs = one_hot(np.arange(len(examples)) % len(task.labels), len(task.labels))
    predicted = predictions.gather(examples, range(len(examples)), outputs, task.decode)
    for test_file in task.submit.files:
        path = submission.write_submission(tmp_path, test_file, task.submit, examples, predicted)
        submission.check_submission(path, test_file, task.submit, examples, task.labels)
        written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert [line["id"] for line in written] == [str(line["id"]) for line in lines]
        assert all(list(line) == ["id", "label"] and isinstance(line["label"], str) for line in written)


@pytest.mark.parametrize("name", EXPECTED)
def test_labels_recipe_and_official_names(name):
    task, (labels, epochs, files) = task_of(name), EXPECTED[name]
    assert task.labels.names == tuple(labels) and task.head.classes == len(labels)
    assert (task.recipe.max_length, task.recipe.batch_size, task.recipe.epochs) == (128, 32, epochs)
    assert dict(task.submit.files) == files
    tests = task.files["test"]
    assert set(files) == set(tests if isinstance(tests, tuple) else [tests])
    assert "cluebenchmark/tasks/" in task.source and f"datasets/clue/{name}" in task.source
    assert set(task.demo.recipe) <= set(type(task.recipe).__dataclass_fields__)


def write_lines(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_fewclue_rows_are_read_too(tmp_path):
    """Numbers as labels, ids on training rows."""
    path = write_lines(tmp_path / "train_0.json", {"label": 102, "label_desc": "", "sentence": "今天", "id": 5890})
    (example,), _ = read_examples(task_of("tnews").read, path, "train", task_of("tnews").labels)
    assert (example.id, example.gold) == (5890, "102")


def test_pairs_between_tabs_are_read_too(tmp_path):
    path = tmp_path / "train.txt.gz"
    path.write_bytes(gzip.compress("怎么还款\t\"还款\"在哪\t1\n今天下雨\t明天下雨\t0\n".encode()))
    examples, _ = read_examples(task_of("afqmc").read, path, "train", task_of("afqmc").labels)
    assert [(example.id, example.texts, example.gold) for example in examples] == [
        (1, ("怎么还款", '"还款"在哪'), "1"), (2, ("今天下雨", "明天下雨"), "0"),
    ]
    path = tmp_path / "dev.txt"
    path.write_text("a\tb\tneutral\nc\td\t-\n")
    examples, dropped = read_examples(task_of("cmnli").read, path, "dev", task_of("cmnli").labels)
    assert [example.gold for example in examples] == ["neutral"] and dropped == 1


def test_disagreement_is_kept_for_prediction(tmp_path):
    path = write_lines(tmp_path / "dev.json", {"sentence1": "甲", "sentence2": "乙", "label": "-", "id": 3})
    (example,), dropped = read_examples(task_of("ocnli").read, path, "test", task_of("ocnli").labels)
    assert example.gold is None and not example.scored and dropped == 0


@pytest.mark.parametrize("name, row, part", [
    ("tnews", {"label": "105", "sentence": "今天"}, "dev.json:1: unknown label '105'. Use one of 100, 101"),
    ("tnews", {"label": "100", "sentense": "今天"}, "dev.json:1: there is no field 'sentence', only label, sen"),
    ("tnews", {"label": "100", "sentence": " "}, "dev.json:1: sentence is not a text, or is empty: "),
    ("ocnli", {"sentence1": "甲", "sentence2": "乙", "label": "neutrl"}, "Did you mean neutral"),
    ("afqmc", {"sentence1": "甲", "label": "1"}, "there is no field 'sentence2'"),
    ("csl", {"abst": "甲", "keyword": "甲;乙", "label": "1"}, "keyword is '甲;乙'. Write a list of texts"),
    ("iflytek", {"sentence": "甲", "label": 119}, "unknown label '119'"),
])
def test_faulty_rows(tmp_path, name, row, part):
    path = write_lines(tmp_path / "dev.json", row)
    with pytest.raises(InputError) as raised:
        read_examples(task_of(name).read, path, "dev", task_of(name).labels)
    assert part in str(raised.value) and "\n" not in str(raised.value)


def test_a_text_of_a_hundred_thousand_characters_is_trimmed(tmp_path):
    path = write_lines(tmp_path / "dev.json", {"sentence": "字" * 100_000, "label": "0"})
    task = task_of("iflytek")
    examples, _ = read_examples(task.read, path, "dev", task.labels)
    ((features, target),) = task.encode(examples[0], tokenizer(examples), 128)
    assert len(features["token_ids"]) == 128 and features["token_ids"][-1] == 3 and target == 0


def test_csl_puts_the_keywords_first():
    examples, _ = load("csl", "dev")
    assert examples[0].texts[0] == "水稻；施肥；产量；土壤" and examples[0].texts[1].startswith("为提高水稻产量")


def wsc_row(**changes):
    target = {"span1_text": "小猫", "span1_index": 0, "span2_text": "它", "span2_index": 8} | changes
    return {"target": target, "text": "小猫追着毛线球，它累了。", "label": "true", "idx": 0}


def wsc_text(tmp_path, row):
    (example,) = task_of("wsc").read(write_lines(tmp_path / "train.json", row))
    return example.texts[0]


def test_wsc_marks_both_spans_in_either_order(tmp_path):
    assert wsc_text(tmp_path, wsc_row()) == "_小猫_追着毛线球，[它]累了。"
    swapped = {"span1_text": "它", "span1_index": 8, "span2_text": "小猫", "span2_index": 0}
    assert wsc_text(tmp_path, wsc_row(**swapped)) == "[小猫]追着毛线球，_它_累了。"
    assert wsc_text(tmp_path, wsc_row(span1_text="毛线球，", span1_index=4)) == "小猫追着_毛线球，_[它]累了。"


@pytest.mark.parametrize("changes, part", [
    ({"span1_index": 1}, "train.json:1, target: '小猫' is not at span1_index=1, where '猫追' is."),
    ({"span2_index": 800}, "'它' is not at span2_index=800"),
    ({"span2_index": -4}, "'它' is not at span2_index=-4"),
    ({"span2_index": "8"}, "'它' is not at span2_index='8'"),
    ({"span1_text": "毛线球，它", "span1_index": 4}, "the two spans overlap: "),
    ({"span1_text": ""}, "span1_text is not a text, or is empty"),
])
def test_wsc_refuses_spans_that_are_not_there_or_overlap(tmp_path, changes, part):
    with pytest.raises(InputError) as raised:
        wsc_text(tmp_path, wsc_row(**changes))
    assert part in str(raised.value)


def test_a_file_of_labels_replaces_the_tasks_own(tmp_path):
    """DataCLUE's TNEWS has the classes 0 … 14."""
    names = tuple(str(number) for number in range(14, -1, -1))
    path = write_lines(tmp_path / "labels.json", *({"label_des": "示例", "label": name} for name in names))
    task = task_of("tnews")
    bound = task.bind(task, task.options(labels=str(path)), None, None)
    assert bound.labels.names == names and bound.head.classes == 15
    assert bound.decode(None, one_hot([0], 15)) == "14"
    assert task.bind(task, task.options(), None, None) is task
    assert task.bind(task, task.options(labels=str(path)), bound.labels, None).labels is bound.labels
    write_lines(path, {"label": "1"}, {"label": "1"})
    with pytest.raises(InputError, match="the labels are 1, 1. Give two or more"):
        task.bind(task, task.options(labels=str(path)), None, None)
    data = write_lines(tmp_path / "train.json", {"label": "7", "sentence": "今天"})
    with pytest.raises(InputError, match="give it with --labels"):
        read_examples(task.read, data, "train", task.labels)
