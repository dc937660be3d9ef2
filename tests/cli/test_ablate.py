"""`run.py ablate`: what is run and with which flags, what is not run again, what goes wrong; and two real runs."""

import json
import signal
from pathlib import Path

import pytest
import yaml

from baselines.cli import ablate
from baselines.cli.main import main
from baselines.errors import InputError
from baselines.evaluation import ablation_table
from baselines.plugins import task_catalog

ROOT = Path(__file__).resolve().parents[2]
TASK = task_catalog.find("clue/tnews")[1]
FLAGS = ["--demo", "--quiet"]


def arguments_of(names, *argv):
    return ablate.arguments_of(TASK, ablate.variant_names(names), [*FLAGS, *argv], "run.py ablate clue/tnews")


class Runner:
    """Stands for the processes: writes what a run would leave, or ends as it is told to."""

    def __init__(self, **codes):
        self.codes, self.started = codes, []

    def __call__(self, words):
        if words[1] == "--resume":
            folder, recipe = Path(words[2]), None
        else:
            recipe = yaml.safe_load(Path(words[3]).read_text(encoding="utf-8"))
            folder = Path(recipe["output"])
            assert not folder.exists()
            folder.mkdir()
            (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        variant, seed = folder.parent.name, int(folder.name.removeprefix("seed-"))
        self.started.append((variant, seed, words[1]))
        if self.codes.get(variant):
            return self.codes[variant]
        memory = {"host": 10**9, "device": None}
        summary = {"metric": "accuracy", "score": 0.5 + seed / 1000, "step_seconds": 0.1, "peak_memory": memory}
        (folder / "summary.json").write_text(json.dumps(summary))
        return 0


@pytest.fixture
def undrawn(monkeypatch):
    """Without pictures, which take longest."""
    monkeypatch.setattr(ablation_table, "draw", lambda path, rows, metric: None)


def measure(folder, names, runner, seeds=2, *argv):
    return ablate.measure("clue/tnews", {"": arguments_of(names, *argv)}, ablate.seeds_of(str(seeds), 42), folder, runner)


def test_a_trick_is_its_flags():
    assert ablate.flags_of("none") == (["--strategies", "none"], {})
    assert ablate.flags_of("fgm+ema") == (["--strategies", "fgm,ema"], {})
    assert ablate.flags_of("fgm+fgm.epsilon=0.3") == (["--strategies", "fgm"], {"fgm.epsilon": "0.3"})
    assert ablate.flags_of("loss=focal") == (["--strategies", "none", "--loss", "focal"], {})
    assert ablate.flags_of("jit=false+optimizer=adamw") == (["--strategies", "none", "--jit", "false", "--optimizer", "adamw"], {})
    chosen = arguments_of("none,loss=focal,learning_rate=0.1", "--epochs", "3")
    assert [a.recipe.loss for a in chosen.values()] == ["task", "focal", "task"]
    assert [a.recipe.epochs for a in chosen.values()] == [3, 3, 3] and chosen["learning_rate=0.1"].recipe.learning_rate == 0.1


def test_settings_go_to_the_tricks_that_use_them(tmp_path):
    config = tmp_path / "my.yaml"
    config.write_text("focal.gamma: 1.5\n")
    for argv in (["--focal.gamma", "1.5"], ["--config", str(config)]):
        chosen = arguments_of("none,loss=focal,loss=focal+focal.gamma=3", *argv)
        assert [dict(a.settings) for a in chosen.values()][0] == {}
        assert [float(a.settings["focal.gamma"]) for a in list(chosen.values())[1:]] == [1.5, 3]
    with pytest.raises(InputError, match=r"--focal\.gamma: this run does not use focal"):
        arguments_of("none", "--focal.gamma", "1.5")


def test_unlabeled_text_goes_to_the_tricks_that_use_it():
    argv = ["--unlabelled", "more.json", "--augmented", "copies.json", "--unlabelled_ratio", "2"]
    chosen = arguments_of("none,vat,uda", *argv)
    found = {name: (each.flags.unlabelled, each.flags.augmented, each.recipe.unlabelled_ratio) for name, each in chosen.items()}
    files = ("more.json",), ("copies.json",)
    assert found == {"none": (None, None, 1), "vat": (files[0], None, 2), "uda": (*files, 2)}
    with pytest.raises(InputError, match="--unlabelled: no strategy of this run uses it"):
        arguments_of("none,fgm", *argv)


def test_every_trick_is_run_with_every_seed_and_not_again(undrawn, tmp_path, capsys):
    runner = Runner()
    assert measure(tmp_path, "none,loss=focal", runner) == 0
    assert runner.started == [(variant, seed, "clue/tnews") for seed in (42, 43) for variant in ("none", "loss=focal")]
    assert "loss=focal" in capsys.readouterr().out
    recipe = yaml.safe_load((tmp_path / "loss=focal" / "seed-43.yaml").read_text())
    assert recipe["seed"] == 43 and recipe["loss"] == "focal" and recipe["task"] == "clue/tnews"
    again = Runner()
    assert measure(tmp_path, "none,loss=focal", again) == 0 and again.started == []
    more = Runner()
    assert measure(tmp_path, "none,loss=focal,loss=poly", more, 3) == 0
    assert more.started == [("loss=poly", 42, "clue/tnews"), ("loss=poly", 43, "clue/tnews")] + [
        (variant, 44, "clue/tnews") for variant in ("none", "loss=focal", "loss=poly")
    ]


def test_an_interrupted_run_goes_on_from_its_state_or_starts_again(undrawn, tmp_path):
    with pytest.raises(KeyboardInterrupt, match="Repeat the command to resume"):
        measure(tmp_path, "none,loss=focal", Runner(**{"loss=focal": 130}))
    folder = tmp_path / "loss=focal" / "seed-42"
    once = Runner(**{"loss=focal": -signal.SIGINT})
    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, "none,loss=focal", once)                      # no state: from the beginning
    assert once.started == [("loss=focal", 42, "clue/tnews")]
    (folder / "last").mkdir()
    (folder / "last" / "state.safetensors").touch()
    runner = Runner()
    assert measure(tmp_path, "none,loss=focal", runner) == 0
    assert runner.started[0] == ("loss=focal", 42, "--resume")


def test_other_flags_are_not_mixed_in(undrawn, tmp_path):
    measure(tmp_path, "none", Runner())
    with pytest.raises(InputError, match=r"seed-42 holds a run with epochs \d+, not 3"):
        measure(tmp_path, "none", Runner(), 2, "--epochs", "3")


def test_a_run_that_fails_is_told_and_the_others_go_on(undrawn, tmp_path, capsys):
    runner = Runner(**{"loss=focal": 2})
    assert measure(tmp_path, "none,loss=focal,loss=poly", runner) == 1
    assert len(runner.started) == 6
    assert "0, 2 failed" in capsys.readouterr().out
    with pytest.raises(InputError, match="the run failed with exit code 2"):
        measure(tmp_path / "new", "none,loss=focal", Runner(none=2))    # nothing works


@pytest.mark.parametrize("argv, parts", [
    ([], ["--strategies is missing"]),
    (["--strategies", "none,none"], ["once", "none"]),
    (["--strategies", "none,fgn"], ["'fgn'", "run.py list"]),
    (["--strategies", "none,los=focal"], ["los", "Did you mean loss"]),
    (["--strategies", "none,loss=focl"], ["'focl'", "Did you mean focal"]),
    (["--strategies", "none,loss=focal+focal.gamma=-1"], ["--focal.gamma", "at least 0"]),
    (["--strategies", "none,epochs=0"], ["--epochs", "at least 1"]),
    (["--strategies", "none", "--seeds", "0"], ["--seeds", "from 1 to 1000", "0"]),
    (["--strategies", "none", "--train", "none.json"], ["--train", "none.json"]),
    (["--strategies", "none", "--init", "none"], ["--init", "none"]),
    (["--strategies", "none", "--seeds", "two"], ["--seeds", "two"]),
    (["--strategies", "none", "--epoch", "1"], ["--epoch"]),
])  # fmt: skip
def test_mistakes_are_told_before_anything_is_run(argv, parts, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["ablate", "clue/tnews", "--demo", *argv]) == 2
    (message,) = capsys.readouterr().err.splitlines()
    assert [part for part in parts if part not in message] == [], message
    assert list(tmp_path.iterdir()) == []


def test_two_real_variants(tiny, tmp_path, capsys):
    argv = ["ablate", "clue/tnews", "--strategies", "none,loss=poly", "--seeds", "1", *tiny.flags(epochs=1, quiet=True)]
    assert main([*argv, "--output", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "loss=poly" in shown and "too few seeds" in shown and "GiB" in shown
    for variant in ("none", "loss=poly"):
        summary = json.loads((tmp_path / "out" / variant / "seed-42" / "summary.json").read_text())
        assert summary["metric"] == "accuracy" and 0 <= summary["score"] <= 1 and summary["updates"] == 5
        assert summary["epoch"] == summary["best_epoch"] == 1
        assert 0 < summary["step_seconds"] < summary["seconds"]
        assert 10**8 < summary["peak_memory"]["host"] < 10**11
    tables = {"ablation.txt", "ablation.csv", "ablation.png"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"none", "loss=poly", *tables}


@pytest.mark.parametrize(("former", "verb"), [("tricks", "ablate"), ("fit-to-card", "plan-memory")])
def test_former_verbs_name_the_new_one_and_do_the_same(former, verb, capsys):
    assert main([verb, "clue/tnews", "--demo"]) == 2
    complaint = capsys.readouterr().err
    assert main([former, "clue/tnews", "--demo"]) == 2
    note, *rest = capsys.readouterr().err.splitlines(keepends=True)
    assert f"run.py {former} is now run.py {verb}." in note and "".join(rest) == complaint
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert f"\n  {verb}  " in listed and f"\n  {former}  " not in listed


def test_runs_that_the_former_verb_left_go_on_in_their_folder(tmp_path):
    assert ablate.default_folder(tmp_path) == tmp_path / "ablation"
    (tmp_path / "tricks").mkdir()
    assert ablate.default_folder(tmp_path) == tmp_path / "tricks"


def test_folds_are_runs_of_their_own_and_pair_with_the_same_fold(undrawn, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "datasets" / "fewclue" / "bustm"
    folder.mkdir(parents=True)
    for fold in range(5):
        for split in ("train", "dev"):
            (folder / f"{split}_{fold}.json").write_text("")
    monkeypatch.chdir(tmp_path)
    started = []

    def run(words):
        recipe = yaml.safe_load(Path(words[3]).read_text(encoding="utf-8"))
        started.append((recipe["few"], recipe["fold"], recipe["train"]))
        path = Path(recipe["output"])
        path.mkdir(parents=True)
        score = 0.5 + int(recipe["fold"]) / 100 + (0.1 if recipe["few"] else 0)
        memory = {"host": 10**9, "device": None}
        seconds = 0 if recipe["few"] else 0.1
        (path / "summary.json").write_text(
            json.dumps({"metric": "accuracy", "score": score, "step_seconds": seconds, "peak_memory": memory})
        )
        return 0

    monkeypatch.setattr(ablate, "run_in_process", run)
    words = ["ablate", "fewclue/bustm", "--folds", "all", "--init", str(ROOT / "checkpoints" / "mini"), "--quiet"]
    assert main([*words, "--strategies", "none,few=closed_form"]) == 0
    table = capsys.readouterr().out
    assert "0.5200 ± 0.0158" in table and "0.6200 ± 0.0158" in table and "+0.1000 ± 0.0000 (95 %)" in table
    assert [fold for few, fold, _ in started if few] == list("01234")
    assert started[2] == ("", "1", ["datasets/fewclue/bustm/train_1.json"])
    assert (tmp_path / "runs/fewclue/bustm/ablation/few=closed_form/fold-3/seed-42/summary.json").is_file()
    assert main(words) == 0 and len(started) == 10, "folds that were run for none are not run again"


@pytest.mark.parametrize("words, part", [
    (("clue/tnews", "--folds", "all"), "clue/tnews has no official folds"),
    (("fewclue/bustm", "--folds", "0,7"), "has the folds 0, 1, 2, 3, 4, few_all"),
    (("fewclue/bustm", "--folds", ","), "no fold is given"),
    (("fewclue/bustm", "--folds", "1", "--demo"), "train_1.json does not exist"),
])
def test_folds_that_are_not_there(words, part, capsys):
    assert main(["ablate", *words, "--strategies", "none"]) == 2
    assert part in capsys.readouterr().err
