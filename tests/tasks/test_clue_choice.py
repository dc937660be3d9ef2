"""C3, CHID and users' multiple choice: round trip, files to hand in, the blanks of a line together, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.evaluation import submission
from baselines.evaluation.predictions import gather
from baselines.plugins import task_catalog
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CHID = FIXTURES / "clue" / "chid"
PATHS = {
    "clue/c3": tuple(FIXTURES / "clue" / "c3" / name for name in ("m-dev.json", "d-dev.json")),
    "clue/chid": CHID / "dev.json",
    "choose": FIXTURES / "choose" / "train.jsonl",
}


def task_of(name):
    task = task_catalog.find(name)[1]
    return task.bind(task, task.options(), None, None) if task.bind else task


def load(name, split="dev"):
    return read_examples(task_of(name).read, PATHS[name], split)[0]


def tokenizer(examples):
    characters = sorted({character for example in examples for text in example.texts for character in text})
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]", *characters]))


def batch_of(name, examples, max_length=64):
    task = task_of(name)
    rows = encode_examples(examples, task.encode, tokenizer(examples), max_length)
    return rows, Batches(rows, len(rows), max_length, task.head.batch_targets).collate(np.arange(len(rows)))


@pytest.mark.parametrize("name, questions, choices", [("clue/c3", 10, 4), ("clue/chid", 10, 10), ("choose", 10, 4)])
def test_gold_as_outputs_scores_100(name, questions, choices):
    task, examples = task_of(name), load(name)
    rows, batch = batch_of(name, examples)
    assert len(examples) == questions and batch["features"]["token_ids"].shape[1:] == (choices, 64)
    logits = np.eye(choices, dtype=np.float32)[batch["targets"]]
    predicted = gather(examples, rows.example, {"logits": logits}, task.decode)
    assert task.metric([example.gold for example in examples], list(predicted.values())) == {"accuracy": 1.0}
    sure = gather(examples, rows.example, {"logits": logits}, task.head.confidence)
    assert all(1 / choices < value < 1 for value in sure.values())


def test_c3_reads_both_of_a_splits_files():
    examples = load("clue/c3")
    assert [example.origin.partition(":")[0] for example in examples] == ["m-dev.json"] * 4 + ["d-dev.json"] * 6
    assert examples[0].id == "f-2-0" and examples[0].gold == 1
    assert examples[0].texts[0] == "老王每天五点起床，先去河边打拳，再给全家做早饭。||退休以后，他又学会了画画。"
    assert task_of("clue/c3").files["train"] == ("m-train.json", "d-train.json")


def test_c3_rows_hold_passage_question_choice():
    example = Example("1", ("甲乙||丙", "丁", "戊", "己己"), 1)
    (features, target), = task_of("clue/c3").encode(example, tokenizer([example]), 32)
    words = [tokenizer([example]).vocabulary.tokens[index] for index in features["token_ids"][1]]
    assert words == ["[CLS]", *"甲乙||丙", "[SEP]", "丁", "[SEP]", "己", "己", "[SEP]"] and target == 1
    assert features["token_ids"].shape == (4, 12) and not features["token_ids"][2:].any()


@pytest.mark.parametrize("test_file, name", [("test1.0.json", "c310_predict.json"), ("test1.1.json", "c311_predict.json")])
def test_c3_submissions(tmp_path, test_file, name):
    task = task_of("clue/c3")
    examples, _ = read_examples(task.read, FIXTURES / "clue" / "c3" / test_file, "test")
    assert all(example.gold is None for example in examples)
    predicted = {example.id: number % 4 for number, example in enumerate(examples)}
    path = submission.write_submission(tmp_path, test_file, task.submit, examples, predicted)
    submission.check_submission(path, test_file, task.submit, examples)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert path.name == name and lines == [{"id": str(number), "label": str(number % 4)} for number in range(len(examples))]


@pytest.mark.parametrize("name, expected", [("clue/c3", (512, 4, 10, 4)), ("clue/chid", (64, 12, 5, 2))])
def test_recipes_of_the_paper(name, expected):
    recipe = task_of(name).recipe
    assert (recipe.max_length, recipe.batch_size, recipe.epochs, recipe.accumulate) == expected


def chid():
    import tasks.clue.chid

    return tasks.clue.chid


def test_chid_worked_truncation():
    """64 tokens: 3 special, 4 of the candidate, 1 of the blank, 4 of each other blank."""
    left, right = chid().truncate(["甲" * 50], ["乙" * 10, "丙" * 40], 56)
    assert (left, right) == (["甲" * 26], ["乙" * 10, "丙" * 16])
    assert chid().truncate(["甲" * 10], ["乙" * 60], 56) == (["甲" * 10], ["乙" * 46])
    assert chid().truncate(["甲", "乙"], [""], 56) == (["甲", "乙"], [""])


def test_chid_truncation_always_fits_and_keeps_what_is_near():
    rng = np.random.default_rng(0)
    for _ in range(200):
        pieces = ["".join(rng.choice(list("甲乙丙"), rng.integers(0, 30))) for _ in range(rng.integers(2, 8))]
        place, room = int(rng.integers(1, len(pieces))), int(rng.integers(1, 60))
        left, right = chid().truncate(pieces[:place], pieces[place:], room)
        assert sum(map(len, left + right)) + 4 * (len(left) + len(right) - 2) <= room
        assert pieces[place - 1].endswith(left[-1]) and pieces[place].startswith(right[0])
        assert left[1:] == pieces[place - len(left) + 1 : place] and right[:-1] == pieces[place : place + len(right) - 1]


def test_chid_marks_the_blank_and_masks_the_others():
    example = Example(1, ("甲#idiom000001##idiom000002#乙", *("子丑寅卯辰巳午未申酉")), {"#idiom000001#": 9, "#idiom000002#": 0})
    words = tokenizer([example]).vocabulary.tokens
    (first, target), (second, other) = chid().encode(example, tokenizer([example]), 64)
    shown = lambda features, row: [words[index] for index in features["token_ids"][row]]  # noqa: E731
    masks = ["[MASK]"] * 4
    assert shown(first, 0) == ["[CLS]", "子", "[SEP]", "甲", "[unused1]", *masks, "乙", "[SEP]"]
    assert shown(second, 9) == ["[CLS]", "酉", "[SEP]", "甲", *masks, "[unused1]", "乙", "[SEP]"]
    assert (target, other) == (9, 0) and first["token_ids"].shape == (10, 11)


def test_chid_answers_of_a_line_are_distinct():
    example = Example(1, ("#idiom000001##idiom000002#", *("子丑寅卯辰巳午未申酉")))
    logits = np.zeros((2, 10))
    logits[:, :2] = [[2, 1.9], [3, 1]]
    assert chid().decode(example, {"logits": logits}) == {"#idiom000001#": 1, "#idiom000002#": 0}


def test_chid_rows_are_as_long_as_they_may_be():
    rows, batch = batch_of("clue/chid", load("clue/chid"))
    assert rows.lengths.max() == 64 and len(rows) == 17
    assert np.bincount(rows.example).tolist() == [3, 1, 2, 1, 3, 1, 1, 2, 2, 1]


def test_fewclues_lines_have_seven_candidates():
    task = task_of("clue/chid")
    examples, _ = read_examples(task.read, CHID / "fewclue.json", "dev")
    assert [(example.id, example.gold) for example in examples] == [(242, {"#idiom#": 3}), (300, {"#idiom#": 6})]
    (features, target), = task.encode(examples[0], tokenizer(examples), 64)
    assert features["token_ids"][:7, 0].all() and not features["token_ids"][7:].any() and target == 3


def test_chid_submissions_are_one_object_of_all_blanks(tmp_path):
    task = task_of("clue/chid")
    for test_file, name in {"test1.0.json": "chid10_predict.json", "test1.1.json": "chid11_predict.json"}.items():
        examples, _ = read_examples(task.read, CHID / test_file, "test")
        assert all(example.gold is None for example in examples)
        predicted = {}
        for example in examples:
            predicted[example.id] = task.decode(example, {"logits": np.eye(10)[: len(chid().blanks_of(example))]})
        path = submission.write_submission(tmp_path, test_file, task.submit, examples, predicted)
        submission.check_submission(path, test_file, task.submit, examples)
        written = json.loads(path.read_text(encoding="utf-8"))
        assert path.name == name and all(type(value) is int for value in written.values())
        assert list(written) == [blank for example in examples for blank in chid().blanks_of(example)]
        path.write_text(json.dumps(dict(list(written.items())[1:])))
        with pytest.raises(InputError, match="has '#idiom"):
            submission.check_submission(path, test_file, task.submit, examples)


LINE = {"content": ["甲#idiom000001#乙", "#idiom000002#"], "candidates": list("子丑寅卯辰巳午未申酉")}
ANSWERS = {"#idiom000001#": 0, "#idiom000002#": 9}


def write(folder, *lines, answers=ANSWERS):
    (folder / "train.json").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    if answers is not None:
        (folder / "train_answer.json").write_text(json.dumps(answers))
    return folder / "train.json"


def refused(name, path, split="train"):
    with pytest.raises(InputError) as raised:
        read_examples(task_of(name).read, path, split)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("changes, part", [
    ({"candidates": list("子丑寅卯辰巳午未申")}, "9 different candidates: ["),
    ({"candidates": list("子丑寅卯辰巳午未申申")}, "9 different candidates: ["),
    ({"candidates": "子丑"}, "candidates holds something else than texts, or an empty one: '子丑'"),
    ({"content": ["".join(f"#idiom{n:06d}#" for n in range(11))]}, "11 blanks. The format has 1 to 10"),
    ({"content": ["甲"]}, "0 blanks. The format has 1 to 10"),
    ({"content": ["#idiom000001##idiom000003#"]}, "the answer file has no answer to #idiom000003#."),
    ({"content": ["#idiom000001##idiom000001#"]}, "#idiom000001# is in train.json:1 already"),
    ({"content": "甲#idiom#", "answer": 1}, "10 different candidates"),
    ({"content": "甲#idiom#", "candidates": list("子丑寅卯辰巳午"), "answer": 7}, "{'#idiom#': 7} is not the number"),
    ({"content": "甲#idiom#乙#idiom#", "candidates": list("子丑寅卯辰巳午"), "answer": 1}, "2 blanks. The format has 1, such as"),
])
def test_chid_bad_lines(tmp_path, changes, part):
    message = refused("clue/chid", write(tmp_path, LINE | changes))
    assert message.startswith("train.json:1: ") and part in message


def test_chid_answer_files(tmp_path):
    assert "Use 0 to 9" in refused("clue/chid", write(tmp_path, LINE, answers=ANSWERS | {"#idiom000001#": 10}))
    assert "train_answer.json: [1] is not an object" in refused("clue/chid", write(tmp_path, LINE, answers=[1]))
    (tmp_path / "train_answer.json").unlink()
    assert "no gold answer" in refused("clue/chid", write(tmp_path, LINE, answers=None))
    message = refused("clue/chid", write(tmp_path, LINE, LINE))
    assert "train.json:2: #idiom000001# is in train.json:1 already." in message


QUESTION = {"passage": "甲", "question": "乙？", "choices": ["丙", "丁"], "answer": 1}


@pytest.mark.parametrize("changes, part", [
    ({"answer": "戊"}, "answer is '戊'. Write one of ['丙', '丁'], or its number from 0 to 1."),
    ({"answer": 2}, "answer is 2. Write one of"),
    ({"answer": True}, "answer is True."),
    ({"choices": ["丙"]}, "choices is ['丙']. Write a list of two or more texts"),
    ({"choices": ["丙", "丙"]}, "choices repeats a choice"),
    ({"choices": "丙丁"}, "Write a list of two or more texts"),
    ({"passage": ""}, "passage is not a text, or is empty"),
    ({"answer": None}, "no gold answer"),
])
def test_choose_bad_lines(tmp_path, changes, part):
    message = refused("choose", write(tmp_path, QUESTION | changes, answers=None))
    assert message.startswith("train.json:1: ") and part in message


def test_choose_reads_texts_and_numbers_and_other_names(tmp_path):
    assert load("choose")[0].gold == "下雨" and load("choose")[1].gold == "女的"
    line = {"text": "甲", "q": "乙？", "options": ["丙", "丁"], "label": 0, "key": "x"}
    task = task_catalog.find("choose")[1]
    options = task.options(passage="text", question="q", choices="options", answer="label", id="key")
    (example,), _ = read_examples(task.bind(task, options, None, None).read, write(tmp_path, line, answers=None), "train")
    assert example == Example("x", ("甲", "乙？", "丙", "丁"), "丙", origin="train.json:1")


@pytest.mark.parametrize("name, texts, part", [
    ("choose", ("甲", "乙？", "丙"), "3 texts are not enough. Give a passage, a question and two or more choices."),
    ("clue/chid", ("甲", "乙？", "丙"), "Give texts with #idiom# blanks"),
    ("clue/chid", ("甲#idiom##idiom#", "丙"), "2 blanks and 1 candidates."),
])
def test_texts_of_the_command_line_must_make_a_question(name, texts, part):
    with pytest.raises(InputError, match=part):
        next(iter(task_of(name).encode(Example(0, texts), tokenizer([Example(0, texts)]), 32)))
