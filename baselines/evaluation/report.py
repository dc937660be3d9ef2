"""Files of a scored split in the run folder: predictions, scores, the worst examples, the confusion matrix."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.evaluation.confusion import (
    MAX_DRAWN,
    class_table,
    confusion_matrix,
    confusion_text,
    draw_confusion,
    pair_counts,
)
from baselines.evaluation.errors import error_table
from baselines.evaluation.label_table import label_table
from baselines.evaluation.predictions import Predictions
from baselines.storage.atomic_files import atomic_write
from baselines.task import Categories, Example, Labels, Split


def prediction_lines(examples: Sequence[Example], predictions: Predictions) -> list[dict]:
    """[{"id", "prediction", and where available "confidence", "gold", "loss"}], in the order of the examples."""
    lines = []
    for index, example in enumerate(examples):
        line = {"id": example.id, "prediction": predictions.by_id[example.id]}
        if predictions.confidences is not None:
            line["confidence"] = round(float(predictions.confidences[example.id]), 6)
        if example.gold is not None:
            line["gold"] = example.gold
        if predictions.losses is not None:
            line["loss"] = round(float(predictions.losses[index]), 6)
        lines.append(line)
    return lines


def write_report(
    folder: Path, split: Split, predictions: Predictions, scores: dict, labels: Labels | None = None, facts: Callable | None = None
) -> str:
    """Write predictions.jsonl, scores.json, errors.txt by loss; for classes confusion.txt and, if few, .png, for sets labels.txt.

    `facts` is that of a Task.

    Returns:
        The text of confusion.txt or labels.txt, "" without either or with more classes than a screen shows.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    examples, golds, values = split.examples, split.golds, predictions.of(split.examples)
    lines = prediction_lines(examples, predictions)
    texts = {
        "predictions.jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        "scores.json": json.dumps(scores, indent=2) + "\n",
    }
    if predictions.losses is not None:
        texts["errors.txt"] = error_table(examples, predictions)
    if isinstance(labels, Categories):
        if facts:
            texts["labels.txt"] = label_table([facts(gold) for gold in golds], [facts(value) for value in values], labels.names)
        elif all(isinstance(name, str) for names in (*golds, *values) for name in names):       # else entities, with places
            texts["labels.txt"] = label_table([{(name,) for name in names} for names in golds],
                                              [{(name,) for name in names} for names in values], labels.names)  # fmt: skip
    elif labels and len(labels) > MAX_DRAWN:
        texts["confusion.txt"] = class_table(pair_counts(golds, values), labels.names)
    elif labels:
        matrix = confusion_matrix(golds, values, labels.names)
        texts["confusion.txt"] = confusion_text(matrix, labels.names)
        draw_confusion(folder / "confusion.png", matrix, labels.names)
    for name, text in texts.items():
        with atomic_write(folder / name, "w") as file:
            file.write(text)
    return "" if labels and len(labels) > MAX_DRAWN else texts.get("confusion.txt", texts.get("labels.txt", ""))
