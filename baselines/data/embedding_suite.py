"""Sets of texts on which ways to compare texts are scored: similarity, pairs and retrieval. A YAML file lists them.

    STS-B:   {similarity: stsb/dev.tsv, score: score}
    LCQMC:   {pairs: lcqmc/dev.tsv, text: sentence1, text_pair: sentence2}
    SimCLUE: {retrieval: simclue/pairs.jsonl, corpus: simclue/corpus.txt}
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.data.readers import any_format, text_lines
from baselines.data.readers.record import Row
from baselines.errors import InputError, excerpt, nearest
from baselines.metrics.correlation import spearman_and_pearson
from baselines.metrics.threshold import best_threshold, cross_fitted_thresholds, threshold_scores
from baselines.storage.text_files import text_name
from baselines.storage.yaml_files import read_yaml

KINDS = {"similarity": "spearman", "pairs": "accuracy", "retrieval": "ndcg_10"}
"""Kind of a set -> its main score, of which the suite's mean is taken."""
FIELDS = ("text", "text_pair", "score", "label", "columns", "corpus", "tune")
EXAMPLE = "STS-B: {similarity: stsb/dev.tsv, score: score}"
K = 10


@dataclasses.dataclass(frozen=True)
class SuiteSet:
    """A set of texts.

    Args:
        name: Its name in the table.
        kind: "similarity": pairs with a score; "pairs": pairs that mean the same (1) or not (0); "retrieval": queries, and the
            texts of a corpus that answer them.
        texts: First texts, or queries.
        others: Second texts, or the text that answers each query.
        golds: Scores or labels; empty for retrieval.
        corpus: Different texts among which retrieval searches; those that answer are among them.
        tune: (texts, others, labels) on which the threshold of pairs is tuned, or None.
    """

    name: str
    kind: str
    texts: Sequence[str]
    others: Sequence[str]
    golds: Sequence[float] = ()
    corpus: Sequence[str] = ()
    tune: tuple | None = None

    @property
    def main(self) -> str:
        """The name of the score that counts in the mean."""
        return KINDS[self.kind]

    def scores(self, similarities: np.ndarray, tuning: np.ndarray | None = None) -> dict[str, float]:
        """Scores similarities.

        Args:
            similarities: float (N,) of the pairs; for retrieval float (N, len(corpus)), which is overwritten.
            tuning: float, those of `tune`.

        Returns:
            The main score first. Retrieval leaves out the query itself where the corpus has it.
        """
        if self.kind == "similarity":
            return {"spearman": spearman_and_pearson(self.golds, similarities.tolist())["spearman"]}
        if self.kind == "pairs":
            if self.tune is None:
                threshold = cross_fitted_thresholds(self.golds, similarities)
            else:
                threshold = best_threshold(self.tune[2], tuning)
            return threshold_scores(self.golds, similarities, threshold)
        return self._ranking_scores(similarities)

    def _ranking_scores(self, similarities):
        places = {text: place for place, text in enumerate(self.corpus)}
        targets = {}
        for row, (query, answer) in enumerate(zip(self.texts, self.others, strict=True)):
            targets.setdefault(query, (row, []))[1].append(places[answer])
        gains = {"ndcg_10": [], "mrr_10": [], "recall_1": [], "recall_10": []}
        for query, (row, answers) in targets.items():
            values, answers = similarities[row], np.unique(answers)
            if query in places:
                values[places[query]] = -np.inf
            wrong = np.ones(len(values), bool)
            wrong[answers] = False
            order = answers[np.argsort(-values[answers], kind="stable")]
            # Equal scores rank behind texts that do not answer, so that a constant score earns nothing.
            ranks = np.array([1 + number + int((values[wrong] >= values[place]).sum()) for number, place in enumerate(order)])
            best = (1 / np.log2(1 + np.arange(1, min(len(answers), K) + 1))).sum()
            gains["ndcg_10"].append((1 / np.log2(1 + ranks[ranks <= K])).sum() / best)
            gains["mrr_10"].append(1 / ranks[0] if ranks[0] <= K else 0.0)
            gains["recall_1"].append((ranks <= 1).sum() / len(answers))
            gains["recall_10"].append((ranks <= K).sum() / min(len(answers), K))
        return {name: float(np.mean(values)) for name, values in gains.items()}


def read_suite(path: str | Path) -> list[SuiteSet]:
    """The sets that a YAML file lists; their files are relative to it.

    Raises:
        InputError: A set has another form, a file is missing, or a row lacks a text, a score or a label.
    """
    return [_read_set(str(name), about, Path(path)) for name, about in read_yaml(path, EXAMPLE).items()]


def _read_set(name, about, path):
    origin = f"{path}: {name}"
    if not isinstance(about, Mapping) or sum(kind in about for kind in KINDS) != 1:
        raise InputError(f"{origin}: expected one of {', '.join(KINDS)} with a file, as in `{EXAMPLE}`. Received: {excerpt(about)}")
    kind = next(kind for kind in KINDS if kind in about)
    for field in about:
        if field != kind and field not in FIELDS:
            raise InputError(f"{origin}: there is no field {excerpt(field)!r}. {nearest(str(field), (kind, *FIELDS))}")
    if kind == "retrieval" and "corpus" not in about:
        raise InputError(f"{origin}: a search needs a corpus. Add `corpus: FILE`, with a text on each line.")
    texts, others, golds = _read_pairs(about[kind], kind, about, path.parent, origin)
    tune = _read_pairs(about["tune"], kind, about, path.parent, origin) if kind == "pairs" and "tune" in about else None
    corpus = ()
    if kind == "retrieval":
        lines = (line.strip() for _, line in text_lines.read(_file(about["corpus"], path.parent, origin)))
        corpus = tuple(dict.fromkeys([*filter(None, lines), *others]))
    return SuiteSet(name, kind, texts, others, golds, corpus, tune)


def _read_pairs(file, kind, about, folder, origin):
    """(texts, others, golds) of a file."""
    text, other = about.get("text", "text"), about.get("text_pair", "text_pair")
    gold = {"similarity": about.get("score", "score"), "pairs": about.get("label", "label"), "retrieval": None}[kind]
    rows: list[Row] = list(any_format.read(_file(file, folder, origin), about.get("columns")))
    if not rows:
        raise InputError(f"{origin}: {file} has no rows. Name a file with pairs.")
    golds = [] if gold is None else [_number(row, gold, kind) for row in rows]
    return [row.text(text) for row in rows], [row.text(other) for row in rows], golds


def _number(row, field, kind):
    value = row.label(field)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if np.isnan(number) or kind == "pairs" and number not in (0, 1):
        expected = "0 or 1" if kind == "pairs" else "a number"
        raise InputError(f"{row.origin}: {field} is {excerpt(value)!r}. Write {expected}, or name another column in the suite.")
    return number


def _file(name, folder, origin):
    path = folder / str(name)
    if not path.is_file():
        raise InputError(f"{origin}: there is no file {path}. Paths are relative to the suite's file.")
    text_name(path)
    return path
