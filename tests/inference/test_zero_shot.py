"""Zero-shot: samples contrast by the worked example, candidates in any order, calibration, labels that do not compare."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import command, refused, write_checkpoint

from baselines.errors import InputError
from baselines.inference.text_embedder import TextEmbedder
from baselines.inference.zero_shot import Entailment, LabelVectors, MaskedLabel, NextSentence, samples_contrast
from baselines.prompts.label_words import Prompts

MINI = Path(__file__).resolve().parents[2] / "checkpoints" / "mini"
TEXTS = ["味道不错，下次还来", "等了一个小时"]


def test_samples_contrast_by_the_worked_example():
    labels, thresholds = samples_contrast([0.9, 0.2, 0.75, 0.4, 0.6, 0.1], 2)
    assert labels.tolist() == [1, 0, 1, 0, 1, 0] and thresholds == [0.4]
    again, _ = samples_contrast(np.exp([0.9, 0.2, 0.75, 0.4, 0.6, 0.1]), 2)
    assert again.tolist() == labels.tolist()
    three, _ = samples_contrast(np.arange(8), 3)                        # floor(N / K) each, the last one takes the remainder
    assert three.tolist() == [0, 0, 1, 1, 2, 2, 2, 2]
    skewed, _ = samples_contrast(np.arange(8), 2, shares=[0.75, 0.25])
    assert skewed.tolist() == [0] * 6 + [1] * 2
    with pytest.raises(InputError, match="1 samples are too few for 2 classes"):
        samples_contrast([1.0], 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "no label is given"),
        ((["好", "好"],), "'好' is given twice"),
        ((["好"], "很好"), "has no place for the label. Write {label}"),
    ],
)
def test_prompts_that_cannot_be(arguments, message):
    with pytest.raises(InputError, match=message):
        Prompts(*arguments)


@pytest.fixture(scope="module")
def nsp():
    return NextSentence.from_checkpoint(MINI)


def test_the_order_of_candidates_and_what_stands_beside_a_pair_change_nothing(nsp):
    prompts = Prompts(["好", "差", "一般"], "这家店很{label}")
    scores = nsp.scores(TEXTS, prompts)
    assert scores.shape == (2, 3) and ((scores > 0) & (scores < 1)).all()
    turned = nsp.scores(TEXTS[::-1], Prompts(["一般", "好", "差"], "这家店很{label}"))
    np.testing.assert_allclose(turned[::-1][:, [1, 2, 0]], scores, atol=1e-5)
    alone = nsp.pair_scores([("这家店很好", TEXTS[0])])
    np.testing.assert_allclose(alone, scores[0, :1], atol=1e-5)


def test_a_long_text_is_cut_and_the_prompt_stays(nsp):
    scorer = nsp.scorer
    first, last = (scorer._row(*pair, keep) for pair, keep in ((("好", "差" * 900), True), (("差" * 900, "好"), False)))
    assert len(first["token_ids"]) == len(last["token_ids"]) == scorer.max_length
    good = scorer.tokenizer.ids("好")[0]
    assert first["token_ids"][1] == good and last["token_ids"][-2] == good
    with pytest.raises(InputError, match="the prompt leaves no room"):
        scorer._row("好" * 900, "差", True)


def test_calibration_takes_out_what_is_likely_anyway():
    plain = MaskedLabel.from_checkpoint(MINI, calibrate=False)
    prompts = Prompts(["好", "差"], "{text}，很{label}")
    calibrated = MaskedLabel(plain.fill_mask).scores(TEXTS, prompts)
    np.testing.assert_allclose(calibrated, plain.scores(TEXTS, prompts) - plain.scores([""], prompts), atol=1e-9)
    (filled,) = plain.fill_mask.fill(f"{TEXTS[0]}，很[MASK]", num=20000).candidates
    expected = [np.log(dict(filled)[label]) for label in prompts.labels]
    np.testing.assert_allclose(plain.scores(TEXTS[:1], prompts)[0], expected, atol=1e-5)
    with pytest.raises(InputError, match=r"labels of different numbers of tokens \(好 1, 很差 2\)"):
        plain.scores(TEXTS, Prompts(["好", "很差"]))
    assert plain.scores(TEXTS, Prompts(["好", "很差"], descriptions=["好", "差"])).shape == (2, 2)


def test_vectors_compare_text_and_label():
    way = LabelVectors(TextEmbedder.from_checkpoint(MINI))
    scores = way.scores(["好", "差"], Prompts(["好", "差"]))
    assert scores.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(np.diag(scores), 1, atol=1e-5)


def test_a_run_without_entailment_is_refused():
    class Other:
        class task:
            labels, num_texts = None, 1

    with pytest.raises(InputError, match="has no class entailment or 蕴含"):
        Entailment(Other(), "runs/x")


def test_faults_of_the_command_are_one_line(capsys, tmp_path):
    labels = ("--labels", "好", "差")
    assert "no text is given" in refused(capsys, "zero-shot", "--demo", *labels)
    assert "--by 'nps' is unknown" in refused(capsys, "zero-shot", "文", "--demo", "--by", "nps", *labels)
    assert "needs a run" in refused(capsys, "zero-shot", "文", "--by", "entailment", *labels)
    assert "give one of --init" in refused(capsys, "zero-shot", "文", *labels)
    data = tmp_path / "dev.csv"
    data.write_text("text,label\n好吃,很好\n", encoding="utf-8")
    assert "'很好' is not among --labels" in refused(capsys, "zero-shot", "文", "--demo", "--search", data, *labels)


def test_labels_and_descriptions_of_a_file(tmp_path):
    from baselines.cli.zero_shot import labels_of

    path = tmp_path / "labels.txt"
    path.write_text("pos\t好\nneg\t差\nnone\n", encoding="utf-8")
    assert labels_of((str(path),)) == (["pos", "neg", "none"], ["好", "差", "none"])
    assert labels_of(("好", "差")) == (["好", "差"], None)


def test_a_run_of_inference_says_what_follows_from_a_text(tmp_path):
    pairs = [("下雨了", "天气很好", "contradiction"), ("下雨了", "有雨", "entailment"), ("下雨了", "他在家", "neutral")] * 4
    data = tmp_path / "train.json"
    rows = [{"sentence1": one, "sentence2": other, "label": label} for one, other, label in pairs]
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    letters = sorted({letter for one, other, _ in pairs for letter in one + other})
    checkpoint = write_checkpoint(tmp_path / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])
    command(
        "train", "clue/ocnli", "--init", checkpoint, "--from_scratch", "--train", data, "--dev", data, "--output", tmp_path / "run",
        "--epochs", "1", "--batch_size", "4", "--max_length", "24", "--no_jit", "--cache", "", "--quiet",
    )  # fmt: skip
    way = Entailment.from_run(tmp_path / "run")
    scores = way.scores(["下雨了", "他在家"], Prompts(["有雨", "很好"], "天气{label}"))
    assert scores.shape == (2, 2) and (scores < 0).all()
    turned = way.scores(["他在家"], Prompts(["很好", "有雨"], "天气{label}"))
    np.testing.assert_allclose(turned[0, ::-1], scores[1], atol=1e-5)


def test_the_command_searches_a_template_and_writes_lines(tmp_path, capsys):
    data, texts, found = tmp_path / "dev.csv", tmp_path / "texts.txt", tmp_path / "found.jsonl"
    data.write_text("text,label\n很好,好\n很差,差\n", encoding="utf-8")
    texts.write_text("非常好\n\n非常差\n", encoding="utf-8")
    command(
        "zero-shot", "--demo", "--by", "vectors", "--labels", "好", "差", "--search", data, "--input", texts, "--output", found
    )
    lines = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    assert [line["text"] for line in lines] == ["非常好", "非常差"] and lines[0]["scores"].keys() == {"好", "差"}
    assert "was chosen with the labels of 2 examples" in capsys.readouterr().err
