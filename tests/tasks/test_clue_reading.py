"""CMRC2018 and users' reading: round trip through windows, files to hand in, what is left out, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.data.readers.squad_json import Answer
from baselines.errors import InputError
from baselines.evaluation import submission
from baselines.evaluation.predictions import gather
from baselines.plugins import task_catalog
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "clue" / "cmrc2018"
NAMES = ("clue/cmrc2018", "read")


def task_of(name="clue/cmrc2018", **options):
    task = task_catalog.find(name)[1]
    return task.bind(task, task.options(**options), None, None)


def load(task, split):
    return read_examples(task.read, FIXTURES / f"{split}.json", split, task.labels)


def tokenizer(examples):
    """Its words are single characters, or pieces of them; the examples have Latin words, full-width digits and Hangul."""
    from baselines.tokenizers.normalization import Normalizer

    found = {piece for example in examples for text in example.texts for piece in "".join(Normalizer().words(text))}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return Tokenizer.from_vocabulary(Vocabulary([*special, *sorted(found), *sorted(f"##{piece}" for piece in found)]))


def gold_outputs(targets, length):
    scores = np.full((len(targets), length, length), -1.0, np.float32)
    scores[np.arange(len(targets)), targets[:, 0], targets[:, 1]] = 1
    return {"scores": scores}


@pytest.mark.parametrize("max_length", [32, 48, 512])
@pytest.mark.parametrize("name", NAMES)
def test_gold_as_outputs_scores_100(name, max_length):
    task = task_of(name)
    examples, dropped = load(task, "dev")
    assert (len(examples), dropped) == (10, 0)
    for encode in (task.encode, task.encode_train):
        rows = encode_examples(examples, encode, tokenizer(examples), max_length)
        assert rows.lengths.max() <= max_length and (len(rows) > 20) == (max_length < 100)
        batch = Batches(rows, len(rows), max_length, task.head.batch_targets).collate(np.arange(len(rows)))
        outputs = gold_outputs(batch["targets"], batch["features"]["token_ids"].shape[1])
        predicted = gather(examples, rows.example, task.head.compact(outputs, batch["features"]), task.decode)
        scores = task.metric([example.gold for example in examples], list(predicted.values()))
        assert scores == {"exact_match": 1.0, "f1": 1.0}, predicted


def test_answers_are_the_users_own_characters():
    """é, full-width letters and Hangul are other characters, or more, to the model."""
    examples, _ = load(task_of(), "dev")
    texts = {answer.text for example in examples for answer in example.gold}
    assert {"石匠Ｌéo", "한강", "iPhone手机里的版本"} <= texts


def test_the_submission_is_one_object_with_every_id(tmp_path):
    task = task_of()
    examples, _ = load(task, "test")
    assert [example.gold for example in examples] == [None] * 3
    rows = encode_examples(examples, task.encode, tokenizer(examples), 32)
    assert rows.targets is None
    predicted = {example.id: f"甲{number}" for number, example in enumerate(examples)}
    path = submission.write_submission(tmp_path, "test.json", task.submit, examples, predicted)
    submission.check_submission(path, "test.json", task.submit, examples)
    text = path.read_text(encoding="utf-8")
    assert path.name == "cmrc2018_predict.json" and "甲0" in text and '\n    "TEST_D1_QUERY_0"' in text
    assert json.loads(text) == {f"TEST_D1_QUERY_{number}": f"甲{number}" for number in range(3)}


def test_recipe_of_the_paper():
    recipe = task_of().recipe
    assert (recipe.max_length, recipe.batch_size, recipe.epochs, recipe.accumulate) == (512, 16, 10, 2)


def test_lint_is_told_where_answers_stand():
    task = task_of()
    for example in load(task, "dev")[0]:
        for span, answer in zip(task.linting.spans(example), example.gold, strict=True):
            assert example.texts[span.text_index][span.start : span.end] == answer.text


def file_of(path, *qas):
    paragraphs = [{"context": "柳桥建于1923年。", "qas": [each]} for each in qas]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}, ensure_ascii=False), encoding="utf-8")
    return path


def question(**changes):
    answers = [{"text": "1923年", "answer_start": 4}]
    return {"id": "q1", "question": "哪年？", "answers": answers} | changes


def test_questions_without_an_answer_are_left_out_where_gold_counts(tmp_path):
    path = file_of(tmp_path / "dev.json", question(), question(id="q2", answers=[]))
    examples, dropped = read_examples(task_of("read").read, path, "dev")
    assert [example.id for example in examples] == ["q1"] and dropped == 1
    assert len(read_examples(task_of("read").read, path, "test")[0]) == 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("questions, part", [
    ([question(), question()], "paragraphs[1].qas[0] (q1): the id 'q1' repeats that of dev.json: "),
    ([question(answers=[{"text": "1924年", "answer_start": 4}])], "the answer '1924年' is not at answer_start=4"),
    ([question(answers=[{"text": "FAKE", "answer_start": -1}])], "no gold answer"),
])
def test_bad_input(tmp_path, name, questions, part):
    with pytest.raises(InputError) as raised:
        read_examples(task_of(name).read, file_of(tmp_path / "dev.json", *questions), "dev")
    assert part in str(raised.value)


def test_misplaced_answers_are_moved_on_request(tmp_path):
    path = file_of(tmp_path / "dev.json", question(answers=[{"text": "1923年", "answer_start": 3}]))
    with pytest.raises(InputError, match="--fix_offsets"):
        read_examples(task_of().read, path, "dev")
    assert read_examples(task_of(fix_offsets=True).read, path, "dev")[0][0].gold == (("1923年", 4),)


def test_other_texts_than_two_are_refused():
    task = task_of("read")
    examples, _ = load(task, "dev")
    with pytest.raises(InputError, match="1 texts, but the task reads two."):
        next(task.encode(type(examples[0])(0, ("一",)), tokenizer(examples), 32))


def reference(examples, point_at=lambda example, target: target, words=None):
    """reference_accuracy of a model that points, in windows that have their answer, at `point_at` with score 1."""
    task = task_of(reference_score=True)

    def predict(examples, encode, decode):
        rows = encode_examples(examples, encode, words or tokenizer(examples), 64)
        batch = Batches(rows, len(rows), 64, task.head.batch_targets).collate(np.arange(len(rows)))
        pairs = zip(rows.example, batch["targets"], strict=True)
        targets = np.array([point_at(examples[owner], target) for owner, target in pairs])
        outputs = gold_outputs(targets, batch["features"]["token_ids"].shape[1])
        return gather(examples, rows.example, task.head.compact(outputs, batch["features"]), decode)

    return task.reference_score(examples, None, {}, predict)


def asked(context, *answers):
    """An Example with answers given by their texts."""
    gold = tuple(Answer(text, context.index(text)) for text in answers)
    return Example(id="q", texts=("哪年？", context), gold=gold)


def test_the_references_score_is_told_on_demand_only():
    assert task_of().reference_score is None and task_of("read").reference_score is None
    examples, _ = load(task_of(), "dev")
    assert reference(examples) == {"reference_accuracy": 1.0}


def test_gold_cuts_the_references_windows_into_tokens():
    """"12" is a part of the word "mate12": on dev as it is no model can say it, on the reference's windows it is a token."""
    task, example = task_of(), asked("新机mate12发布。", "12")
    words = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "新", "机", "mate12", "mate", "12"]))
    ((features, (first, last)),) = task.encode(example, words, 64)
    start, end = features["char_starts"][first], features["char_ends"][last]
    assert example.texts[1][start:end] == "mate12" and task.metric([example.gold], ["mate12"])["exact_match"] == 0.0
    assert reference([example], words=words) == {"reference_accuracy": 1.0}


def test_the_references_score_asks_for_the_first_answer():
    """Two annotators marked 1923年 and 1923: who says 1923 is right by the official rules, and wrong in the reference's count."""
    example = asked("柳桥建于1923年。", "1923年", "1923")
    short = lambda example, target: target - np.array([0, target[1] > target[0]])  # noqa: E731
    assert task_of().metric([example.gold], ["1923"])["exact_match"] == 1.0
    assert reference([example]) == {"reference_accuracy": 1.0}
    assert reference([example], short) == {"reference_accuracy": 0.0}


def test_spaces_around_an_answer_are_no_tokens():
    assert reference([asked("桥长 120 米。", " 120 ")]) == {"reference_accuracy": 1.0}
