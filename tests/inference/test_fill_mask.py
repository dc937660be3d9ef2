"""Masked words for people: beams equal trying every pair, scores equal masking by hand, and what is wrong is one line."""

import itertools
import json
import math

import keras
import numpy as np
import pytest
from conftest import write_checkpoint

from baselines.cli.main import main
from baselines.errors import InputError
from baselines.inference.fill_mask import FillMask
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气很好坏人"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """The folder of a tiny random model with an MLM head."""
    folder = write_checkpoint(tmp_path_factory.mktemp("masked") / "checkpoint", TOKENS, initializer_range=0.4)
    keras.utils.set_random_seed(5)
    model = build_transformer_model(folder / "config.json", with_mlm="linear")
    config = configure(folder)
    save_hugging_face(model, folder, family(config.model_type).weight_names(config))
    return folder


@pytest.fixture(scope="module")
def fill_mask(checkpoint):
    return FillMask.from_checkpoint(checkpoint)


@pytest.fixture(scope="module")
def plain(checkpoint):
    """token ids -> log-probabilities (L, V) of the encoder's own MLM output: one row, no padding, no places."""
    model = build_transformer_model(checkpoint, with_mlm="linear")

    def ask(ids):
        row = np.array(ids, np.int32)[None]
        logits = keras.ops.convert_to_numpy(model({"token_ids": row, "segment_ids": row * 0})["mlm"])[0].astype(np.float64)
        return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))

    return ask


def test_candidates_are_those_of_the_encoder(fill_mask, plain):
    text = "今天[MASK]气很[MASK]"
    ids = fill_mask.ids(text)
    assert ids.tolist() == [2, 5, 6, 4, 7, 8, 4, 3]
    expected = plain(ids)
    for place, candidates in zip((3, 6), fill_mask.fill(text, num=4).candidates, strict=True):
        tokens = [TOKENS.index(token) for token, _ in candidates]
        assert tokens == np.argsort(-expected[place])[:4].tolist()
        assert [p for _, p in candidates] == pytest.approx(np.exp(expected[place][tokens]), rel=1e-4)


def test_wide_beams_are_every_pair_in_order(fill_mask, plain):
    text, size = "今[MASK]气[MASK]", len(TOKENS)
    ids = fill_mask.ids(text)
    first = plain(ids)[2]
    seconds = [plain(np.where(np.arange(len(ids)) == 2, one, ids))[4] for one in range(size)]
    every = itertools.product(range(size), repeat=2)
    pairs = sorted(((first[one] + seconds[one][other], one, other) for one, other in every), reverse=True)
    texts = fill_mask.fill(text, num=size).texts
    assert [score for _, score in texts] == pytest.approx([score for score, _, _ in pairs[:size]], rel=1e-4)
    assert texts[0][0] == fill_mask.tokenizer.decode([5, pairs[0][1], 7, pairs[0][2]])


def test_a_score_is_that_of_every_token_masked_alone(fill_mask, plain):
    text = "今天天气很好"
    ids, total = fill_mask.ids(text), 0.0
    for place in range(1, len(ids) - 1):
        total += plain(np.where(np.arange(len(ids)) == place, 4, ids))[place][ids[place]]
    found = fill_mask.score(text)
    assert found.tokens == 6 and found.log_likelihood == pytest.approx(total, rel=1e-4)
    assert found.perplexity == pytest.approx(math.exp(-total / 6), rel=1e-4)


def test_more_masks_than_rows_at_once(fill_mask):
    text = "今天气很好坏人" * 4
    assert fill_mask.score(text).tokens == 28
    assert len(fill_mask.fill("[MASK]" * 17, num=2).candidates) == 17


def test_what_cannot_be_asked(fill_mask):
    with pytest.raises(InputError, match=r"no \[MASK\] in this text"):
        fill_mask.fill("今天")
    with pytest.raises(InputError, match="has no tokens"):
        fill_mask.score("  ")
    with pytest.raises(InputError, match="63 tokens, but the model takes 62"):
        fill_mask.score("好" * 63)


def test_the_command(checkpoint, tmp_path, capsys):
    assert main(["fill", "今天[MASK]气", "--init", str(checkpoint), "--num", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[-1].startswith("[MASK] 1")
    source, output = tmp_path / "texts.txt", tmp_path / "scores.jsonl"
    source.write_text("今天\n\n很好\n", encoding="utf-8")
    flags = ["--score", "--input", str(source), "--output", str(output), "--init", str(checkpoint), "--quiet"]
    assert main(["fill", *flags]) == 0
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [row["text"] for row in rows] == ["今天", "很好"] and all(row["perplexity"] > 1 for row in rows)


@pytest.mark.parametrize("argv, message", [
    ([], "no text is given. Give texts, or --input FILE."),
    (["今[MASK]", "--input", "texts.txt"], "texts and --input exclude each other."),
    (["今[MASK]", "--num", "0"], "--num 0 is too small. Give at least 1."),
    (["今[MASK]"], "--init: no checkpoint to start from is given"),
    (["--input", "nowhere.txt"], "--input: nowhere.txt does not exist."),
])
def test_mistakes_are_one_line(argv, message, capsys):
    assert main(["fill", *argv]) == 2
    assert message in capsys.readouterr().err
