"""Chat tasks: the last utterance is gold, LCCC's files, and a run whose vocabulary grows by words of one's own."""

import json

import numpy as np
import pytest
from conftest import write_checkpoint, write_lines
from safetensors.numpy import load_file

from baselines.cli.main import main
from baselines.data.examples import read_examples
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.plugins import task_catalog
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights.save import save_hugging_face

DIALOGUES = [["早啊", "早", "吃了吗"], ["下雨了", "带伞吧"], ["晚安", "晚安哦"], ["好"]] * 2
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def test_the_last_utterance_is_gold(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", DIALOGUES[:4])
    examples, _ = read_examples(task_catalog.find("chat")[1].read, path, "train")
    assert [(example.texts, example.gold) for example in examples] == [
        (("早啊", "早"), "吃了吗"), (("下雨了",), "带伞吧"), (("晚安",), "晚安哦"), ((), "好"),
    ]  # fmt: skip


def test_lccc_has_words_apart_and_all_splits_in_one_file(tmp_path):
    dialogue = ["火锅 我 在 重庆 吃 了 iPhone 12", "哈哈 ！"]
    (tmp_path / "LCCC.json").write_text(json.dumps({"train": [dialogue] * 3, "valid": [dialogue]}), encoding="utf-8")
    read = task_catalog.find("lccc")[1].read
    assert len(read_examples(read, tmp_path / "LCCC.json", "train")[0]) == 3
    ((example,), _) = read_examples(read, tmp_path / "LCCC.json", "dev")
    assert example.texts == ("火锅我在重庆吃了iPhone 12",) and example.gold == "哈哈！"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A folder with weights, of a family without trained positions."""
    letters = sorted({letter for dialogue in DIALOGUES for text in dialogue for letter in text})
    folder = write_checkpoint(tmp_path_factory.mktemp("chat") / "nezha", [*SPECIAL, *letters], model_type="nezha")
    model = build_transformer_model(folder / "config.json", with_mlm=True)
    save_hugging_face(model, folder, family("nezha").weight_names(configure(folder)))
    return folder


@pytest.mark.keras
def test_a_run_with_new_words_keeps_them(checkpoint, tmp_path):
    (tmp_path / "words.txt").write_text("晚安\t11\n😀\t10\n雪\t9\n早\t50\n", encoding="utf-8")
    data = write_lines(tmp_path / "a.jsonl", DIALOGUES)
    flags = {
        "init": checkpoint, "train": data, "dev": data, "epochs": 1, "batch_size": 4, "max_length": 32, "learning_rate": 0.0,
        "weight_decay": 0.0, "cache": "", "words": tmp_path / "words.txt", "max_tokens": 4, "output": tmp_path / "run",
    }  # fmt: skip
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    assert main(["train", "chat", *words, "--no_jit"]) == 0
    best = tmp_path / "run" / "best"
    tokenizer, old = Tokenizer.from_folder(best), Tokenizer.from_folder(checkpoint)
    known = len(old.vocabulary)
    assert tokenizer.vocabulary.tokens == [*old.vocabulary.tokens, "晚安", "😀"]
    assert tokenizer.tokenize("晚安😀早") == ["晚安", "😀", "早"]
    assert json.loads((best / "config.json").read_text())["vocab_size"] == known + 2
    before, after = load_file(checkpoint / "model.safetensors"), load_file(best / "model.safetensors")
    for name, value in before.items():                                  # at rate 0: as it was, and copies of [PAD]'s row
        if len(value) == known:
            value = np.concatenate([value, value[:1], value[:1]])
        np.testing.assert_array_equal(after[name], value, err_msg=name)
    scores = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    dev = next(line for line in scores if line["split"] == "dev")
    assert {"log_likelihood", "perplexity", "distinct_1", "distinct_2"} <= set(dev)
    assert dev["log_likelihood"] == pytest.approx(-np.log(dev["perplexity"]), rel=1e-3)
    assert main(["evaluate", "chat", "--run", str(tmp_path / "run"), "--dev", str(data)]) == 0
