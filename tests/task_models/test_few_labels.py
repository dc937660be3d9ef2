"""Runs with few labels: each mode from the command line, then evaluated, predicted and resumed; what cannot be."""

import json

import numpy as np
import pytest
import yaml
from conftest import command, refused, write_checkpoint, write_lines

from baselines.cli.main import main
from baselines.data.examples import read_examples
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.task import Split
from baselines.task_models.closed_form_head import ClosedFormHead
from baselines.task_models.loading import open_run
from baselines.training.closed_form import ClassMoments
from baselines.training.trainer import Interrupted, Trainer

pytestmark = pytest.mark.keras

WORDS = "103=球队,109=手机,112=海边"
PET = ("--few", "pet", "--few.words", WORDS, "--few.pattern", "{label}{text}")


def flags_of(tiny, folder, *words, **changes):
    return ["train", "classify", *tiny.flags(output=folder, quiet=True, **changes), "--text", "sentence", *words]


@pytest.fixture(scope="module")
def runs(tiny, made_once):
    """{mode: a finished run}. Tests leave them as they are."""
    import keras

    result = {}
    for mode, words in {
        "closed_form": ("--few", "closed_form"),
        "first": ("--few", "closed_form", "--few.pooling", "first"),
        "setfit": ("--few", "setfit", "--strategies", "ema"),
        "pet": (*PET, "--few.prompts", "3"),
    }.items():
        make = lambda folder, words=words: command(*flags_of(tiny, folder, *words))  # noqa: E731
        result[mode] = RunFolder(made_once(f"few-{keras.backend.backend()}-{mode}", make))
    return result


def summary(run):
    return json.loads((run.path / "summary.json").read_text(encoding="utf-8"))


def opened(run):
    with Display(True) as display:
        return open_run(run, None, display)[0]


def training_split(task_model, tiny):
    examples, _ = read_examples(task_model.task.read, tiny.train, "train", task_model.task.classes)
    return task_model.encode_split(Split("train", tiny.train, examples))


@pytest.mark.parametrize("mode", ["closed_form", "setfit"])
def test_the_head_of_the_best_epoch_is_the_closed_form_of_its_vectors(runs, tiny, mode):
    task_model = opened(runs[mode])
    split = training_split(task_model, tiny)
    head = ClosedFormHead(task_model, split)
    saved = [np.array(weight) for weight in head.layer.get_weights()]
    solution = head.solve()
    for before, after in zip(saved, head.layer.get_weights(), strict=True):
        np.testing.assert_allclose(before, after, rtol=1e-3, atol=1e-3)
    assert solution.rank < 16 or solution.shrinkage > 0
    batch = task_model.batches(split.encoded, len(split.examples)).collate(np.arange(len(split.examples)))
    vectors = head.steps.predict(batch["features"])["vectors"]
    moments = ClassMoments(3)
    moments.add(vectors, batch["targets"])
    logits = task_model.steps().predict(batch["features"])["logits"].astype(np.float64)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = moments.solve("auto").probabilities(vectors)
    np.testing.assert_allclose(shares / shares.sum(axis=1, keepdims=True), expected, atol=2e-3)


def test_a_closed_form_trains_nothing_and_takes_one_epoch(runs):
    found = summary(runs["closed_form"])
    assert (found["epoch"], found["updates"], found["step_seconds"]) == (1, 0, 0) and found["score"] >= 0.5


@pytest.mark.parametrize("mode", ["closed_form", "setfit", "pet"])
def test_a_run_is_an_ordinary_one(runs, tiny, tmp_path, mode):
    run, output = runs[mode], tmp_path / "out.jsonl"
    before = summary(run)
    command("evaluate", "--run", run.path, "--quiet")
    command("predict", "--run", run.path, "--input", tiny.dev, "--output", output, "--quiet")
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    golds = [json.loads(line)["label"] for line in tiny.dev.read_text(encoding="utf-8").splitlines()]
    assert {line["prediction"] for line in lines} <= {"103", "109", "112"}
    assert np.mean([line["prediction"] == gold for line, gold in zip(lines, golds, strict=True)]) == pytest.approx(
        json.loads((run.path / "dev" / "scores.json").read_text(encoding="utf-8"))["accuracy"]
    )
    command("train", "--resume", run.path)
    assert summary(run) == before


def test_an_interrupted_setfit_ends_as_an_uninterrupted_one(runs, tiny, tmp_path, monkeypatch):
    original = Trainer._save

    def save(trainer, position):
        original(trainer, position)
        if position.epoch == 1:
            raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_save", save)
        main([str(word) for word in flags_of(tiny, tmp_path / "run", "--few", "setfit", "--strategies", "ema")])
    assert not (tmp_path / "run" / "summary.json").exists()
    command("train", "--resume", tmp_path / "run")
    for before, after in zip(dev_lines(runs["setfit"].path), dev_lines(tmp_path / "run"), strict=True):
        assert after == pytest.approx(before, abs=1e-5)


def dev_lines(folder):
    lines = map(json.loads, (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name != "split"} for line in lines if line["split"] == "dev"]


@pytest.mark.parametrize("words", [("--few", "closed_form"), PET])
def test_half_precision(tiny, tmp_path, no_updates, words):
    command(*flags_of(tiny, tmp_path / "run", *words, precision="bf16", epochs=1))
    assert np.isfinite(summary(RunFolder(tmp_path / "run"))["score"])


def test_words_and_pattern_are_in_the_recipe(runs):
    recipe = yaml.safe_load((runs["pet"].path / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["few"] == "pet" and recipe["few.words"] == WORDS and recipe["few.prompts"] == "3"
    weights = opened(runs["pet"]).model.weights
    assert [tuple(weight.shape) for weight in weights if weight.path == "Prompt-Embedding/embeddings"] == [(3, 16)]


def test_a_head_that_starts_in_closed_form_scores_as_the_closed_form(runs, tiny, tmp_path, no_updates):
    command(*flags_of(tiny, tmp_path / "run", "--head_start", "closed_form", epochs=1))
    first, started = (
        json.loads((path / "dev" / "scores.json").read_text(encoding="utf-8")) for path in (runs["first"].path, tmp_path / "run")
    )
    assert started == pytest.approx(first, abs=1e-4)


def test_words_of_a_file_stay_with_the_run(tiny, tmp_path, no_updates):
    file = tmp_path / "words.txt"
    file.write_text("103\t球队\n109\t手机\n112\t海边\n", encoding="utf-8")
    words = ("--few", "pet", "--few.words", file, "--few.prompts", "2", "--few.tune", "prompts")
    command(*flags_of(tiny, tmp_path / "run", *words, epochs=1))
    file.unlink()
    recipe = yaml.safe_load((tmp_path / "run" / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["few.words"] == WORDS.split(",")
    command("predict", "--run", tmp_path / "run", "海边民宿", "--quiet")


def test_only_prompts_move(tiny, tmp_path):
    command(*flags_of(tiny, tmp_path / "run", *PET, "--few.prompts", "2", "--few.tune", "prompts", epochs=1))
    from baselines.cli.train import arguments_of
    from baselines.task_models.loading import create_task_model

    words = flags_of(tiny, tmp_path / "other", *PET, "--few.prompts", "2", "--few.tune", "prompts", epochs=1)
    name, arguments = arguments_of(["run.py", *map(str, words)])
    from baselines.plugins import task_catalog

    with Display(True) as display:
        start = create_task_model(name, task_catalog.find(name)[1], arguments, None, tiny.train, display).model
    trained = {weight.path: np.array(weight) for weight in opened(RunFolder(tmp_path / "run")).model.weights}
    moved = {weight.path for weight in start.weights if not np.array_equal(np.array(weight), trained[weight.path])}
    assert moved == {"Prompt-Embedding/embeddings"}


def test_choices_are_solved_as_right_or_wrong(tmp_path):
    letters = sorted(set("甲乙丙丁戊己庚辛今天天气很好吗"))
    checkpoint = write_checkpoint(tmp_path / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])
    rows = [
        {"passage": "今天天气", "question": "好吗", "choices": ["很好", one, other], "answer": "很好"}
        for one, other in ("甲乙", "丙丁", "戊己", "庚辛", "甲丁", "丙己", "庚乙", "戊辛")
    ]
    data = write_lines(tmp_path / "data.jsonl", rows)
    words = ["--train", data, "--dev", data, "--init", checkpoint, "--from_scratch", "--max_length", "16", "--cache", ""]
    command("train", "choose", *words, "--few", "closed_form", "--output", tmp_path / "run", "--quiet")
    assert summary(RunFolder(tmp_path / "run"))["score"] == 1.0


@pytest.mark.parametrize("words, part", [
    (("--few", "pett"), "--few: there is no 'pett'. Did you mean pet or setfit?"),
    (("--few", "pet", "--few.pattern", "没有{text}"), "has no place for the label. Write {label}"),
    (("--few", "pet", "--few.pattern", "{label}{txt}"), "{txt} is no place"),
    ((*PET[:4], "--few.pattern", "{label}{text_pair}"), "examples have 1 text. Write {text} in it"),
    (("--few", "pet", "--few.words", "103=球队,109=手,112=海边"), "different numbers of tokens (球队 2, 手 1, 海边 2)"),
    (("--few", "pet", "--few.words", "103=球队,109= ,112=海边"), "the word of '109' is empty"),
    (("--few", "pet", "--few.words", "103=球队,109=球队,112=海边"), "103 and 109 have the same tokens"),
    (("--few", "pet", "--few.words", "104=球队"), "there is no class '104'"),
    (("--few", "pet", "--few.tune", "prompts"), "there are no prompts to train"),
    (("--few", "closed_form", "--few.pooling", "pooler"), "--few.pooling 'pooler' is unknown"),
    (("--few", "closed_form", "--few.shrinkage", "2"), "--few.shrinkage '2' is no number from 0 to 1"),
    (("--few", "closed_form", "--few.shrinkage", "0"), "Choose the shrinkage auto"),
    (("--few", "closed_form", "--strategies", "fgm"), "trains no weights. Leave out --strategies fgm"),
    (("--few", "setfit", "--loss", "focal"), "has a loss of its own. Leave out --loss focal"),
    (("--few", "setfit", "--strategies", "mgs"), "does not work with --strategies mgs"),
    (("--few", "setfit", "--accumulate", "2"), "Raise --batch_size instead"),
    (("--few", "setfit", "--head_start", "closed_form"), "exclude each other"),
    (("--few.shrinkage", "0.1"), "this run does not use few"),
    (("--head_start", "zeros"), "--head_start: expected one of random, closed_form"),
])
def test_what_cannot_be_is_one_line(tiny, tmp_path, capsys, words, part):
    folder = tmp_path / "run"
    assert part in refused(capsys, *flags_of(tiny, folder, *words))
    assert not folder.exists() or not (folder / "best").exists()


def test_classes_and_rows_that_are_too_few(tiny, tmp_path, capsys):
    rows = [json.loads(line) for line in tiny.train.read_text(encoding="utf-8").splitlines()]
    one = write_lines(tmp_path / "one.json", [row for row in rows if row["label"] == "103"] * 3)
    few = write_lines(tmp_path / "few.json", rows[:8])
    for data, part in ((one, "the rows are of 1 class"), (few, "8 rows are too few for 15 classes")):
        flags = tiny.flags(train=data, dev=data, output=tmp_path / data.stem, quiet=True)
        assert part in refused(capsys, "train", "clue/tnews", *flags, "--few", "closed_form")
    assert "only the class '103'" in refused(capsys, *flags_of(tiny, tmp_path / "own", "--few", "pet", train=one, dev=one))


def test_tasks_without_classes_are_refused(tiny, tmp_path, capsys):
    pairs = write_lines(tmp_path / "pairs.json", [{"text": "球队", "text_pair": "手机", "score": 0.5}] * 4)
    flags = [*tiny.flags(train=pairs, dev=pairs, output=tmp_path / "run", quiet=True), "--score", "score"]
    assert "has no layer of one logit per class" in refused(capsys, "train", "match", *flags, "--few", "closed_form")
    assert "needs one class per example" in refused(capsys, "train", "match", *flags, "--few", "pet")
