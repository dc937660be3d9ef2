"""Columns stand under each other although Chinese characters are two cells wide."""

from baselines.runtime.text_table import aligned, clip, display_width


def test_sides_of_columns():
    rows = [("run", "f1", "note"), ("种子一", "0.5", "好"), ("b", "0.25", "")]
    assert aligned(rows, "<>") == "run       f1  note\n种子一   0.5    好\nb       0.25\n"
    assert aligned(rows, "><", gap=" | ") == "   run | f1   | note\n种子一 | 0.5  | 好\n     b | 0.25 |\n"


def test_display_width_and_clip():
    assert [display_width(text) for text in ("ab", "中文", "ｆ", "e\u0301")] == [2, 4, 2, 1]
    assert clip("中文字", 6) == "中文字" and clip("中文字", 5) == "中文…" and clip("中文字", 4) == "中…"
