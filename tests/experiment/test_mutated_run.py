"""Any change of a run's small files, or of a --config file, gives its content or one line that says what is wrong."""

import json
import types

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from mutations import bounded, changed_bytes, changed_file, changed_json, content_or_refusal

from baselines.cli import compare
from baselines.cli.argument_parser import parse_train
from baselines.cli.train import check_data, check_parts
from baselines.errors import InputError
from baselines.experiment.arguments import check_recipe, train_arguments
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.storage.yaml_files import read_yaml

LINES = [
    {"epoch": 0, "step": 7, "split": "train", "loss": 0.5, "gradient_norm": 1.0, "learning_rate": 2e-5},
    {"epoch": 1, "step": 9, "split": "dev", "accuracy": 0.5, "loss": 0.25},
]
SUMMARY = {"metric": "accuracy", "score": 0.5, "best_epoch": 1, "step_seconds": 0.1, "peak_memory": {"host": 10**9, "device": None}}
ENVIRONMENT = {"data": {"train": {"file": "train.json", "sha256": "00"}}, "command": ["run.py", "train"]}
RECIPE = {
    "task": "clue/tnews", "train": ["a.json", "b.json"], "dev": None, "from_scratch": True, "epochs": 3, "learning_rate": 2e-5,
    "strategies": ["fgm", "ema"], "optimizer": "lamb", "schedule": "linear", "devices": "one", "fgm.epsilon": 0.5,
}  # fmt: skip
ODD = [
    'epochs: !!float ""', "epochs: !!int x", "epochs: !!timestamp 1", "seed: \0", "a: " + "[" * 1000,
    "!!python/object/apply:os.system [ls]", "epochs: 0x" + "f" * 6000, "learning_rate: 1" + "0" * 400, "1.5: 2", "? [1]\n: 2",
    'train: "a\\0b"', 'train: "\\ud800"', "devices: '٣'", "task: ../../etc", "task: 3", "schedule: '0:'", "schedule: a:b",
    "a: &a [1, 1, 1, 1]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\ntrain: [*c, *c, *c, *c, *c]", "fgm.epsilon: {}",
    "fgm.: 1", ".epsilon: 1", "strategies: [fgm, fgm]", "2026-01-01: 1", "\ufeffepochs: 1", '"a\\nb.c": 1', '"a\\nb": 1',
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder whose data is there."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "train.json").write_text("{}\n")
    made = RunFolder(folder / "run")
    made.path.mkdir()
    made.describe("clue/tnews", {"epochs": 3}, {"train": folder / "train.json"}, None, ["run.py", "train", "clue/tnews"])
    return made


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def arguments_of(run):
    """What --resume, evaluate and the rest make of recipe.yaml."""
    values = run.read_recipe()
    task = task_catalog.find(values.pop("task"))[1]
    return checked(task, check_recipe(train_arguments(task, values, run.path / "recipe.yaml")))


def checked(task, arguments):
    check_parts(task, arguments)
    return arguments


@st.composite
def recipes(draw):
    if draw(st.booleans()):
        return draw(changed_bytes(yaml.safe_dump(RECIPE, allow_unicode=True).encode()))
    return json.dumps(draw(changed_json(RECIPE)), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@bounded
@given(recipes())
def test_recipe_and_config(run, content):
    write(run.path / "recipe.yaml", content)
    content_or_refusal(arguments_of, run)
    write(run.path / "my.yaml", content)
    task = task_catalog.find("clue/tnews")[1]
    content_or_refusal(lambda: checked(task, parse_train(task, ["--config", str(run.path / "my.yaml")], "run.py train clue/tnews")))


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_recipes(run, text):
    write(run.path / "recipe.yaml", text if "task" in text else f"task: clue/tnews\n{text.removeprefix(chr(0xFEFF))}")
    content_or_refusal(arguments_of, run)
    write(run.path / "my.yaml", text)
    content_or_refusal(read_yaml, run.path / "my.yaml")
    task = task_catalog.find("clue/tnews")[1]
    content_or_refusal(lambda: checked(task, parse_train(task, ["--config", str(run.path / "my.yaml")], "run.py train clue/tnews")))


@bounded
@given(changed_file(json.dumps(ENVIRONMENT).encode()))
@example(b"{}")
@example(json.dumps({"data": {"train": {"file": "[" * 5000, "sha256": "00"}}}).encode())
def test_environment(run, content):
    write(run.path / "environment.json", content)
    content_or_refusal(check_data, run)
    content_or_refusal(run.read_command)


@bounded
@given(changed_file(json.dumps(["体育", "财经", "娱乐"]).encode()), changed_file(json.dumps({"体育": 3, "财经": 0}).encode()))
def test_labels_and_their_counts(run, labels, counts):
    write(run.path / "labels.json", labels)
    names = content_or_refusal(run.read_labels)
    assert names is None or len(set(names)) == len(names) > 0 and all(isinstance(name, str) for name in names)
    write(run.path / "label_counts.json", counts)
    numbers = content_or_refusal(run.read_label_counts, ["体育", "财经"])
    assert numbers is None or len(numbers) == 2 and sum(numbers) > 0


@bounded
@given(changed_file(json.dumps(SUMMARY).encode()))
def test_summary(run, content):
    write(run.path / "summary.json", content)
    summary = content_or_refusal(run.read_summary)
    assert summary is None or summary["score"] + summary["step_seconds"] + (summary["peak_memory"]["device"] or 0) is not None


def test_a_summary_without_its_device_is_refused(run):
    summary = {"metric": "accuracy", "score": 0.5, "step_seconds": 0.1, "peak_memory": {"host": 1}}
    write(run.path / "summary.json", json.dumps(summary).encode())
    with pytest.raises(InputError, match="peak_memory is missing"):
        run.read_summary()


@st.composite
def changed_lines(draw):
    lines = [json.dumps(line) for line in LINES]
    if draw(st.booleans()):
        place = draw(st.integers(0, 1))
        lines[place] = json.dumps(draw(changed_json(LINES[place])))
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
    return draw(changed_bytes("".join(f"{line}\n" for line in lines).encode()))


@bounded
@given(changed_lines())
def test_metrics_and_what_compare_shows_of_them(run, content):
    write(run.metrics.path, content)
    content_or_refusal(run.metrics.read)
    described = types.SimpleNamespace(read_recipe=lambda: {"task": "clue/tnews", "epochs": 3}, metrics=run.metrics)
    row = content_or_refusal(compare.best_scores, described)
    if row is not None:
        assert all(isinstance(compare.text(value), str) for value in row.values())
