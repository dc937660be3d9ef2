"""The table of an ablation: dev score over seeds, the difference to none with its noise, time per update, memory.

 variant  accuracy         change                   verdict       ms/update       peak memory  runs
    none  0.5501 ± 0.0042  -                        -              41.2           1.21 GiB     3
     fgm  0.5560 ± 0.0031  +0.0059 ± 0.0087 (95 %)  within noise   80.1 (x 1.94)  1.24 GiB     3
"""

import csv
import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.runtime.text_table import aligned
from baselines.storage.atomic_files import atomic_path, atomic_write

PLAIN = "none"
GIB = 2**30
NOTES = """\
score: the best epoch's on dev, mean ± standard deviation over seeds and folds. change: mean difference to none at the same seeds
and folds, with its 95 % interval (Student's t). Of variants that do nothing, one in 20 falls outside its interval. ms/update:
median, compilation left aside. peak memory: of the whole process; on a GPU, of the card.
"""


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of one run: numbers of its summary.json."""

    variant: str
    seed: int
    score: float
    step_seconds: float
    peak_memory: int
    """Bytes."""
    fold: str = ""
    """Official fold; "" without."""


@dataclasses.dataclass(frozen=True)
class AblationRow:
    """One variant over its seeds; None where it cannot be computed."""

    variant: str
    scores: tuple[float, ...]
    failed: int
    mean: float | None = None
    std: float | None = None
    change: float | None = None
    change_95: float | None = None
    verdict: str = "-"
    step_seconds: float | None = None
    times_none: float | None = None
    peak_memory: int | None = None


def rows_of(variants: Sequence[str], results: Sequence[Result], failures: Sequence[tuple[str, int]] = ()) -> list[AblationRow]:
    """An AblationRow per variant, in their order.

    Args:
        variants: names.
        results: Results.
        failures: (variant, seed) of runs that failed.
    """
    runs = {variant: {(r.seed, r.fold): r for r in results if r.variant == variant} for variant in variants}
    return [row_of(variant, runs[variant], runs.get(PLAIN, {}), sum(t == variant for t, _ in failures)) for variant in variants]


def row_of(variant: str, runs: Mapping[tuple, Result], plain: Mapping[tuple, Result], failed: int) -> AblationRow:
    """runs, plain: {(seed, fold): Result} of the variant and of none."""
    scores = tuple(runs[seed].score for seed in sorted(runs))
    if not scores:
        return AblationRow(variant, scores, failed)
    change = change_95 = times_none = None
    verdict, step_seconds = "-", statistics.median(run.step_seconds for run in runs.values())
    if variant != PLAIN and plain:
        seconds_of_none = statistics.median(run.step_seconds for run in plain.values())
        times_none = step_seconds / seconds_of_none if seconds_of_none else None
        change, change_95 = paired_difference(runs, plain)
        verdict = verdict_of(change, change_95)
    return AblationRow(
        variant, scores, failed, statistics.fmean(scores), statistics.stdev(scores) if len(scores) > 1 else None, change, change_95,
        verdict, step_seconds, times_none, max(run.peak_memory for run in runs.values()),
    )  # fmt: skip


def paired_difference(runs: Mapping[tuple, Result], plain: Mapping[tuple, Result]) -> tuple[float | None, float | None]:
    """(mean difference at the seeds and folds that both have, half of its 95 % interval); None for what cannot be computed."""
    from scipy.special import stdtrit

    differences = [runs[seed].score - plain[seed].score for seed in sorted(runs.keys() & plain.keys())]
    count = len(differences)
    if count < 2:
        return (differences[0] if differences else None), None
    error = statistics.stdev(differences) / math.sqrt(count)
    return statistics.fmean(differences), float(stdtrit(count - 1, 0.975)) * error


def verdict_of(change: float | None, change_95: float | None) -> str:
    if change is None or change_95 is None:
        return "too few seeds"
    if abs(change) <= change_95 or change == 0:
        return "within noise"
    return "better" if change > 0 else "worse"


def format_table(rows: Sequence[AblationRow], metric: str) -> str:
    lines = [("variant", metric, "change", "verdict", "ms/update", "peak memory", "runs")]
    for row in rows:
        runs = f"{len(row.scores)}" + (f", {row.failed} failed" if row.failed else "")
        lines.append((row.variant, with_spread(row), with_interval(row), row.verdict, time_of(row), memory_of(row), runs))
    return aligned(lines, "><") + f"\n{NOTES}"


def with_spread(row: AblationRow) -> str:
    return "-" if row.mean is None else f"{row.mean:.4f}" + ("" if row.std is None else f" ± {row.std:.4f}")


def with_interval(row: AblationRow) -> str:
    if row.change is None:
        return "-"
    return f"{row.change:+.4f}" + ("" if row.change_95 is None else f" ± {row.change_95:.4f} (95 %)")


def time_of(row: AblationRow) -> str:
    if row.step_seconds is None:
        return "-"
    return f"{1000 * row.step_seconds:.1f}" + ("" if row.times_none is None else f" (x {row.times_none:.2f})")


def memory_of(row: AblationRow) -> str:
    return "-" if row.peak_memory is None else f"{row.peak_memory / GIB:.2f} GiB"


def write_tables(folder: Path, rows: Sequence[AblationRow], metric: str) -> str:
    """Writes ablation.txt, ablation.csv and ablation.png; returns the text."""
    text = format_table(rows, metric)
    with atomic_write(folder / "ablation.txt", "w") as file:
        file.write(text)
    with atomic_write(folder / "ablation.csv", "w") as file:
        table = csv.writer(file, lineterminator="\n")
        names = [field.name for field in dataclasses.fields(AblationRow)]
        table.writerow(["metric", *names])
        for row in rows:
            values = {**dataclasses.asdict(row), "scores": " ".join(map(repr, row.scores))}
            table.writerow([metric, *("" if values[name] is None else values[name] for name in names)])
    draw(folder / "ablation.png", rows, metric)
    return text


def draw(path: Path, rows: Sequence[AblationRow], metric: str) -> None:
    """A .png of three panels: change of the score (or the score, without `none`), time and memory, a bar per variant."""
    from matplotlib.figure import Figure

    compared = any(row.change is not None for row in rows)
    figure = Figure(figsize=(11, 1.6 + 0.42 * len(rows)), dpi=130, layout="constrained")
    panels = figure.subplots(1, 3, sharey=True, width_ratios=(2, 1, 1))
    names = [f"{row.variant}  ({with_spread(row)})" for row in rows]
    score, spread = ("change", "change_95") if compared else ("mean", "std")
    colors = {"better": "tab:green", "worse": "tab:red"}
    bars(panels[0], rows, score, spread, 1, [colors.get(row.verdict, "tab:gray") for row in rows])
    bars(panels[1], rows, "step_seconds", None, 1000, "tab:blue")
    bars(panels[2], rows, "peak_memory", None, 1 / GIB, "tab:blue")
    panels[0].set_yticks(range(len(rows)), names)
    panels[0].invert_yaxis()
    panels[0].axvline(0, color="black", linewidth=0.8)
    titles = (f"{metric}: change to none, 95 % interval" if compared else f"{metric} ± standard deviation", "ms/update", "peak GiB")
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
        axes.set_axisbelow(True)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def bars(axes: Any, rows: Sequence[AblationRow], name: str, spread: str | None, factor: float, color: Any) -> None:
    values = [factor * (getattr(row, name) or 0) for row in rows]
    spreads = [factor * (getattr(row, spread) or 0) for row in rows] if spread else None
    axes.barh(range(len(rows)), values, xerr=spreads, color=color, height=0.6, capsize=3, ecolor="black")
