"""curves.png: drawn at the end of a run and now and then before, with every line of metrics.jsonl."""

from baselines.experiment.metrics_file import MetricsFile
from baselines.training import curves


def lines():
    yield {"epoch": 0, "step": 1, "split": "train", "loss": 2.0}
    for epoch in (1, 2, 3):
        yield {"epoch": epoch, "step": epoch, "split": "dev", "accuracy": 0.5, "loss": 1.0}


def drawn(tmp_path, monkeypatch, seconds):
    """How many lines each drawing of a run has."""
    found = []
    monkeypatch.setattr(curves, "SECONDS", seconds)
    monkeypatch.setattr(curves, "draw", lambda path, lines: found.append(len(lines)))
    with curves.Curves(tmp_path, MetricsFile(tmp_path / "metrics.jsonl")) as record:
        for line in lines():
            record(line)
    return found


def test_a_short_run_is_drawn_once_with_all_lines(tmp_path, monkeypatch):
    assert drawn(tmp_path, monkeypatch, seconds=3600) == [4]


def test_a_long_run_is_drawn_after_epochs_and_not_again_at_the_end(tmp_path, monkeypatch):
    assert drawn(tmp_path, monkeypatch, seconds=-1) == [2, 3, 4]


def test_a_stopped_run_keeps_a_picture(tmp_path):
    try:
        with curves.Curves(tmp_path, MetricsFile(tmp_path / "metrics.jsonl")) as record:
            for line in lines():
                record(line)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert (tmp_path / "curves.png").stat().st_size > 1000
