"""Entities in the user's own files: columns and JSON lines, discovered categories, nesting, and the faults of each."""

import json
from pathlib import Path

import pytest

from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.plugins import task_catalog
from baselines.task import Labels
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "tag"


def bind(train_file, labels=None, **flags):
    task = task_catalog.find("tag")[1]
    return task.bind(task, task.options(**flags), labels, train_file)


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def told(function, *arguments, **flags):
    with pytest.raises(InputError) as raised:
        function(*arguments, **flags)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def golds(task, path):
    return [[tuple(entity) for entity in example.gold] for example in read_examples(task.read, path, "train", task.classes)[0]]


@pytest.mark.parametrize("name, categories, first", [
    ("people.bmes", ("NAME", "ORG", "TITLE"), [(0, 3, "NAME", "许知秋"), (4, 8, "ORG", "南屏大学"), (8, 10, "TITLE", "教授")]),
    ("people.bio.txt", ("LOC", "NAME"), [(0, 3, "NAME", "许知秋"), (4, 6, "LOC", "南屏")]),
    ("nested.jsonl", ("LOC", "NAME", "ORG", "TITLE"),
     [(0, 3, "NAME", "许知秋"), (4, 6, "LOC", "南屏"), (4, 8, "ORG", "南屏大学"), (8, 10, "TITLE", "教授")]),
])
def test_every_format_is_read_encoded_and_decoded(name, categories, first):
    task = bind(FIXTURES / name)
    assert task.labels.names == categories and task.classes is None and task.head.categories == len(categories)
    found = golds(task, FIXTURES / name)
    assert found[0] == first
    examples, _ = read_examples(task.read, FIXTURES / name, "dev", task.classes)
    letters = sorted({letter for example in examples for letter in example.texts[0]})
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters]))
    for example in examples:
        ((features, cells),) = task.encode(example, tokenizer, 64)
        spans = cells.copy()
        spans[:, 1:] = [[features["char_starts"][a], features["char_ends"][b]] for _, a, b in cells] or spans[:, 1:]
        assert task.decode(example, {"entities": [spans]}) == sorted(example.gold)


def test_heads():
    assert isinstance(bind(FIXTURES / "nested.jsonl").head, EntityPointerHead)
    assert bind(FIXTURES / "people.bmes", head="crf").head.chain == "crf"
    assert "--head 'bilstm' is unknown" in told(bind, FIXTURES / "people.bmes", head="bilstm")


def test_categories_of_a_run_stand_and_train_may_be_several_files():
    assert bind(None, Labels("z", "a")).labels.names == ("z", "a")
    both = bind((FIXTURES / "people.bmes", FIXTURES / "people.bio.txt"))
    assert both.labels.names == ("LOC", "NAME", "ORG", "TITLE")
    assert "--train FILE is required" in told(bind, None)


def test_spans_may_be_inclusive_and_under_other_names(tmp_path):
    path = write(tmp_path / "a.jsonl", {"content": "许知秋说", "label": [[0, 2, "NAME"]]})
    assert golds(bind(path, inclusive=True, text="content"), path) == [[(0, 3, "NAME", "许知秋")]]
    path = write(tmp_path / "b.json", {"text": "许知秋说", "spans": [[0, 3, "NAME"], [0, 3, "NAME"]]})
    assert golds(bind(path, entities="spans"), path) == [[(0, 3, "NAME", "许知秋")]]


def test_files_to_predict_need_no_entities(tmp_path):
    path = write(tmp_path / "new.jsonl", {"text": "许知秋说"})
    assert [example.gold for example in read_examples(bind(None, Labels("a")).read, path, "test")[0]] == [None]


@pytest.mark.parametrize("entities, part", [
    ([[2, 2, "N"]], "[2, 2] of N is no place in a text of 4 characters. If your file gives the last character, add --inclusive."),
    ([[2, 1, "N"]], "[2, 1] of N is no place in a text of 4 characters. Check the offsets."),
    ([[0, 5, "N"]], "[0, 5] of N is no place"),
    ([[-1, 2, "N"]], "[-1, 2] of N is no place"),
    ([[0, 2, "N", "许知秋"]], "'许知秋' is not at [0, 2], where '许知' is. If your file gives the last character, add"),
    ([[0, 2]], "[0, 2] is not an entity in a known layout. Write [start, end, category]: [0, 2, \"NAME\"]."),
    ([[0, 2, ""]], "is not a start, end and category"),
    ([["0", 2, "N"]], "is not a start, end and category"),
    ({"N": [0, 2]}, "N: [0, 2] is not an object"),
    ("N", "entities: 'N' is not a list"),
    ([], "no entities to learn from."),
])
def test_faults_of_json_lines(tmp_path, entities, part):
    path = write(tmp_path / "a.jsonl", {"text": "许知秋说", "entities": entities})
    message = told(bind, path)
    assert part in message and "a.jsonl" in message


def test_one_label_per_token_and_nested_entities():
    message = told(bind, FIXTURES / "nested.jsonl", head="crf")
    assert "nested.jsonl:1: the entities " in message and "overlap" in message and "Use --head global_pointer" in message


def test_a_category_that_training_did_not_show_is_told_with_its_line(tmp_path):
    from baselines.data.encoding import encode_examples

    task = bind(FIXTURES / "people.bio.txt")
    path = write(tmp_path / "dev.jsonl", {"text": "许知秋说", "entities": [[0, 3, "NAMES"]]})
    examples, _ = read_examples(task.read, path, "dev", task.classes)
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"许知秋说"]))
    message = told(encode_examples, examples, task.encode, tokenizer, 64)
    assert message.startswith("dev.jsonl:1: unknown label 'NAMES'. Use one of LOC, NAME. Did you mean NAME?")


def test_illegal_sequences_are_refused_or_repaired(tmp_path):
    path = tmp_path / "a.bio"
    path.write_text("许 I-NAME\n说 O\n在 B-LOC\n", encoding="utf-8")
    assert "a.bio:1: I-NAME continues no entity" in told(bind, path)
    assert golds(bind(path, repair_tags=True), path) == [[(0, 1, "NAME", "许"), (2, 3, "LOC", "在")]]


@pytest.mark.parametrize("head", ["efficient_global_pointer", pytest.param("crf", marks=pytest.mark.keras)])
def test_from_files_to_predictions(tiny, tmp_path, capsys, head):
    """Categories, head and weights come back from the run folder."""
    from baselines.cli.main import main

    flags = {"train": FIXTURES / "people.bmes", "dev": FIXTURES / "people.bmes", "test": FIXTURES / "nested.jsonl",
             "output": tmp_path / "run", "head": head, "max_length": 32, "quiet": True, "epochs": 1}
    assert main(["train", "tag", *tiny.flags(**flags)]) == 0
    assert json.loads((tmp_path / "run" / "labels.json").read_text()) == ["NAME", "ORG", "TITLE"]
    lines = (tmp_path / "run" / "test" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    capsys.readouterr()
    assert main(["predict", "tag", "--run", str(tmp_path / "run"), "许知秋，南屏大学教授"]) == 0
    prediction = json.loads(capsys.readouterr().out.splitlines()[-1])["prediction"]
    assert prediction == json.loads(lines[0])["prediction"]
    assert all(text == "许知秋，南屏大学教授"[start:end] for start, end, _, text in prediction)
