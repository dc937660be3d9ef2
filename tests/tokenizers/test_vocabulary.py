"""Reading vocab.txt, what is refused, and cutting down or extending a vocabulary with its embedding rows."""

import pytest

from baselines.errors import InputError
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

TOKENS = [*SPECIAL_TOKENS, "[unused1]", "价", "##价", "格", "价格", "ab", "##ab", "a,", ",", "——"]


def write(tmp_path, content):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_save_and_read(tmp_path):
    Vocabulary(TOKENS).save(tmp_path / "vocab.txt")
    vocabulary = Vocabulary.from_file(tmp_path / "vocab.txt")
    assert vocabulary.tokens == TOKENS
    assert [path.name for path in tmp_path.iterdir()] == ["vocab.txt"]
    assert (vocabulary.pad_id, vocabulary.unk_id, vocabulary.cls_id) == (0, 1, 2)
    assert (vocabulary.sep_id, vocabulary.mask_id) == (3, 4)
    assert vocabulary.keep_ids is None and vocabulary.id("价") == 6 and "格" in vocabulary and len(vocabulary) == 15


def test_what_files_may_look_like(tmp_path):
    head = "\ufeff[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n"
    vocabulary = Vocabulary.from_file(write(tmp_path, head + "的\t1203\r\n\u2028\r\n\u3000\r\n好\r\n\r\n\r\n"))
    assert vocabulary.tokens == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "的", "\u2028", "\u3000", "好"]
    with pytest.raises(InputError, match=r"has no \[MASK\]. Choose a checkpoint with one"):
        _ = vocabulary.mask_id


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "the vocabulary is empty"),
        (b"\n\n", "the vocabulary is empty"),
        ("\n".join(["[PAD]", "[UNK]", "的"]), r"\[CLS\], \[SEP\] missing"),
        ("\n".join([*SPECIAL_TOKENS, "", "的"]), "vocab.txt:6: a blank line is no token"),
        ("[PAD]\n的".encode("gbk"), "vocab.txt:2: byte 0xb5 is not UTF-8"),
    ],
)
def test_refused_files(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        Vocabulary.from_file(write(tmp_path, content))


def test_of_a_token_on_several_lines_the_last_counts(tmp_path):
    """As in transformers; ERNIE 3.0's vocabulary has $ twice. The other line keeps its row, which is never read or written."""
    vocabulary = Vocabulary.from_file(write(tmp_path, "\n".join([*SPECIAL_TOKENS, "$", "的", "$", "好"])))
    assert len(vocabulary) == 9 and vocabulary.id("$") == 7 and vocabulary.repeated_tokens() == {"$": [5, 7]}
    assert 5 in vocabulary.special_ids and 7 not in vocabulary.special_ids
    assert vocabulary.producible_ids() == [0, 1, 2, 3, 4, 6, 7, 8]
    vocabulary.save(tmp_path / "copy.txt")
    assert (tmp_path / "copy.txt").read_text(encoding="utf-8").splitlines() == vocabulary.tokens
    assert vocabulary.subset(range(8)).repeated_tokens() == {"$": [5, 7]}
    assert vocabulary.subset([0, 1, 2, 3, 7]).repeated_tokens() == {}


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="none.txt: cannot be read: No such file"):
        Vocabulary.from_file(tmp_path / "none.txt")


def test_reduced_vocabulary_keeps_special_tokens_first():
    vocabulary = Vocabulary(["a", "价", *SPECIAL_TOKENS, "[unused1]", "##价", "价格", "##a", "a,"])
    ids = vocabulary.producible_ids()
    reduced = vocabulary.subset(ids)
    assert reduced.tokens == [*SPECIAL_TOKENS, "a", "价", "##a"]
    assert reduced.keep_ids == ids == [2, 3, 4, 5, 6, 0, 1, 10]


def test_rows_through_reducing_and_adding_and_reducing():
    vocabulary = Vocabulary(TOKENS).subset([0, 1, 2, 3, 6, 10]).with_added(["<用户>", "价", "<机器>"])
    assert vocabulary.tokens[4:] == ["价", "ab", "<用户>", "<机器>"]
    assert vocabulary.keep_ids == [0, 1, 2, 3, 6, 10, -1, -1]
    assert vocabulary.added == ("价", "<用户>", "<机器>"), "in the order of their ids"
    again = vocabulary.subset([3, 2, 1, 0, 7])
    assert again.keep_ids == [3, 2, 1, 0, -1] and again.added == ("<机器>",) and again.sep_id == 0
    assert Vocabulary(TOKENS).with_added(["x"]).keep_ids == [*range(15), -1]


def test_refused_changes():
    vocabulary = Vocabulary(TOKENS)
    with pytest.raises(InputError, match=r"keep_tokens: .* has ids from 0 to 14. Received: \[15\]"):
        vocabulary.subset([0, 1, 2, 3, 15])
    with pytest.raises(InputError, match=r"\[PAD\] missing"):
        vocabulary.subset([1, 2, 3])
    with pytest.raises(InputError, match=r"added_tokens: \['\[SEP\]'\] are blank or special"):
        vocabulary.with_added(["[SEP]"])
