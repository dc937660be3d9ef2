"""Counted words of a file: those that are frequent enough, in its order."""

import pytest

from baselines.data import word_list
from baselines.errors import InputError


def test_words_counted_ten_times_or_more_in_the_order_of_the_file(tmp_path):
    (tmp_path / "words.txt").write_text("表情包\t1032\n稀有\t9\n\n😀\t10\n表情包\t12\n", encoding="utf-8")
    assert word_list.read(tmp_path / "words.txt") == ["表情包", "😀"]


@pytest.mark.parametrize("line", ["表情包", "表情包 10", "表情包\t十", "表情包\t-3", "two words\t10", "\t10"])
def test_other_lines_are_told(line, tmp_path):
    (tmp_path / "words.txt").write_text(f"好\t10\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="words.txt:2: .* is not a token, a tab and a count"):
        word_list.read(tmp_path / "words.txt")
