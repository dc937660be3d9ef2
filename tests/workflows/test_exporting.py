"""Exported runs of each kind answer as the run does: through `predict`, and through example.py alone. They import no Keras."""

import dataclasses
import functools
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from conftest import ROOT, command, refused, write_checkpoint

from baselines.cli.main import main
from baselines.experiment.export_folder import ExportFolder
from baselines.inference.exported_embedder import ExportedEmbedder
from baselines.inference.text_embedder import TextEmbedder
from baselines.inference.text_generator import TextGenerator

FIXTURES = ROOT / "tests" / "fixtures"
CLUE = FIXTURES / "clue"
# kind: (task, files with gold, file to predict, texts of one example, further flags)
KINDS = {
    "pointer": ("clue/cluener", [CLUE / "cluener" / "dev.json"], CLUE / "cluener" / "test.json", ("北京勘察设计协会副会长",), []),
    "crf": (
        "clue/cluener", [CLUE / "cluener" / "dev.json"], CLUE / "cluener" / "test.json", ("北京勘察设计协会副会长",),
        ["--head", "crf"],
    ),
    "answer": (
        "clue/cmrc2018", [CLUE / "cmrc2018" / "dev.json"], CLUE / "cmrc2018" / "test.json",
        ("哪一年？", "该作品于1923年发表，共三卷。"), [],
    ),
    "pair of pointers": (
        "read", [CLUE / "cmrc2018" / "dev.json"], CLUE / "cmrc2018" / "test.json", ("哪一年？", "该作品于1923年发表，共三卷。"),
        ["--head", "pointer_pair"],
    ),
    "choice": (
        "choose", [FIXTURES / "choose" / "train.jsonl"], FIXTURES / "choose" / "test.jsonl",
        ("老王每天五点起床。", "老王几点起床？", "五点", "六点"), [],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    letters = {letter for path in FIXTURES.rglob("*.json*") for letter in path.read_text(encoding="utf-8").lower()}
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
    tokens = [*special, *sorted(letter for letter in letters if letter.strip() and letter.isprintable())]
    return write_checkpoint(tmp_path_factory.mktemp("exporting") / "checkpoint", tokens)


@pytest.fixture(scope="module")
def exported(checkpoint, tmp_path_factory):
    """kind -> (run folder, its export). Weights stay random: then every kind of answer occurs."""

    @functools.cache
    def export(kind):
        from baselines.training.steps import Steps

        task, gold, _, _, further = KINDS[kind]
        run, folder = (tmp_path_factory.mktemp("exported") / name for name in ("run", "export"))
        flags = ["--init", checkpoint, "--from_scratch", "--epochs", 1, "--batch_size", 4, "--optimizer", "sgd", "--max_length", 32]
        flags += ["--eval_batch_size", 8, "--no_jit", "--cache", "", "--quiet", "--train", *gold, "--dev", *gold, *further]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Steps, "train", lambda steps, batches: {"loss": 1.0, "gradient_norm": 1.0})
            command("train", task, *flags, "--output", run)
        command("export", run, "--out", folder, "--no_speed", "--quiet")
        return run, folder

    return export


@pytest.fixture(scope="module")
def labels(tiny_run, tmp_path_factory):
    """The export of a run that classifies."""
    folder = tmp_path_factory.mktemp("labels") / "export"
    command("export", tiny_run.run, "--out", folder, "--quiet")
    return folder


def lines(capsys, *words):
    capsys.readouterr()
    command(*words)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def example(folder, *texts):
    done = subprocess.run([sys.executable, folder / "example.py", *texts], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_answers_as_its_run(exported, kind, capsys):
    run, folder = exported(kind)
    task, _, file, _, _ = KINDS[kind]
    expected, found = (lines(capsys, "predict", task, "--run", each, "--input", file, "--quiet") for each in (run, folder))
    assert [line["prediction"] for line in found] == [line["prediction"] for line in expected]
    assert any(line["prediction"] not in ([], "") for line in found)


@pytest.mark.parametrize("kind", KINDS)
def test_example_py_answers_as_predict(exported, kind, capsys):
    _, folder = exported(kind)
    *_, texts, _ = KINDS[kind]
    ((line),) = lines(capsys, "predict", "--run", folder, *texts)
    found = example(folder, *texts)
    expected = found if isinstance(found, list) else found.get("text", found["prediction"])
    assert line["prediction"] == expected


def test_labels_confidence_and_the_folder(labels, tiny_run, capsys):
    (expected,), (found,) = (lines(capsys, "predict", "--run", each, "球队赢下德比") for each in (tiny_run.run, labels))
    assert found["prediction"] == expected["prediction"] and abs(found["confidence"] - expected["confidence"]) < 1e-5
    assert example(labels, "球队赢下德比") == {"prediction": found["prediction"], "confidence": found["confidence"]}
    config, about = (json.loads((labels / name).read_text(encoding="utf-8")) for name in ("config.json", "export.json"))
    assert config["id2label"]["0"] == json.loads((labels / "labels.json").read_text(encoding="utf-8"))[0]
    assert list(about["inputs"]) == ["input_ids", "token_type_ids"] and (labels / "onnx" / "model.onnx").is_file()
    assert [(row["batch"], row["length"]) for row in about["speed"]] == [(1, 32), (32, 32)]     # the model has 64 positions
    assert "100.0% of 9 answers on dev equal the model's" in (labels / "README.md").read_text(encoding="utf-8")


def test_predict_starts_without_keras(labels):
    code = """
import sys, time
from baselines.cli.main import main
assert main(["predict", "--run", sys.argv[1], "球队赢下德比"]) in (0, None)
print([name for name in ("keras", "tensorflow", "jax", "torch") if name in sys.modules], time.process_time())
"""
    done = subprocess.run([sys.executable, "-c", code, str(labels)], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded, _, seconds = done.stdout.splitlines()[-1].rpartition(" ")
    assert loaded == "[]"
    assert float(seconds) < 1.5, "CPU seconds to the first answer"


@pytest.mark.parametrize("kind", ["savedmodel", "litert", "keras"])
def test_other_formats(tiny_run, kind, tmp_path, capsys):
    command("export", tiny_run.run, "--out", tmp_path / "export", "--format", kind, "--no_speed", "--quiet")
    assert "100.0% of 9 answers on dev equal the model's" in capsys.readouterr().err
    told = refused(capsys, "predict", "--run", tmp_path / "export", "球队赢下德比")
    assert f"in the format {kind}" in told


@pytest.mark.parametrize("kind", ["int8", "int8_static"])
def test_int8(tiny_run, kind, tmp_path, capsys):
    folder = tmp_path / "export"
    command("export", tiny_run.run, "--out", folder, "--quantize", kind, "--tolerance", 100, "--no_speed", "--quiet")
    assert f"{kind}: accuracy" in capsys.readouterr().err
    about = ExportFolder.open(folder).about
    assert about["files"]["graph"] == "onnx/model_quantized.onnx" and not (folder / "onnx" / "model.onnx").exists()
    assert about["int8"]["equal"] > 0.5
    assert lines(capsys, "predict", "--run", folder, "球队赢下德比")[0]["prediction"] in ("103", "109", "112")


def test_int8_that_loses_too_much_is_refused(tiny_run, tmp_path, monkeypatch, capsys):
    from baselines.exporting import quantization

    monkeypatch.setattr(quantization, "quantize", lambda source, target, kind, rows: spoil(source, target))
    told = refused(capsys, "export", tiny_run.run, "--out", tmp_path / "export", "--quantize", "int8", "--no_speed", "--quiet")
    assert "points, more than --tolerance 0.5" in told
    assert list(tmp_path.iterdir()) == []


def spoil(source, target):
    """The graph with weights of the classifier turned around."""
    import onnx

    proto = onnx.load(source)
    for weight in proto.graph.initializer:
        if weight.name.startswith("Classifier/kernel"):
            weight.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(weight), weight.name))
    onnx.save(proto, target)


def test_vectors(simbert_run, tmp_path):
    command("export", simbert_run, "--out", tmp_path / "export", "--no_speed", "--quiet")
    texts = ["球队主场赢下德比", "海边民宿", "机"]
    mine, theirs = ExportedEmbedder(tmp_path / "export"), TextEmbedder.from_run(simbert_run)
    assert np.abs(mine.encode(texts) - theirs.encode(texts)).max() < 1e-5
    assert (mine.pooling, mine.dimensions) == (theirs.pooling, theirs.dimensions)
    cosine = float(mine.encode(texts)[0] @ mine.encode(texts)[1])
    assert abs(example(tmp_path / "export", *texts[:2])[0] - cosine) < 1e-5


def test_texts(seq2seq_run, tmp_path, capsys):
    run, folder = shutil.copytree(seq2seq_run, tmp_path / "run"), tmp_path / "export"
    weights = safetensors.numpy.load_file(run / "best" / "model.safetensors")
    weights["cls.predictions.bias"] = np.random.default_rng(0).normal(size=weights["cls.predictions.bias"].shape).astype("float32")
    weights["cls.predictions.bias"][3] = -100                           # [SEP]: the texts do not end at once
    safetensors.numpy.save_file(weights, run / "best" / "model.safetensors", metadata={"format": "pt"})
    command("export", run, "--out", folder, "--quiet")
    assert "of 5 steps differ from the model's" in capsys.readouterr().err
    generator = TextGenerator.from_run(run)
    config = dataclasses.replace(generator.generation_config, beam=1, top_k=0, top_p=1.0, temperature=1.0)
    for text in ("球队主场赢下德比", "海边民宿"):
        ((expected,),) = generator.generate([(text,)], config)
        found = example(folder, text)
        assert generator.text(found["tokens"]) == expected.text
        assert len(found["tokens"]) == 6
    assert "Give the run folder itself" in refused(capsys, "predict", "--run", folder, "球队")


def test_a_graph_that_differs_is_not_published(tiny_run, tmp_path, monkeypatch, capsys):
    from baselines.exporting import check

    monkeypatch.setattr(check, "largest_difference", lambda expected, found: 0.5)
    assert "differs from the model by 5.0e-01" in refused(capsys, "export", tiny_run.run, "--out", tmp_path / "export", "--quiet")
    assert list(tmp_path.iterdir()) == []


def test_bad_exports(labels, tiny_run, tmp_path, capsys):
    copy = shutil.copytree(labels, tmp_path / "copy")
    (copy / "onnx" / "model.onnx").write_bytes(b"no graph")
    assert "onnxruntime refuses the graph" in refused(capsys, "predict", "--run", copy, "球队")
    (copy / "onnx" / "model.onnx").unlink()
    assert "does not exist. Export the run again" in refused(capsys, "predict", "--run", copy, "球队")
    (copy / "export.json").write_text('{"format": "onnx"}', encoding="utf-8")
    assert "task is missing or has a wrong type" in refused(capsys, "predict", "--run", copy, "球队")
    assert "no recipe.yaml" in refused(capsys, "predict", "--run", tmp_path, "球队")
    assert "does not embed" in refused(capsys, "encode", "--run", labels, "--input", tiny_run.dev, "--output", tmp_path / "v.npy")
    assert "--can and --devices" in refused(capsys, "predict", "--run", labels, "--devices", "all", "球队")
    assert "not of clue/ocnli" in refused(capsys, "predict", "clue/ocnli", "--run", labels, "球队")


def test_wrong_flags(tiny_run, seq2seq_run, tmp_path, capsys):
    told = functools.partial(refused, capsys, "export")
    out = ("--out", tmp_path / "export")
    assert "--out is missing" in told(tiny_run.run)
    assert "there is no format 'onxx'. Did you mean onnx?" in told(tiny_run.run, *out, "--format", "onxx")
    assert "--opset: 9 cannot be written. Give 14 to 18." in told(tiny_run.run, *out, "--opset", 9)
    assert "there is no 'int4'" in told(tiny_run.run, *out, "--quantize", "int4")
    assert "not on litert" in told(tiny_run.run, *out, "--quantize", "int8", "--format", "litert")
    assert "--tolerance: -1.0" in told(tiny_run.run, *out, "--tolerance", -1)
    assert "--examples: 0" in told(tiny_run.run, *out, "--examples", 0)
    assert "is not a run folder" in told(tmp_path, *out)
    assert "is in use" in told(tiny_run.run, "--out", tiny_run.folder)
    assert "Leave --quantize int8 out" in told(seq2seq_run, *out, "--quantize", "int8")
    assert not (tmp_path / "export").exists()


def test_a_dev_file_that_is_gone_is_no_obstacle_but_for_int8(tiny_run, tmp_path, capsys):
    run = shutil.copytree(tiny_run.run, tmp_path / "run")
    recipe = (run / "recipe.yaml").read_text(encoding="utf-8")
    (run / "recipe.yaml").write_text(recipe.replace(str(tiny_run.dev), "gone.json"), encoding="utf-8")
    assert "--quantize and --dev compare scores on dev" in refused(
        capsys, "export", run, "--out", tmp_path / "export", "--quantize", "int8", "--quiet"
    )
    assert main(["export", str(run), "--out", str(tmp_path / "export"), "--no_speed"]) in (0, None)
    assert "answers are not compared on dev" in capsys.readouterr().err
