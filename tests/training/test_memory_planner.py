"""plan-memory: what it proposes, what it refuses, and that `train` takes what it prints. No backend is needed."""

import json
import shlex

import pytest

from baselines.cli.argument_parser import parse_train
from baselines.cli.main import main
from baselines.errors import InputError
from baselines.models.config import Config
from baselines.plugins import task_catalog
from baselines.plugins.settings import make
from baselines.task import Recipe
from baselines.training import memory_planner, optimizers, strategies
from baselines.training.memory_estimate import Plan, Setup, parameters, update_memory

BASE = {
    "vocab_size": 21128, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
    "max_position_embeddings": 512, "type_vocab_size": 2,
}  # fmt: skip
CONFIG = Config.from_dict(BASE)


@pytest.fixture
def checkpoint(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(BASE), encoding="utf-8")
    return tmp_path


def setup(optimizer="adamw", chosen=(), length=128, **settings):
    """A Setup of BERT-base with parts of those names."""
    part = make(optimizers.optimizer_class(optimizer), optimizer, settings)
    return Setup(CONFIG, length, part, tuple(strategies.build_strategies(chosen, settings)))


def total(*plan, **options):
    return update_memory(setup(**options), Plan(*plan)).total


def proposed(checkpoint, capsys, *argv):
    """(exit code, what is printed, what is complained)."""
    code = main(["plan-memory", "clue/tnews", "--init", str(checkpoint), *argv])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_parameters_are_those_of_bert_base():
    assert parameters(CONFIG)[0] == 101_677_056                         # Chinese BERT-base without its pooler


@pytest.mark.parametrize(
    ("text", "size"), [("24GB", 24e9), ("24GiB", 24 * 2**30), ("8000MB", 8e9), ("7.5gb", 7.5e9), ("80 GiB", 80 * 2**30)]
)
def test_sizes_are_read(text, size):
    assert memory_planner.parse_bytes(text) == size


@pytest.mark.parametrize("text", ["24", "GB", "-3GB", "0GB", "24Gx", "many", ""])
def test_other_sizes_are_refused(text):
    with pytest.raises(InputError, match="--memory: .* is not an amount of memory"):
        memory_planner.parse_bytes(text)


def test_memory_grows_with_batch_length_slots_and_copies_and_shrinks_with_recomputation_and_half_precision():
    sizes = [total(size) for size in (16, 32, 64, 128)]
    assert sizes == sorted(set(sizes))
    assert total(32, length=128) < total(32, length=256)
    assert total(32, 1, True) < total(32) and total(32, 1, False, "bf16") < total(32)
    assert total(32, optimizer="adafactor") < total(32, optimizer="lion") < total(32)
    assert total(32, chosen=("ema",)) - total(32) == 4 * parameters(CONFIG)[0]
    assert total(32, chosen=("r_drop",)) > total(32)


def test_accumulation_takes_one_more_copy_but_of_an_optimizer_that_accumulates():
    assert total(32, 2) - total(32) == 4 * parameters(CONFIG)[0]
    assert total(32, 2, optimizer="tiger") == total(32, optimizer="tiger")


def test_settings_count_where_memory_depends_on_them():
    for name, field in (("sgd", "momentum"), ("adafactor", "beta_1")):
        more = total(32, optimizer=name, **{f"{name}.{field}": 0.9})
        assert more - total(32, optimizer=name) == 4 * parameters(CONFIG)[0]


def test_candidates_keep_the_rows_of_an_update():
    found = memory_planner.candidates(setup(), Recipe(batch_size=12, accumulate=2))
    assert {one.plan.batch_size * one.plan.accumulate for one in found} == {24}
    assert {(one.plan.precision, one.plan.recompute) for one in found} == {
        (precision, recompute) for precision in ("float32", "bf16") for recompute in (False, True)
    }


def test_the_quickest_that_fits_is_chosen_and_precision_only_changed_if_it_must():
    found = memory_planner.candidates(setup(length=256), Recipe(batch_size=32))
    assert memory_planner.choose(found, "float32", 80e9).plan == Plan(32)
    small = memory_planner.choose(found, "float32", 4e9)
    assert small.plan.recompute and small.plan.precision == "float32" and small.memory.total < 4e9
    smaller = min(one.memory.total for one in found if one.plan.precision == "float32")
    chosen = memory_planner.choose(found, "float32", smaller)
    assert chosen is None or chosen.plan.precision == "bf16"
    assert memory_planner.choose(found, "float32", 1e9) is None


@pytest.mark.parametrize("memory", ["40GB", "12GiB", "3GB"])
def test_the_command_that_is_printed_is_one_of_train(memory, checkpoint, capsys):
    typed = ["--memory", memory, "--batch_size=64", "--max_length", "256", "--epochs", "3", "--strategies", "fgm"]
    code, printed, _ = proposed(checkpoint, capsys, *typed)
    assert code == 0
    assert printed.count("->") == 1
    words = shlex.split(printed.splitlines()[-1])
    assert words[:4] == ["python", "run.py", "train", "clue/tnews"]
    recipe = parse_train(task_catalog.find("clue/tnews")[1], words[4:], "run.py train").recipe
    assert recipe.batch_size * recipe.accumulate == 64
    assert (recipe.max_length, recipe.epochs, recipe.strategies) == (256, 3, ("fgm",))
    plan = Plan(recipe.batch_size, recipe.accumulate, recipe.recompute, recipe.precision)
    assert update_memory(setup("adamw", ["fgm"], 256), plan).total < memory_planner.parse_bytes(memory)


def test_the_choices_of_a_question_are_rows(capsys):
    assert main(["plan-memory", "clue/c3", "--demo", "--memory", "24GB", "--batch_size", "2"]) == 0
    assert "an update learns from 8 rows" in capsys.readouterr().out


def test_a_card_that_is_too_small_is_refused_with_the_reason(checkpoint, capsys):
    code, printed, complaint = proposed(checkpoint, capsys, "--memory", "1GB")
    assert code == 2 and "->" not in printed
    assert complaint.startswith("error: --memory 1GB: too small. batch_size ")
    assert "0.81 GB of it for optimizer. Try --optimizer adafactor" in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize("typed", [["--memory", "24Gx"], ["--memory"], [], ["--memory", "24GB", "--optimizer", "adan"]])
def test_mistakes_are_told_in_one_line(typed, checkpoint, capsys):
    code, _, complaint = proposed(checkpoint, capsys, *typed)
    assert code == 2 and len(complaint.splitlines()) == 1


def test_evaluation_shrinks_where_its_rows_would_not_fit():
    assert memory_planner.eval_batch_size(setup(), Recipe(), 24e9) == 64
    assert 1 <= memory_planner.eval_batch_size(setup(length=512), Recipe(), 3e9) < 64
