"""Learning rates given as points, `--schedule 0:0,1000:1,2000:0.1`: update 500 has half the rate. kexue.fm/archives/7094."""

import itertools
import math

from baselines.errors import InputError


def parse(text: str) -> tuple[tuple[int, float], ...]:
    """((update, factor), …) of "STEP:FACTOR,…", with (0, 0) in front unless there is a point 0. Raises InputError.

    >>> parse("1000:1,2000:0.1")
    ((0, 0.0), (1000, 1.0), (2000, 0.1))
    """
    points = tuple(_point(word) for word in text.split(","))
    steps = [step for step, _ in points]
    if any(later <= earlier for earlier, later in itertools.pairwise(steps)):
        raise InputError(f"--schedule: the steps of {text} are not in ascending order. Sort the points, with each step once.")
    return points if steps[0] == 0 else ((0, 0.0), *points)


def _point(word):
    step, _, factor = word.partition(":")
    try:
        point = int(step), float(factor)
    except ValueError:
        point = -1, math.nan
    if point[0] < 0 or not 0 <= point[1] < math.inf:
        raise InputError(
            f"--schedule: cannot read the point {word!r}. Write STEP:FACTOR, a whole step and a factor, both at least 0, such as "
            "0:0,1000:1,2000:0.1."
        )
    return point
