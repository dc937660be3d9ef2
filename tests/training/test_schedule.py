"""Warm-up and decay, by hand."""

import pytest

from baselines.training.schedule import WarmupSchedule

pytestmark = pytest.mark.keras


def test_linear_schedule_warms_up_then_falls_to_nothing():
    schedule = WarmupSchedule(peak=1.0, warmup_steps=4, total_steps=12)
    found = [schedule.at(step) for step in (0, 1, 3, 4, 8, 11, 12, 20)]
    assert found == pytest.approx([0.25, 0.5, 1.0, 1.0, 0.5, 0.125, 0.0, 0.0])


def test_constant_schedule_stays():
    schedule = WarmupSchedule(peak=0.5, warmup_steps=0, total_steps=10, kind="constant")
    assert [schedule.at(step) for step in (0, 5, 100)] == pytest.approx([0.5, 0.5, 0.5])


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="cosinus"):
        WarmupSchedule(1.0, 0, 1, "cosinus")
