"""How paraphrases are sampled. Nothing here needs Keras: command lines are checked before it starts."""

from baselines.errors import InputError

SAMPLES, TOP_K = 100, 5
"""Texts that are sampled for one, and the likeliest tokens that they are sampled from, as published."""


def check_options(num: int, samples: int, top_k: int, top_p: float, min_score: float) -> None:
    """Raises InputError for a number that is out of range."""
    ranges = {"num": (num, 1, None), "samples": (samples, 1, None), "top_k": (top_k, 0, None), "top_p": (top_p, 0, 1),
              "threshold": (min_score, -1, 1)}  # fmt: skip
    for name, (value, low, high) in ranges.items():
        if not (value >= low and (high is None or value <= high)) or name == "top_p" and not value:
            bound = f"at least {low}" if high is None else f"a number from {low} to {high}"
            raise InputError(f"--{name}: {value} is out of range. Give {bound}.")
    if samples < num:
        raise InputError(f"--samples: {samples} samples cannot give {num} paraphrases. Give at least --num.")
