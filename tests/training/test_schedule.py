"""Warm-up, decays and points, by hand."""

import keras
import pytest

from baselines.errors import InputError
from baselines.task import Recipe
from baselines.training import schedule, schedule_points
from baselines.training.schedule import PiecewiseLinear, RelativeStep, WarmupSchedule

pytestmark = pytest.mark.keras


def test_linear_schedule_warms_up_then_falls_to_nothing():
    schedule = WarmupSchedule(peak=1.0, warmup_steps=4, total_steps=12)
    found = [schedule.at(step) for step in (0, 1, 3, 4, 8, 11, 12, 20)]
    assert found == pytest.approx([0.25, 0.5, 1.0, 1.0, 0.5, 0.125, 0.0, 0.0])


def test_cosine_schedule_falls_slowly_then_fast_then_slowly():
    schedule = WarmupSchedule(peak=2.0, warmup_steps=2, total_steps=8, kind="cosine")
    found = [schedule.at(step) for step in (0, 1, 2, 4, 5, 6, 8, 9)]
    assert found == pytest.approx([1.0, 2.0, 2.0, 1.5, 1.0, 0.5, 0.0, 0.0], abs=1e-6)


def test_constant_schedule_stays():
    schedule = WarmupSchedule(peak=0.5, warmup_steps=0, total_steps=10, kind="constant")
    assert [schedule.at(step) for step in (0, 5, 100)] == pytest.approx([0.5, 0.5, 0.5])
    assert WarmupSchedule(0.5, 2, 10, "constant").at(0) == 0.25


@pytest.mark.parametrize(("text", "steps", "factors"), [
    ("1000:1,2000:0.1", (0, 500, 1000, 1500, 2000, 3000), (0, 0.5, 1, 0.55, 0.1, 0.1)),
    ("0:0,1000:1,2000:0.1", (0, 500, 3000), (0, 0.5, 0.1)),
    ("0:1", (0, 1, 10**6), (1, 1, 1)),
])  # fmt: skip
def test_points_are_joined_by_lines(text, steps, factors):
    found = schedule.build_schedule(Recipe(schedule=text, learning_rate=0.5, warmup=0.3), 7)
    assert [found.at(step) for step in steps] == pytest.approx([0.5 * factor for factor in factors])


@pytest.mark.parametrize("text", ["0:1,0:2", "5:1,3:2", "a:1", "3:", "3:-1", "-3:1", "3:nan", "1.5:1", "1:1,,2:1", ":"])
def test_points_that_are_none_are_refused_in_one_line(text):
    with pytest.raises(InputError, match="--schedule: (cannot read the point|the steps of)") as raised:
        schedule_points.parse(text)
    assert "\n" not in str(raised.value)


def test_the_recipe_names_a_schedule_of_all_updates():
    found = schedule.build_schedule(Recipe(schedule="cosine", warmup=0.1, learning_rate=1.0), 50)
    assert found.get_config() == {"peak": 1.0, "warmup_steps": 5, "total_steps": 50, "kind": "cosine"}


def test_relative_step():
    assert [RelativeStep(0.05).at(step) for step in (0, 9999, 39999)] == pytest.approx([5e-4, 5e-4, 2.5e-4])


@pytest.mark.parametrize("first", [WarmupSchedule(1.0, 2, 9, "cosine"), PiecewiseLinear(1.0, [(0, 0), (9, 1)]), RelativeStep(0.05)])
def test_schedules_survive_their_config(first):
    schedules = keras.optimizers.schedules
    again = schedules.deserialize(schedules.serialize(first))
    assert type(again) is type(first) and [again.at(step) for step in (0, 5)] == [first.at(step) for step in (0, 5)]


def test_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="cosinus"):
        WarmupSchedule(1.0, 0, 1, "cosinus")
