"""The nine tasks of FewCLUE on the embedded lines: round trip, folds, files to hand in, words of the classes."""

import json

import numpy as np
import pytest

from baselines.cli import train
from baselines.data.batching import Batches
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.evaluation import submission
from baselines.evaluation.predictions import gather
from baselines.experiment.input_files import data_file
from baselines.plugins import task_catalog
from baselines.plugins.locations import embedded
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

# name: (classes or candidates, file to hand in), as the leaderboard has them
EXPECTED = {
    "eprstmt": (2, "eprstmt_predict.json"),
    "csldcp": (67, "csldcp_predict.json"),
    "tnews": (15, "tnewsf_predict.json"),
    "iflytek": (119, "iflytekf_predict.json"),
    "ocnli": (3, "ocnlif_predict.json"),
    "bustm": (2, "bustm_predict.json"),
    "chid": (7, "chidf_predict.json"),
    "csl": (2, "cslf_predict.json"),
    "cluewsc": (2, "cluewscf_predict.json"),
}


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_folder(embedded("checkpoints/mini"))


def load(name, split):
    full, task = task_catalog.find(f"fewclue/{name}")
    return task, read_examples(task.read, data_file(full, task, split, None, demo=True), split, task.labels)[0]


@pytest.mark.parametrize("name", EXPECTED)
def test_gold_as_outputs_scores_100(name, tokenizer):
    (choices, _), (task, examples) = EXPECTED[name], load(name, "dev")
    assert len(examples) == 32
    rows = encode_examples(examples, task.encode, tokenizer, 64)
    batch = Batches(rows, len(rows), 64, task.head.batch_targets, tokenizer.vocabulary.pad_id).collate(np.arange(len(rows)))
    outputs = {"logits": np.eye(choices, dtype=np.float32)[batch["targets"]]}
    predicted = gather(examples, rows.example, outputs, task.decode)
    assert task.metric([example.gold for example in examples], list(predicted.values())) == {"accuracy": 1.0}
    assert choices == (len(task.labels) if task.labels else batch["features"]["token_ids"].shape[1])
    assert tokenizer.vocabulary.unk_id not in batch["features"]["token_ids"]


def test_the_candidates_of_a_text_fill_its_masks(tokenizer):
    """The scores are the sums of the logits of each candidate's tokens in the masks, whatever the padding."""
    import keras

    from baselines.models.checkpoint import Checkpoint
    from baselines.task_models.few_labels.pet import Pet

    task, examples = load("chid", "dev")
    bound = Pet().bind(task, tokenizer)
    rows = encode_examples(examples[:3], bound.encode, tokenizer, 40)
    batch = Batches(rows, 3, 40, bound.head.batch_targets, tokenizer.vocabulary.pad_id).collate(np.arange(3))
    encoder = Checkpoint.open(embedded("checkpoints/mini")).build(with_mlm="linear")
    scores = keras.ops.convert_to_numpy(bound.head(encoder)(batch["features"])["logits"])
    logits = keras.ops.convert_to_numpy(encoder({name: batch["features"][name] for name in encoder.input})["mlm"])
    assert scores.shape == (3, 7) and batch["targets"].tolist() == [example.gold for example in examples[:3]]
    for row, example in enumerate(examples[:3]):
        places = np.flatnonzero(batch["features"]["token_ids"][row] == tokenizer.vocabulary.mask_id)
        expected = [logits[row, places, tokenizer.ids(candidate)].sum() for candidate in example.texts[1:]]
        np.testing.assert_allclose(scores[row], expected, rtol=1e-4)
    with pytest.raises(InputError, match="other than 4 tokens"):
        list(bound.encode(Example(1, ("的#idiom#", "三个字", "一举两得")), tokenizer, 40))


@pytest.mark.parametrize("name", EXPECTED)
def test_submissions_have_the_official_name_ids_and_values(name, tmp_path):
    task, examples = load(name, "test")
    assert all(example.gold is None for example in examples) and len(examples) == 12
    answers = {example.id: 3 if name == "chid" else task.labels.names[-1] for example in examples}
    path = submission.write_submission(tmp_path, "test.json", task.submit, examples, answers)
    submission.check_submission(path, "test.json", task.submit, examples, task.labels)
    assert path.name == EXPECTED[name][1]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    value = {"answer": 3} if name == "chid" else {"label": task.labels.names[-1]}
    assert lines == [{"id": example.id, **value} for example in examples]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "chid"])
def test_words_of_classes_are_different_and_of_one_length(name, tokenizer):
    task = task_catalog.find(f"fewclue/{name}")[1]
    assert list(task.cloze.words) and set(task.cloze.words) == set(task.labels.names)
    ids = [tuple(tokenizer.ids(task.cloze.words[label])) for label in task.labels.names]
    assert len(set(ids)) == len(ids) and len({len(word) for word in ids}) == 1
    assert all(f"{{{slot}}}" in task.cloze.pattern for slot in ("text", "label") + ("text_pair",) * (task.num_texts - 1))


def test_the_text_around_the_blank_stays(tokenizer):
    task = task_catalog.find("fewclue/chid")[1]
    for left, right in ((200, 200), (0, 300), (300, 0), (3, 4)):
        text = "前" * left + "#idiom#" + "后" * right
        ((features, target),) = task.encode(Example(1, (text, "画蛇添足", "一举两得"), 1), tokenizer, 40)
        ids, mask = features["token_ids"], tokenizer.vocabulary.mask_id
        assert ids.shape == (2, min(40, left + right + 11)) and target == 1 and ((ids == mask).sum(axis=1) == 4).all()
    with pytest.raises(InputError, match="one #idiom#"):
        list(task.encode(Example(1, ("没有空", "画蛇添足", "一举两得")), tokenizer, 40))


def test_a_fold_takes_the_place_of_the_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "datasets" / "fewclue" / "bustm"
    folder.mkdir(parents=True)
    for file in ("train_3.json", "dev_3.json"):
        (folder / file).write_text("")
    run = lambda *words: train.arguments_of(["run.py", "train", "fewclue/bustm", *words])  # noqa: E731
    name, arguments = run("--fold", "3", "--demo", "--no_demo")
    assert name == "fewclue/bustm"
    assert (arguments.flags.train, arguments.flags.dev) == (
        ("datasets/fewclue/bustm/train_3.json",), ("datasets/fewclue/bustm/dev_3.json",),
    )  # fmt: skip
    for words, part in (
        (("--fold", "5"), "'5': fewclue/bustm has the folds 0, 1, 2, 3, 4, few_all"),
        (("--fold", "2"), "train_2.json does not exist"),
        (("--fold", "3", "--train", "a.json"), "--fold 3 takes the place of --train and --dev"),
    ):
        with pytest.raises(InputError) as raised:
            run(*words)
        assert part in str(raised.value)
