"""What is shown while one waits, in a terminal, elsewhere and with --quiet, and what the log keeps."""

import io
import re
import types

from baselines.runtime import progress
from baselines.runtime.progress import Display, TrainingProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_notes_are_for_those_who_wait_results_for_all():
    for quiet, shown in ((False, "a [b]\nscore\n"), (True, "score\n")):
        stream = io.StringIO()
        with Display(quiet, stream) as display:
            display.note("a [b]")
            display.result("score")
        assert stream.getvalue() == shown


def test_the_log_keeps_what_was_told_before_and_after_it_was_opened(tmp_path):
    for part in ("first", "resumed"):
        display = Display(quiet=True, stream=io.StringIO())
        display.note(f"{part} 1")
        display.log_to(tmp_path / "log.txt")
        display.note(f"{part} 2")
        display.result("a table\n in rows")
    text = re.sub(r"^\d\d:\d\d:\d\d", "TIME", (tmp_path / "log.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    table = "TIME\na table\n in rows\n"
    assert text == f"TIME  first 1\nTIME  first 2\n{table}TIME  resumed 1\nTIME  resumed 2\n{table}"


def test_track_yields_everything_and_shows_lines_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", -1)
    stream = io.StringIO()
    with Display(stream=stream) as display:
        assert list(display.track("abc", "encoding")) == ["a", "b", "c"]
        assert list(display.track(iter("ab"), "more", total=2)) == ["a", "b"]
    assert [line.split("  ")[0] for line in stream.getvalue().splitlines()] == [
        "encoding 1/3", "encoding 2/3", "encoding 3/3", "more 1/2", "more 2/2",
    ]  # fmt: skip
    stream = io.StringIO()
    with Display(quiet=True, stream=stream) as display:
        list(display.track("abc", "encoding"))
    assert stream.getvalue() == ""


def test_a_bar_in_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    with Display(stream=Terminal()) as display:
        assert display.bars
        bar = TrainingProgress(display)
        bar.start(types.SimpleNamespace(updates=3), 10)
        bar.advance(None, 4)
        bar.advance(0.5, 4)
        bar.note("epoch 1")
    assert "epoch 1" in display.console.file.getvalue()


def test_no_time_left_before_three_steady_steps_and_compiling_is_said(monkeypatch):
    now, stream = [0.0], io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with Display(stream=stream) as display:
        bar = TrainingProgress(display)
        bar.start(types.SimpleNamespace(updates=0), 168)
        for seconds in (15, 1, 40, 1, 1, 1):                            # the first and the third are compiled
            if seconds > 1:
                bar.compiling()
            now[0] += seconds
            bar.advance(None, 8)
    assert stream.getvalue().splitlines() == [
        "training 0/168  compiling: the first update of each length takes longer",
        "training 1/168", "training 2/168  8 rows/s", "training 3/168  8 rows/s", "training 4/168  8 rows/s",
        "training 5/168  3 min left  8 rows/s", "training 6/168  3 min left  8 rows/s",
    ]  # fmt: skip
