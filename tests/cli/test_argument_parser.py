"""Flags and YAML: one meaning for both, later wins, and every mistake is one line with the nearest name."""

import dataclasses
import io
import types

import pytest
import yaml

from baselines.cli.argument_parser import OUR_WORDS, existing, existing_checkpoint, parse, parse_train, take_option
from baselines.errors import InputError
from baselines.experiment.arguments import train_arguments
from baselines.plugins import task_catalog
from baselines.plugins.settings import fit_setting
from baselines.task import Demo, Recipe


@dataclasses.dataclass(frozen=True)
class Options:
    """Flags of a task's own."""

    labels: str | None = None
    """A file."""
    top: int = 3
    """A number."""


TASK = types.SimpleNamespace(recipe=Recipe(epochs=7), options=Options, demo=Demo({"epochs": 1, "batch_size": 8}))
PLAIN = types.SimpleNamespace(recipe=Recipe(), options=None, demo=Demo())


def parsed(*words, task=TASK):
    return parse_train(task, words, "run.py train x")


def refusal(*words, task=TASK):
    with pytest.raises(InputError) as raised:
        parsed(*words, task=task)
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.fixture
def config(tmp_path):
    def write(text):
        path = tmp_path / "my.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_task_gives_the_defaults():
    arguments = parsed()
    assert arguments.recipe == TASK.recipe and arguments.options == Options() and arguments.flags.train is None


def test_every_field_is_a_flag_and_a_yaml_key(config):
    words, values = [], {}
    for field in dataclasses.fields(Recipe):
        of_type = {int: 9, float: 0.5, str: "word", bool: False, tuple[str, ...]: ["a", "b"]}
        chosen = {"schedule": "constant", "precision": "bf16", "clip": "soft", "devices": "all", "jit": "true",
                  "pad_to_multiple_of": "8", "head_start": "closed_form"}
        value = chosen.get(field.name, of_type[field.type])
        values[field.name] = value
        shown = [] if isinstance(value, bool) else value if isinstance(value, list) else [value]
        words += [f"--{'no_' if value is False else ''}{field.name}", *map(str, shown)]
    assert parsed(*words) == parsed("--config", config(yaml.safe_dump(values)))
    tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    assert parsed(*words).recipe == Recipe(**tuples)


def test_flags_win_over_config_which_wins_over_the_demo_which_wins_over_the_recipe(config):
    file = config("batch_size: 4\n")
    assert parsed().recipe.epochs == 7
    assert parsed("--demo").recipe == Recipe(epochs=1, batch_size=8)
    assert parsed("--demo", "--config", file).recipe == Recipe(epochs=1, batch_size=4)
    assert parsed("--demo", "--config", file, "--batch_size", "2").recipe == Recipe(epochs=1, batch_size=2)
    assert parsed("--no_demo", f"--config={config('demo: true')}").recipe == TASK.recipe


@pytest.mark.parametrize("text, value", [("2e-5", 2e-5), ("2.0e-5", 2e-5), ("1", 1.0), ("'3'", 3.0)])
def test_yaml_numbers_of_any_spelling_are_floats(config, text, value):
    rate = parsed("--config", config(f"learning_rate: {text}\n")).recipe.learning_rate
    assert rate == value and isinstance(rate, float)


def test_values_of_to_dict_make_the_same_arguments():
    words = "--strategies fgm ema --no_jit --labels l.json --learning_rate 3e-5 --train 好.json"
    arguments = parsed(*words.split())
    assert train_arguments(TASK, yaml.safe_load(yaml.safe_dump(arguments.to_dict()))) == arguments


def test_a_split_may_be_several_files(config):
    several = parsed("--train", "a.json", "b.json", "--dev", "c.json")
    assert several.flags.train == ("a.json", "b.json") and several.flags.dev == ("c.json",)
    assert parsed("--config", config("train: [a.json, b.json]\ndev: c.json\n")) == several
    with pytest.raises(InputError, match="train: expected a file or a list of files. Received: 3"):
        parsed("--config", config("train: 3\n"))


def test_hyphens_and_equal_signs_are_fine():
    assert parsed("--batch-size=4", "--no-jit", "--top=2") == parsed("--batch_size", "4", "--no_jit", "--top", "2")


@pytest.mark.parametrize("words, parts", [
    (["--batch_sizes", "3"], ["--batch_sizes", "Did you mean --batch_size"]),
    (["--epoch=3"], ["--epoch=3", "Did you mean --epochs"]),
    (["stray"], ["stray"]),
    (["--batch_size", "many"], ["--batch_size", "expected a whole number", "'many'"]),
    (["--batch_size", "2.5"], ["--batch_size", "expected a whole number", "'2.5'"]),
    (["--learning_rate", "fast"], ["--learning_rate", "expected a number", "'fast'"]),
    (["--epochs"], ["--epochs"]),
    (["--epochs", "--no_jit"], ["--epochs"]),
    (["--config"], ["--config", "a value is missing"]),
    (["--jit=maybe"], ["maybe"]),
    (["--epochs", "0"], ["--epochs", "at least 1", "0"]),
    (["--max_length", "2"], ["--max_length", "at least 3"]),
    (["--warmup", "1.5"], ["--warmup", "from 0 to 1", "1.5"]),
    (["--learning_rate", "-1"], ["--learning_rate", "at least 0"]),
    (["--learning_rate", "nan"], ["--learning_rate", "nan"]),
    (["--learning_rate", "inf"], ["--learning_rate", "inf"]),
    (["--seed", "-1"], ["--seed", "from 0"]),
    (["--schedule", "linaer"], ["--schedule", "linear, cosine, constant", "'linaer'", "Did you mean linear"]),
    (["--precision", "pf16"], ["--precision", "float32, bf16, fp16", "Did you mean fp16"]),
])
def test_mistakes_on_the_command_line_are_told_in_one_line(words, parts):
    message = refusal(*words)
    assert [part for part in parts if part not in message] == []


@pytest.mark.parametrize("text, parts", [
    ("batchsize: 3", ["batchsize", "Did you mean batch_size"]),
    ("3: 4", ["this task has no flag '3'"]),
    ("epochs: many", ["epochs", "expected int", "'many'"]),
    ("epochs: 2.5", ["epochs", "expected int", "2.5"]),
    ("epochs: true", ["epochs", "expected int", "True"]),
    ("epochs: [1, 2]", ["epochs", "expected int", "[1, 2]"]),
    ("epochs:", ["epochs", "expected int", "None"]),
    ("epochs: 0", ["--epochs", "at least 1"]),
    ("jit: 1", ["jit", "expected str"]),
    ("learning_rate: fast", ["learning_rate", "expected float", "'fast'"]),
    ("learning_rate: .nan", ["--learning_rate", "nan"]),
    ("strategies: fgm", ["strategies", "expected a list of names", "'fgm'"]),
    ("strategies: [1]", ["strategies", "expected a list of names"]),
    ("optimizer: 3", ["optimizer", "expected str"]),
    ("train: 3", ["train", "expected a file or a list of files"]),
    ("- epochs", ["expected lines such as", "['epochs']"]),
    ("epochs: 3\n\tbatch_size: 4", ["my.yaml:2", "YAML"]),
    ("epochs: {", ["my.yaml", "YAML"]),
    ("", ["my.yaml is empty"]),
])
def test_mistakes_in_a_config_file_name_the_file_and_the_key(config, text, parts):
    message = refusal("--config", config(text))
    assert [part for part in parts if part not in message] == []
    assert "my.yaml" in message or message.startswith("--")


def test_a_config_file_that_is_missing_or_not_utf8(tmp_path):
    assert "does not exist" in refusal("--config", str(tmp_path / "none.yaml"))
    (tmp_path / "gbk.yaml").write_bytes("train: 训练.json".encode("gb18030"))
    assert "gbk.yaml" in refusal("--config", str(tmp_path / "gbk.yaml"))


def test_a_tasks_own_flags_belong_to_it_alone():
    assert parsed("--top", "5").options.top == 5
    assert "--top" in refusal("--top", "5", task=PLAIN)
    assert parsed(task=PLAIN).options is None


def test_take_option():
    assert take_option(["a", "--config", "f", "b"], "--config") == (["a", "b"], "f")
    assert take_option(["--config=f=g"], "--config") == ([], "f=g")
    assert take_option(["--configs", "f"], "--config") == (["--configs", "f"], None)


def test_help_lists_every_field_and_leaves_with_0(capsys):
    with pytest.raises(SystemExit) as stop:
        parsed("--help")
    assert not stop.value.code
    shown = capsys.readouterr().out
    assert [f.name for f in dataclasses.fields(Recipe) if f"--{f.name}" not in shown] == []
    assert "--top" in shown and "run.py train x" in shown


def test_a_required_flag_that_is_missing_is_named():
    @dataclasses.dataclass(frozen=True)
    class Flags:
        run: str
        """Run folder."""

    with pytest.raises(InputError, match="--run") as raised:
        parse(Flags, [], "run.py evaluate TASK")
    assert not any(theirs in str(raised.value) for theirs in OUR_WORDS)


def test_fitted_keeps_none_where_it_is_allowed():
    by_name = {field.name: field for field in dataclasses.fields(Options)}
    assert fit_setting(by_name["labels"], None, "x") is None
    with pytest.raises(InputError):
        fit_setting(by_name["top"], None, "x")


def test_existing_names_the_flag_and_what_lies_beside(tmp_path):
    (tmp_path / "train.json").touch()
    assert existing(tmp_path / "train.json", "--train") == tmp_path / "train.json"
    with pytest.raises(InputError, match=r"--train: .*tain\.json.*train\.json"):
        existing(tmp_path / "tain.json", "--train")
    with pytest.raises(InputError, match="no folder"):
        existing(tmp_path / "none" / "train.json", "--train")


def test_recompute_may_come_from_the_environment_and_flags_win_over_it(monkeypatch):
    task = task_catalog.find("clue/tnews")[1]
    recomputes = lambda *argv: parse_train(task, argv, "run.py train clue/tnews").recipe.recompute  # noqa: E731
    assert recomputes("--recompute") and not recomputes()
    monkeypatch.setenv("RECOMPUTE", "1")
    assert recomputes() and not recomputes("--no_recompute")


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "ascii"])
def test_mistakes_are_one_line_on_terminals_of_any_encoding(monkeypatch, encoding):
    """Where tyro cannot draw its box, as on a Chinese Windows, it is made of minus signs."""
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    with pytest.raises(InputError) as raised:
        parse(Options, ["--top", "many"], "run.py train")
    assert str(raised.value) == "run.py train: --top: expected a whole number. Received: 'many'. See --help."


def test_a_checkpoint_is_named_by_its_folder_its_weights_or_a_prefix(tmp_path):
    (tmp_path / "model.ckpt-2.index").touch()
    for name in ("", "model.ckpt-2", "model.ckpt-2.index"):
        assert existing_checkpoint(tmp_path / name, "--vocab") == tmp_path / name
    with pytest.raises(InputError, match="--vocab: .*model.ckpt-3 does not exist. In .*: model.ckpt-2.index."):
        existing_checkpoint(tmp_path / "model.ckpt-3", "--vocab")
