"""run.py vocab build_vocabulary: what the tokens of a corpus are, and in which order."""

import pytest

from baselines.cli.main import main
from baselines.corpus.vocabulary_building import SPECIAL, WordCounts, build_vocabulary
from baselines.errors import InputError
from baselines.tokenizers.tokenizer import Tokenizer

TEXTS = ["今天天气很好，语言模型 modeling models", "今天的天气 model 2024", "今天好 modeling 2024 2025"] * 3


def counted(**options):
    words = WordCounts(**options)
    for text in TEXTS:
        words.add(text)
    return words


def test_special_tokens_come_first_then_characters_by_frequency():
    tokens = build_vocabulary(counted(), 400)
    assert tokens[:104] == SPECIAL and tokens[104:107] == ["天", "今", "好"]
    assert tokens[0] == "[PAD]" and tokens[100:104] == ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert len(set(tokens)) == len(tokens) <= 400
    assert {"model", "a", "##a", "7", "##7"} <= set(tokens)


def test_a_small_vocabulary_keeps_the_frequent():
    tokens = build_vocabulary(counted(), len(SPECIAL) + 72 + 6)
    assert {"天", "今"} <= set(tokens) and "语" not in tokens and len(tokens) <= len(SPECIAL) + 78
    assert "今" not in build_vocabulary(counted(), 400, min_count=100)


def test_the_command_writes_what_the_tokenizer_reads(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    words = ["vocab", "build", "--corpus", str(tmp_path / "*.txt"), "--size", "400", "--out", str(tmp_path / "out"), "--quiet"]
    assert main([*words, "--words", "2"]) == 0
    assert "cover 100.0000%" in capsys.readouterr().err
    tokenizer = Tokenizer.from_folder(tmp_path / "out")
    assert tokenizer.tokenize("今天天气 modeling 囧")[0] in ("今天", "今天天气") and tokenizer.tokenize("modeling")[0] != "m"
    assert tokenizer.ids("囧").tolist() == [100]


def test_too_small_a_size_is_told():
    with pytest.raises(InputError, match="--size 100 has no room"):
        build_vocabulary(counted(), 100)
    with pytest.raises(InputError, match="--corpus"):
        build_vocabulary(WordCounts(), 1000)
