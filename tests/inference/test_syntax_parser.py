"""`run.py parse`: a tiny ON-LSTM learns, its trees are those of its distances, and what is wrong is one line."""

import json

import numpy as np
import pytest
from conftest import write_checkpoint

from baselines.cli.main import main
from baselines.decoding.syntax_tree import syntax_tree
from baselines.errors import InputError
from baselines.inference.syntax_parser import SyntaxParser
from baselines.models.builder import build_transformer_model
from baselines.models.config import Config
from baselines.models.families import family

pytestmark = pytest.mark.keras
WORDS = ["苹果", "颜色", "什么", "真的", "需要", "勇气"]
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"的是爱，。"]
ON_LSTM = {"model_type": "on_lstm", "hidden_size": 12, "num_hidden_layers": 3, "num_attention_heads": 1, "num_levels": 4}
SENTENCES = ["苹果的颜色是什么", "爱真的需要勇气", "需要苹果", "什么是爱", "颜色是真的", "勇气是需要的"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a pretraining run."""
    folder = tmp_path_factory.mktemp("on_lstm")
    write_checkpoint(folder / "model", TOKENS, **ON_LSTM)
    (folder / "corpus.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in SENTENCES * 12))
    code = main(["pretrain", "gpt", "--corpus", str(folder / "corpus.jsonl"), "--documents", "--model", str(folder / "model"),
                 "--pre_tokenizer", "jieba", "--out", str(folder / "run"), "--held_out", "6", "--epochs", "2", "--batch_size", "8",
                 "--epoch_updates", "20", "--max_length", "16", "--learning_rate", "0.03", "--workers", "1", "--quiet",
                 "--jit", "false"])  # fmt: skip
    assert code == 0
    return folder / "run"


def test_it_learns(run):
    scores = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    first, last = (line["loss"] for line in scores if line["split"] == "dev")
    assert last < first < np.log(len(TOKENS)) + 0.1


@pytest.mark.parametrize("layer", [None, 3])
def test_trees_are_those_of_the_distances(run, layer):
    parsed = SyntaxParser.from_checkpoint(run / "best", layer).parse(SENTENCES[0])
    assert parsed.tokens == ["苹果", "的", "颜色", "是", "什么"]
    ids = np.array([[2, *(TOKENS.index(word) for word in parsed.tokens)]], "int32")
    expected = np.asarray(build_transformer_model(run / "best")({"token_ids": ids})["distances"])[0, 1:, (layer or 2) - 1]
    np.testing.assert_allclose(parsed.distances, expected, atol=1e-5)
    assert parsed.tree == syntax_tree(parsed.tokens, expected)
    assert min(parsed.distances) >= 0 and max(parsed.distances) <= 1 - 1 / 4


def test_the_command(run, tmp_path, capsys):
    assert main(["parse", *SENTENCES[:2], "--run", str(run)]) == 0
    trees = capsys.readouterr().out.split("\n\n")
    assert len(trees) == 2 and trees[0].startswith("[") and len(trees[0].splitlines()) == 1 + 5
    (tmp_path / "texts.txt").write_text("\n".join(SENTENCES[:3]), encoding="utf-8")
    code = main(["parse", "--input", str(tmp_path / "texts.txt"), "--output", str(tmp_path / "trees.jsonl"), "--init",
                 str(run / "best"), "--quiet"])  # fmt: skip
    assert code == 0
    rows = [json.loads(line) for line in (tmp_path / "trees.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == SENTENCES[:3] and rows[0]["tree"] == trees[0].splitlines()[0]
    assert all(len(row["tokens"]) == len(row["distances"]) for row in rows)


@pytest.mark.parametrize(("words", "message"), [
    (["--run", "RUN"], "no text is given"),
    (["苹果"], "no model is given"),
    (["苹果", "--run", "RUN", "--init", "RUN/best"], "exclude each other"),
    (["苹果", "--run", "RUN", "--layer", "4"], "there is no layer 4. Choose one from 1 to 3."),
    ([" ", "--run", "RUN"], "has no tokens"),
    (["爱" * 1025, "--run", "RUN"], "1025 tokens, at most 1024"),
    (["苹果", "--init", "checkpoints/mini"], "a bert has no syntactic distances"),
])  # fmt: skip
def test_what_is_wrong_is_one_line(run, capsys, words, message):
    assert main(["parse", *(word.replace("RUN", str(run)) for word in words)]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1


def test_weights_have_names_and_sizes_add_up():
    config = Config.from_dict({**ON_LSTM, "vocab_size": 40})
    model = build_transformer_model(config)
    assert {weight.path for weight in model.trainable_weights} == set(family("on_lstm").weight_names(config))
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == config.sizes().parameters


@pytest.mark.parametrize(("options", "message"), [
    ({"num_levels": 5}, "num_levels=5 does not divide hidden_size=12"),
    ({"mask": "bidirectional"}, "mask=bidirectional is not implemented"),
    ({"embedding_size": 8}, "embedding_size is 8, hidden_size 12"),
    ({"talking_heads": "pre"}, "talking_heads=pre and model=on_lstm exclude each other"),
    ({"with_nsp": True}, "has no pooler"),
])  # fmt: skip
def test_what_the_family_lacks_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        build_transformer_model({**ON_LSTM, "vocab_size": 40}, **options)


def test_it_is_no_generator(run, capsys):
    assert main(["generate", "苹果", "--init", str(run / "best")]) == 2
    assert "Choose another model to generate text" in capsys.readouterr().err
