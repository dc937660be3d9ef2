"""Every verb of run.py, end to end, on one tiny run; help and lists answer without a backend."""

import csv
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import yaml
from conftest import ROOT, TITLES, write_lines
from safetensors.numpy import load_file

from baselines.cli.main import main, verbs
from baselines.experiment.arguments import TrainFlags
from baselines.task import Recipe

VERBS = sorted(verbs())


HELP = [(), ("--help",), ("list",), *((verb, "--help") for verb in VERBS), ("train", "clue/tnews", "--help")]


@pytest.fixture(scope="module")
def answers():
    """{command: [exit code, output, names of the backends imported so far]}, one after the other in one process."""
    code = (
        "import contextlib, io, json, sys; from baselines.cli.main import main\n"
        "for argv in json.loads(sys.argv[1]):\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as output:\n"
        "        try: code = main(argv)\n"
        "        except SystemExit as stop: code = stop.code\n"
        "    loaded = [name for name in ('keras', 'tensorflow', 'jax', 'huggingface_hub') if name in sys.modules]\n"
        "    print(json.dumps([code or 0, output.getvalue(), loaded]))"
    )
    done = subprocess.run([sys.executable, "-c", code, json.dumps(HELP)], capture_output=True, text=True, cwd=ROOT, timeout=300)
    return dict(zip(HELP, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("argv", HELP, ids=" ".join)
def test_help_and_lists_import_no_backend(answers, argv):
    code, output, backends = answers[argv]
    assert code == 0 and output and backends == []


def test_the_help_of_a_task_lists_every_flag(answers):
    _, output, _ = answers["train", "clue/tnews", "--help"]
    fields = [field.name for kind in (TrainFlags, Recipe) for field in dataclasses.fields(kind)]
    assert [name for name in fields if f"--{name}" not in output] == []
    assert "--labels" in output                                         # the task's own


def test_usage_lists_every_verb(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [verb for verb in VERBS if f"  {verb} " not in shown] == []
    assert {"train", "evaluate", "predict", "submit", "rerun", "compare", "inspect", "list", "env"} <= set(VERBS)


def test_list(capsys):
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{kind}:\n" in shown for kind in ("tasks", "models", "strategies", "optimizers", "losses"))
    assert "  clue/tnews " in shown and "  adamw " in shown and "  bert " in shown
    assert main(["list", "models"]) == 0
    assert "tasks:" not in capsys.readouterr().out


def test_a_terminal_that_cannot_show_a_sign_and_a_pipe_that_is_closed():
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run([sys.executable, "run.py", "train", "--help"], env=ascii_only, capture_output=True, cwd=ROOT)
    assert shown.returncode == 0 and b"\\u2026" in shown.stdout
    unbuffered = [sys.executable, "-u", "run.py", "list"]
    with subprocess.Popen(unbuffered, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.keras
def test_env(capsys):
    assert main(["env"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["devices"] and found["packages"]["keras"] and found["python"] and found["backend"]


@pytest.fixture
def own(tiny_run, tmp_path):
    """The tiny run as a copy that a test may change."""
    folder = shutil.copytree(tiny_run.run, tmp_path / "run")
    return dataclasses.replace(tiny_run, run=folder)


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.keras
def test_train_leaves_a_whole_run_folder(tiny_run):
    names = {path.relative_to(tiny_run.run).as_posix() for path in tiny_run.run.rglob("*") if path.is_file()}
    expected = {
        "recipe.yaml", "environment.json", "labels.json", "metrics.jsonl", "curves.png", "last/state.safetensors",
        "best/config.json", "best/model.safetensors", "best/vocab.txt", "best/tokenizer.json", "best/tokenizer_config.json",
        "dev/predictions.jsonl", "dev/scores.json", "dev/errors.txt", "dev/confusion.txt", "dev/confusion.png",
        "test/predictions.jsonl",
    }  # fmt: skip
    assert expected - names == set()
    assert not [name for name in names if ".tmp" in name or "/." in name or name.startswith(".")]
    assert len(lines_of(tiny_run.run / "test" / "predictions.jsonl")) == 13
    metrics = lines_of(tiny_run.run / "metrics.jsonl")
    assert [line["epoch"] for line in metrics if line["split"] == "dev"] == [1, 2]
    assert [line["step"] for line in metrics if line["split"] == "train"] == list(range(1, 11))
    assert all(isinstance(value, int | float | str) for line in metrics for value in line.values())


def test_the_log_tells_what_was_shown(tiny_run):
    text = (tiny_run.run / "log.txt").read_text(encoding="utf-8")
    assert "train: 18 examples" in text and "epoch 2/2" in text and "dev  accuracy" in text


def test_the_recorded_recipe_makes_the_same_arguments_again(tiny_run):
    from baselines.cli.argument_parser import parse_train
    from baselines.plugins import task_catalog

    task = task_catalog.find("clue/tnews")[1]
    recorded = parse_train(task, ["--config", str(tiny_run.run / "recipe.yaml")], "x")
    chosen = {"pad_to_multiple_of": recorded.recipe.pad_to_multiple_of}                # what auto stood for
    typed = tiny_run.flags(output=tiny_run.run, test=tiny_run.tests[1], quiet=True, **chosen)
    assert chosen["pad_to_multiple_of"].isdecimal() and recorded == parse_train(task, typed, "x")


@pytest.mark.keras
def test_evaluate_finds_the_scores_of_training(own, capsys):
    scores = json.loads((own.run / "dev" / "scores.json").read_text())
    shutil.rmtree(own.run / "dev")
    assert main(["evaluate", "clue/tnews", "--run", str(own.run), "--quiet"]) == 0
    shown = capsys.readouterr()
    assert f"accuracy {scores['accuracy']:.4f}" in shown.out and len(shown.out.splitlines()) == 1
    assert shown.err == ""                                              # --quiet
    again = json.loads((own.run / "dev" / "scores.json").read_text())
    assert again == pytest.approx(scores, rel=1e-5)
    assert len(lines_of(own.run / "dev" / "predictions.jsonl")) == 9
    assert main(["evaluate", "--run", str(own.run), "--input", str(own.train), "--quiet"]) == 0
    assert len(lines_of(own.run / "evaluate" / own.train.name / "predictions.jsonl")) == 18
    assert len(lines_of(own.run / "dev" / "predictions.jsonl")) == 9    # the run's own stays


@pytest.mark.keras
def test_predict_a_file_in_every_format(own, tmp_path, capsys):
    ids = list(range(5, 18))
    for name in ("out.jsonl", "out.csv", "deep/out.tsv"):
        argv = ["predict", "clue/tnews", "--run", str(own.run), "--input", str(own.tests[1]), "--output", str(tmp_path / name)]
        assert main([*argv, "--quiet"]) == 0
    lines = lines_of(tmp_path / "out.jsonl")
    assert [line["id"] for line in lines] == ids
    assert all(line.keys() == {"id", "prediction", "confidence"} and 0 < line["confidence"] <= 1 for line in lines)
    for name, delimiter in (("out.csv", ","), ("deep/out.tsv", "\t")):
        with open(tmp_path / name, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        assert [row["prediction"] for row in rows] == [line["prediction"] for line in lines]
    assert lines == lines_of(own.run / "test" / "predictions.jsonl")   # what training predicted
    capsys.readouterr()
    assert main(["predict", "--run", str(own.run), "--input", str(own.tests[0]), "--quiet"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == list(range(5))


def test_predict_one_text(own, tmp_path, capsys):
    first = lines_of(own.tests[1])[0]["sentence"]
    assert main(["predict", "clue/tnews", "--run", str(own.run), first, "--output", str(tmp_path / "one.jsonl")]) == 0
    assert capsys.readouterr().out == ""
    assert main(["predict", "clue/tnews", "--run", str(own.run), first]) == 0
    shown = capsys.readouterr()
    line = json.loads(shown.out)
    assert lines_of(tmp_path / "one.jsonl") == [line]
    assert line["prediction"] == lines_of(own.run / "test" / "predictions.jsonl")[0]["prediction"]


def test_predict_a_text_of_100_000_characters_and_one_of_unknown_signs(own, capsys):
    assert main(["predict", "--run", str(own.run), "球" * 100_000]) == 0
    assert main(["predict", "--run", str(own.run), "🎉🎉 ﷽"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_pair_task_takes_two_texts(tiny, tmp_path, capsys):
    rows = [{"sentence1": "球队", "sentence2": other, "label": str(int(other == "联赛"))} for other in ("联赛", "电池")]
    data = write_lines(tmp_path / "pairs.json", rows)
    folder = tmp_path / "run"
    flags = tiny.flags(train=data, dev=data, output=folder, epochs=1, quiet=True)
    assert main(["train", "afqmc", *flags]) == 0
    capsys.readouterr()
    assert main(["predict", "clue/afqmc", "--run", str(folder), "球队", "联赛"]) == 0
    assert json.loads(capsys.readouterr().out)["prediction"] in ("0", "1")


def test_submit_writes_checked_files_of_both_test_versions(own, capsys):
    tests = map(str, own.tests)
    assert main(["submit", "clue/tnews", "--run", str(own.run), "--test", *tests, "--quiet"]) == 0
    archive = own.run / "submission" / "submit.zip"
    assert capsys.readouterr().out.strip() == str(archive)
    with zipfile.ZipFile(archive) as content:
        assert content.namelist() == ["tnews10_predict.json", "tnews11_predict.json"]
        first, second = ([json.loads(line) for line in content.read(name).splitlines()] for name in content.namelist())
    assert [row["id"] for row in first] == [str(i) for i in range(5)]
    predicted = {str(line["id"]): line["prediction"] for line in lines_of(own.run / "test" / "predictions.jsonl")}
    assert {row["id"]: row["label"] for row in second} == predicted


@pytest.mark.keras
def test_rerun_repeats_a_run_bit_for_bit_and_compare_shows_where_two_differ(own, tmp_path, capsys, monkeypatch):
    from baselines.weights.checkpoint import open_checkpoint

    again = tmp_path / "again"
    assert main(["rerun", str(own.run), "--output", str(again)]) == 0
    before, after = (open_checkpoint(folder / "best") for folder in (own.run, again))
    assert set(before) == set(after)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    recipes = [yaml.safe_load((folder / "recipe.yaml").read_text()) for folder in (own.run, again)]
    assert {key for key in recipes[0] if recipes[0][key] != recipes[1][key]} == {"output"}
    (again / "recipe.yaml").write_text(yaml.safe_dump({**recipes[1], "seed": 7}))
    capsys.readouterr()
    assert main(["compare", str(own.run), str(again)]) == 0
    shown = capsys.readouterr().out
    assert "seed" in shown and "42" in shown and "7" in shown
    assert "batch_size" not in shown and "output" not in shown


def test_compare_shows_the_scores_of_runs_that_are_equal(own, capsys):
    assert main(["compare", str(own.run), str(own.run)]) == 0
    shown = capsys.readouterr().out
    assert "accuracy" in shown and str(own.run) in shown and "…" not in shown and "batch_size" not in shown


def test_compare_takes_a_truth_value_for_its_word(own, tmp_path, capsys):
    """--jit was true or false before it was also auto."""
    old, new = (shutil.copytree(own.run, tmp_path / name) for name in ("old", "new"))
    for run, jit in ((old, False), (new, "false")):
        recipe = yaml.safe_load((run / "recipe.yaml").read_text())
        (run / "recipe.yaml").write_text(yaml.safe_dump({**recipe, "jit": jit}))
    assert main(["compare", str(old), str(new)]) == 0
    assert "jit" not in capsys.readouterr().out


def test_compare_a_run_without_a_finished_epoch(own, tmp_path, capsys):
    other = shutil.copytree(own.run, tmp_path / "other")
    (other / "metrics.jsonl").unlink()
    assert main(["compare", str(own.run), str(other)]) == 0
    assert "none finished" in capsys.readouterr().out


def test_inspect_our_own_checkpoint_and_a_bare_configuration(tiny_run, capsys):
    assert main(["inspect", str(tiny_run.run / "best")]) == 0
    shown = capsys.readouterr().out
    assert "bert: BERT" in shown and "hidden_size 16" in shown and "lower case" in shown
    rows = {line.split()[0]: line for line in shown.splitlines() if line.startswith(("bert.", "baselines."))}
    assert len(rows) == 23
    table = rows["bert.embeddings.word_embeddings.weight"]
    assert "120 x 16" in table and "float32" in table and "Embedding-Token/embeddings" in table
    assert "a head" in rows["baselines.Classifier/kernel"]
    assert main(["inspect", str(tiny_run.checkpoint)]) == 0
    assert "weights        none" in capsys.readouterr().out


def test_inspect_googles_format_and_a_bare_hugging_face_encoder(tiny, tmp_path, capsys):
    from baselines.weights import safetensors_file, tensorflow_checkpoint

    table = np.zeros((120, 16), np.float32)
    google = shutil.copytree(tiny.checkpoint, tmp_path / "google")
    (google / "config.json").rename(google / "bert_config.json")
    tensors = {"bert/embeddings/word_embeddings": table, "global_step": np.array(3), "bert/surprise": table}
    tensorflow_checkpoint.write(google / "bert_model.ckpt", tensors)
    hugging_face = shutil.copytree(tiny.checkpoint, tmp_path / "hugging_face")
    safetensors_file.write(hugging_face / "model.safetensors", {"embeddings.word_embeddings.weight": table})
    for location in (google, google / "bert_model.ckpt", google / "bert_model.ckpt.index"):
        assert main(["inspect", str(location)]) == 0
        shown = capsys.readouterr().out
        assert "TensorFlow" in shown and "3 tensors" in shown and "optimizer state" in shown
        assert next(line for line in shown.splitlines() if line.startswith("bert/surprise")).endswith("  -")
    for location in (hugging_face, hugging_face / "model.safetensors"):
        assert main(["inspect", str(location)]) == 0
        shown = capsys.readouterr().out
        assert "safetensors" in shown and "1 tensors, 1,920 numbers" in shown and "Embedding-Token/embeddings" in shown


@pytest.mark.keras
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_keeps_float32_weights(precision, tiny, tmp_path, capsys):
    import keras

    run = tmp_path / "run"
    try:
        assert main(["train", "clue/tnews", *tiny.flags(output=run, precision=precision, epochs=1)]) == 0
        assert main(["predict", "--run", str(run), TITLES["103"][0]]) == 0
    finally:
        keras.config.set_dtype_policy("float32")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["prediction"] in TITLES
    assert {array.dtype for array in load_file(run / "best" / "model.safetensors").values()} == {np.dtype("float32")}


@pytest.mark.parametrize("words", ["inspect {}", "predict --run {} 文", "train clue/tnews --demo --train {}", "fill --init {} 文"])
def test_a_name_that_no_file_can_have_is_one_line(capsys, words):
    assert main([word.replace("{}", "长" * 300) for word in words.split()]) == 2
    *_, told = capsys.readouterr().err.strip().splitlines()
    assert told.startswith("error: ") and "too long" in told and "Cannot write" not in told and len(told) < 400
