"""Runs that search their updates by the task's metric: resumed as if undisturbed, and by the score of generated texts."""

import json

import numpy as np
import pytest
from conftest import PAIRS, command, make_writing_run, refused
from safetensors.numpy import load_file

from baselines.training.steps import Steps

pytestmark = pytest.mark.keras


class Killed(Exception):
    """Stands for a kill: nothing is saved after it."""


def test_a_run_that_was_killed_and_resumed_searches_as_an_undisturbed_one(tiny, tmp_path, monkeypatch):
    settings = {"strategies": "mgs", "mgs.n": 2, "mgs.alpha": 0.1, "mgs.noise": 0.3}
    flags = {**settings, "epochs": 2, "batch_size": 6, "save_minutes": 0, "quiet": True}
    command("train", "clue/tnews", *tiny.flags(output=tmp_path / "undisturbed", **flags))
    train, updates = Steps.train, iter(range(100))

    def killed(steps, batches):
        if next(updates) == 4:
            raise Killed
        return train(steps, batches)

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "train", killed)
        with pytest.raises(Killed):
            command("train", "clue/tnews", *tiny.flags(output=tmp_path / "killed", **flags))
    command("train", "--resume", tmp_path / "killed")
    one, other = ([json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
                  for name in ("undisturbed", "killed"))  # fmt: skip
    assert one == other
    sizes = [line["effective_sample_size"] for line in one if line["split"] == "train"]
    assert len(sizes) == 6 and all(1 <= size <= 2 for size in sizes)
    states = [load_file(tmp_path / name / "last" / "state.safetensors") for name in ("undisturbed", "killed")]
    for (name, left), right in zip(states[0].items(), states[1].values(), strict=True):
        assert np.array_equal(left, right), name


def test_the_score_of_generated_texts_and_a_score_that_the_task_lacks(tiny, tmp_path, capsys):
    flags = {"strategies": "mgs", "mgs.n": 2, "mgs.metric": "bleu", "mgs.ties": "mean", "log_steps": 1}
    run = make_writing_run(tiny, tmp_path / "run", "seq2seq", PAIRS[:4], **flags)
    line = json.loads((run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert 0 <= line["candidate_score"] <= 1 and 1 <= line["effective_sample_size"] <= 2 + 1e-5      # of two candidates
    words = tiny.flags(output=tmp_path / "other", quiet=True, **{**flags, "mgs.metric": "bleo"})
    told = refused(capsys, "train", "clue/tnews", *words)
    assert "--mgs.metric: the task has no score 'bleo', only accuracy" in told
