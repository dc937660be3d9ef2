"""Labels proposed for a file by several runs, the least certain first: a table that a person corrects and `train` reads.

Query by committee: Seung et al., 1992; the mean of the runs' probabilities as in McCallum and Nigam, 1998.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.writers import suffix_of, write_rows
from baselines.errors import InputError, excerpt
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import open_run

VOTES, CONFIDENCE, DISAGREEMENT = "votes", "confidence", "disagreement"


def propose_labels(
    runs: Sequence[RunFolder], path: str | Path, output: str | Path, order: str, limit: int, display: Display
) -> tuple[int, int]:
    """Writes the table; see `table`.

    Args:
        runs: Runs that give each text one label, all the same labels.
        path: File in the format of the first run's task. Labels in it are not read.
        output: File to write.
        order: What "least certain" means, see `table`.
        limit: Rows to write; 0: all.
        display: Shows progress.

    Returns:
        (rows of the file, how many of them the runs disagree about).

    Raises:
        InputError: A run is of another kind, or a text does not fit the table.
    """
    examples, names, labels, all_probabilities = None, None, None, []
    for run in runs:
        task_model, arguments = open_run(run, None, display)
        check_kind(task_model, run)
        if examples is None:
            examples = task_model.read_split("test", path).without_gold().examples
            names, labels = column_names(task_model, arguments.options), task_model.task.labels.names
        count = task_model.task.num_texts
        if count != len(names[1]):
            raise InputError(f"label: {run} takes {count} texts, {runs[0]} takes {len(names[1])}. Leave one of them out.")
        columns = [task_model.task.labels.id(name) for name in labels]
        all_probabilities.append(class_probabilities(task_model, examples)[:, columns])
    rows = table(examples, labels, np.stack(all_probabilities), names, order)
    check_texts(rows, names[1], output)
    write_rows(output, rows[: limit or len(rows)])
    return len(rows), sum(row[DISAGREEMENT] > 0 for row in rows)


def check_kind(task_model: Any, run: RunFolder) -> None:
    """Raises InputError unless a run gives one or two texts one label."""
    kind, count = task_model.task.head.output_kind, task_model.task.num_texts
    if kind != "label" or not task_model.task.classes or count not in (1, 2):
        raise InputError(
            f"label: {run} is a run of {task_model.name}, which does not give one or two texts a single label. "
            "Name runs of classify, match or a CLUE classification task."
        )


def column_names(task_model: Any, options: Any) -> tuple[str, tuple[str, ...], str]:
    """Names of the columns (id, texts, label): those of the run's options, else id, text, text_pair, label.

    Raises InputError for a name that the table needs for itself.
    """
    chosen = {name: getattr(options, name, None) or name for name in ("id", "text", "text_pair", "label")}
    texts = (chosen["text"], chosen["text_pair"])[: task_model.task.num_texts]
    for name in (chosen["id"], *texts, chosen["label"]):
        if name in (VOTES, CONFIDENCE, DISAGREEMENT):
            raise InputError(f"label: the run reads a column {name!r}, a name of the table's own. Rename yours, and train again.")
    return chosen["id"], texts, chosen["label"]


def class_probabilities(task_model: Any, examples: list[Example]) -> np.ndarray:
    """float64 (examples, C) of a model with one label per text."""

    def softmax(example, outputs):
        logits = outputs["logits"][0].astype(np.float64)
        powers = np.exp(logits - logits.max())
        return powers / powers.sum()

    found = task_model.predict(task_model.steps(), task_model.split_of(examples), softmax).by_id
    return np.stack([found[example.id] for example in examples])


def table(
    examples: Sequence[Example], labels: Sequence[str], probabilities: np.ndarray, names: tuple, order: str = "confidence"
) -> list[dict]:
    """The rows of the table, the least certain first.

    Args:
        examples: N of them.
        labels: C class names.
        probabilities: float64 (runs, N, C).
        names: See `column_names`.
        order: confidence: the mean probability of the proposed label; margin: that minus the second one's; entropy: of the mean;
            disagreement: the share of runs with another label, then confidence.

    Returns:
        Dicts of id, texts, the label with the largest mean probability, confidence, disagreement and, of several runs, votes.
    """
    mean = probabilities.mean(axis=0)
    best, ranked = mean.argmax(axis=1), np.sort(mean, axis=1)
    votes = probabilities.argmax(axis=2)                                # (runs, N)
    disagreement, confidence = (votes != best).mean(axis=0), ranked[:, -1]
    keys = {
        "confidence": (confidence,),
        "margin": (confidence - ranked[:, -2],),
        "entropy": (np.sum(mean * np.log(np.maximum(mean, 1e-300)), axis=1),),
        "disagreement": (confidence, -disagreement),                    # the last key decides first
    }[order]
    id_name, text_names, label_name = names
    rows = []
    for number in np.lexsort(keys):
        row = {id_name: examples[number].id, **dict(zip(text_names, examples[number].texts, strict=True))}
        row |= {label_name: labels[best[number]], CONFIDENCE: round(float(confidence[number]), 4)}
        row[DISAGREEMENT] = round(float(disagreement[number]), 4)
        if len(votes) > 1:
            row[VOTES] = " | ".join(labels[vote] for vote in votes[:, number])
        rows.append(row)
    return rows


def check_texts(rows: Sequence[dict], text_names: Sequence[str], output: str | Path) -> None:
    """Raises InputError for a text that a table with tabs cannot hold."""
    if suffix_of(output) not in (".tsv", ".txt"):
        return
    for text in (row[name] for row in rows for name in text_names):
        if any(letter in text for letter in "\t\n\r"):
            raise InputError(f"--out {output}: {excerpt(text, 40)!r} holds a tab or a line end. Write a .csv or .jsonl file.")
