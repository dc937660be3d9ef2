"""Files of texts that mean the same, in any of their forms, and how a model that compares texts is scored on each of them.

{"text": "…", "synonyms": ["…", "…"]}             a group: found among all texts of the file? MRR, recall at 1, 5 and 10
text,text_pair,score                             a graded pair: Spearman's and Pearson's correlation with the cosine
sentence1<TAB>sentence2<TAB>label                    a pair that is alike (1) or not (0): Spearman's, accuracy and F1 by a threshold
…                                                a .txt with a text on each line
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.readers import any_format, text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.heads.embedding import cosines_of, encode_texts, unit_vectors
from baselines.losses.contrastive import EMBEDDING
from baselines.metrics.correlation import spearman_and_pearson
from baselines.metrics.retrieval import retrieval_scores
from baselines.metrics.threshold import best_threshold, cross_fitted_thresholds, threshold_scores
from baselines.storage.text_files import text_name
from baselines.task import Example
from tasks.common import check_columns

KNOWN = {
    "text": ("text", "sentence1"), "text_pair": ("text_pair", "sentence2"), "synonyms": ("synonyms",), "label": ("label",),
    "score": ("score",),
}  # fmt: skip
"""Columns that are found without a flag."""


@dataclasses.dataclass(frozen=True)
class TextColumns:
    """Where texts stand in the user's files; each file may have another form."""

    text: str | None = None
    """Column or field of the text; default: `text` or `sentence1`."""
    text_pair: str | None = None
    """Column or field of the second text of a pair; default: `text_pair` or `sentence2`, where there is one."""
    synonyms: str | None = None
    """Field of the list of texts that mean the same; default: `synonyms`, where there is one."""
    label: str | None = None
    """Column or field that says whether a pair means the same, 1 or 0; default: `label`, where there is one."""
    score: str | None = None
    """Column or field of how alike a pair is, a number; default: `score`, where there is one."""
    columns: tuple[str, ...] | None = None
    """Names of the columns of tables without a header line, such as: text text_pair score."""


def read(path: str | Path | tuple, columns: TextColumns, negative: str | None = None) -> Iterator[Example]:
    """Examples of a file. gold: texts that mean the same as the first one (a tuple, empty for a text alone), a label (int), a score
    (float); None where a label or score is named and a row has none.

    negative   column of the texts in extra["negatives"], where a row has it
    """
    if isinstance(path, tuple):
        for each in path:
            yield from read(each, columns, negative)
        return
    if is_plain(path):
        for number, line in text_lines.read(path):
            if line.strip():
                yield Example(id=number, texts=(line.strip(),), gold=(), origin=f"{Path(path).name}:{number}")
        return
    named = None
    for row in any_format.read(path, columns.columns):
        if named is None:
            check_columns(row, columns, ("text",))
            named = names_of(row, columns)
        yield example_of(row, named, negative)


def is_plain(path: str | Path) -> bool:
    """Whether a file is a .txt with a text on each line, and no table."""
    if not text_name(path).endswith(".txt"):
        return False
    first = next((line for _, line in text_lines.read(path) if line.strip()), "")
    return "\t" not in first


def names_of(row: Row, columns: TextColumns) -> dict[str, str | None]:
    """{flag: name of its column, or None} in a file that begins with this row: those of the flags, else those that are known.

    Raises InputError where a named second text is not there and no group is either.
    """
    result = {}
    for flag, known in KNOWN.items():
        there = next((name for name in known if name in row), None)
        result[flag] = getattr(columns, flag) or there
    result["text"] = result["text"] or KNOWN["text"][0]
    if result["synonyms"] not in row and result["text_pair"] is not None:
        check_columns(row, dataclasses.replace(columns, text_pair=result["text_pair"]), ("text_pair",))
    if columns.label is None and result["score"] is not None:
        result["label"] = None
    elif result["label"] is not None:
        result["score"] = None if columns.score is None else result["score"]
    return result


def example_of(row: Row, named: dict, negative: str | None) -> Example:
    text, extra = row.text(named["text"]), {}
    if negative and row.get(negative) is not None:
        extra = {"negatives": texts_of(row, negative)}
    if named["synonyms"] in row:
        others = tuple(other for other in dict.fromkeys(texts_of(row, named["synonyms"])) if other != text)
        return Example(id=row.id("id"), texts=(text, *others), gold=others, extra=extra, origin=row.origin)
    if named["text_pair"] is None:
        return Example(id=row.id("id"), texts=(text,), gold=(), extra=extra, origin=row.origin)
    pair = row.text(named["text_pair"])
    gold = (pair,)
    if named["score"]:
        gold = score_of(row, named["score"])
    elif named["label"]:
        gold = label_of(row, named["label"])
    return Example(id=row.id("id"), texts=(text, pair), gold=gold, extra=extra, origin=row.origin)


def texts_of(row: Row, field: str) -> tuple[str, ...]:
    """A list of texts that are not empty, or a text as such a list. Raises InputError otherwise."""
    result = [row[field]] if isinstance(row[field], str) and field != "synonyms" else row[field]
    if not isinstance(result, list) or not all(isinstance(text, str) and text.strip() for text in result):
        raise InputError(
            f"{row.origin}: {field} is {shorten(row[field])}. Write a list of texts, none of them empty."
        )
    return tuple(result)


def label_of(row: Row, field: str) -> int | None:
    """0, 1, or None where the row has none. Raises InputError for others."""
    label = row.label(field)
    if label not in (None, "0", "1"):
        raise InputError(
            f"{row.origin}: {field} is {label!r}. Write 1 for texts that mean the same, else 0; "
            "for degrees, name the column with --score."
        )
    return None if label is None else int(label)


def score_of(row: Row, field: str) -> float | None:
    """A finite float, or None where the row has none. Raises InputError for others."""
    text = row.label(field)
    try:
        value = None if text is None else float(text)
    except ValueError:
        value = float("nan")
    if value is not None and not np.isfinite(value):
        raise InputError(f"{row.origin}: {field} is {text!r}. Write a number.")
    return value


@dataclasses.dataclass(frozen=True)
class Scoring:
    """The scores of a file, by what its gold is. read   the task's; threshold, tune   as the flags of tasks/simbert"""

    read: Callable
    threshold: float | None = None
    tune: str | None = None

    def metric(self, golds: list, predictions: list) -> dict[str, float]:
        """Of pairs, from their cosines; {} of groups, whose scores need all vectors of the file: see `further`."""
        if is_groups(golds):
            return {}
        scores = spearman_and_pearson(golds, predictions)
        if isinstance(golds[0], float):
            return scores
        result = {"spearman": scores["spearman"]}
        if self.tune:
            return result
        if self.threshold is not None:
            return result | threshold_scores(golds, predictions, self.threshold) | {"threshold": self.threshold}
        thresholds = cross_fitted_thresholds(golds, predictions)
        return result | threshold_scores(golds, predictions, thresholds) | {"threshold": float(np.mean(thresholds))}

    def further(self, examples: Sequence[Example], rows: Any, predictions: Mapping, predict: Callable) -> dict[str, float]:
        """The `reference_score` stage: scores of groups, and of labeled pairs by the threshold of another file."""
        golds = [example.gold for example in examples]
        if is_groups(golds):
            return retrieval(examples, predict(examples, encode_texts, lambda example, outputs: unit_vectors(outputs[EMBEDDING])))
        if not self.tune or isinstance(golds[0], float):
            return {}
        others = list(self.read(self.tune))
        if any(type(other.gold) is not int for other in others):
            raise InputError(f"--tune {self.tune}: some pairs are not labeled 0 or 1. Give a file of labeled pairs.")
        if {example.texts for example in examples} & {other.texts for other in others}:
            raise InputError(f"--tune {self.tune}: some of its pairs are also in the scored file. Give a file of other pairs.")
        cosines = predict(others, encode_texts, self.cosine)
        threshold = best_threshold([other.gold for other in others], [cosines[other.id] for other in others])
        result = [predictions[example.id] for example in examples]
        return threshold_scores(golds, result, threshold) | {"threshold": threshold}

    @staticmethod
    def cosine(example: Example, outputs: dict) -> float:
        return float(cosines_of(outputs[EMBEDDING])[0])


def is_groups(golds: list) -> bool:
    """Whether these are of groups. Raises InputError for a file of several forms."""
    kinds = {type(gold) for gold in golds}
    if len(kinds) > 1:
        raise InputError("The file mixes groups, labeled pairs and scored pairs. Split it into one file per form.")
    return kinds == {tuple}


def retrieval(examples: Sequence[Example], vectors: Mapping) -> dict[str, float]:
    """Each example's first text shall find its others among all texts of the file; equal texts count once."""
    places, result = {}, []
    for example in examples:
        for text, vector in zip(example.texts, vectors[example.id], strict=True):
            if text not in places:
                places[text] = len(result)
                result.append(vector)
    positives = {}
    for example in examples:
        query = places[example.texts[0]]
        positives.setdefault(query, set()).update(places[text] for text in example.texts[1:])
    positives = {query: sorted(others - {query}) for query, others in positives.items() if others - {query}}
    return retrieval_scores(np.array(result, np.float32), positives)
