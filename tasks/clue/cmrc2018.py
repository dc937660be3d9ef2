"""CMRC2018: extractive question answering on a passage. Exact match and F1. Cui et al., 2019, arXiv:1810.07366.

{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 9}]}]}]}]}

DRCD and DuReader-robust have this layout too. Test files have placeholders for answers, at answer_start -1. Windows start a
quarter of max_length apart. Dev is encoded like test, and scored by the official rules over all answers.

The reference (kexue.fm/archives/8739) reports another figure on dev, either way: its windows are built per answer and tokenized
so that the answer aligns with tokens, and a question is right if its best-scored window points exactly at the answer
that it was built for, mostly the first. `--reference_score` reports it too, as reference_accuracy.
"""

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.windows import encode_answers, encode_windows
from baselines.heads.span import SpanHead, decode_answer
from baselines.metrics.reading import exact_match_and_f1
from baselines.task import Demo, Example, Labels, Linting, Submission, Task
from tasks.clue.common import RECIPE, source
from tasks.common import Reading, answer_spans, bind_reading, read_questions


@dataclasses.dataclass(frozen=True)
class Options(Reading):
    """Flags of CMRC2018."""

    reference_score: bool = False
    """Also report dev's reference_accuracy: the score of Su Jianlin's reference, on windows that are tokenized around gold."""


def reference_score(examples: Sequence[Example], rows: Any, predictions: Mapping, predict: Callable) -> dict[str, float]:
    """{"reference_accuracy": the share of questions whose best window points at the answer that the window was built for}."""
    per_answer = [
        dataclasses.replace(example, id=(example.id, number), gold=(answer,))
        for example in examples for number, answer in enumerate(example.gold)
    ]  # fmt: skip
    result, best = predict(per_answer, encode_answers, best_window), collections.defaultdict(list)
    for one in per_answer:
        best[one.id[0]].append((*result[one.id], characters(one.gold[0])))
    right = 0
    for windows in best.values():
        _, predicted, gold = max(windows, key=lambda window: window[0])      # of equals the first
        right += predicted == gold
    return {"reference_accuracy": right / len(best)}


def best_window(example: Example, outputs: dict) -> tuple[float, tuple[int, int]]:
    """(score, (start, end)) of the window with the best score; of equals the first."""
    best = max(range(len(outputs["score"])), key=outputs["score"].__getitem__)
    return outputs["score"][best], (outputs["start"][best], outputs["end"][best])


def characters(answer: Any) -> tuple[int, int]:
    """(start, end) of an answer without spaces around, of which there are no tokens."""
    start = answer.end - len(answer.text.lstrip())
    return start, start + len(answer.text.strip())


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The reading task of the flags, and its second score."""
    task = bind_reading(task, options, labels, train_file)
    return dataclasses.replace(task, reference_score=reference_score if options.reference_score else None)


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json"},
    read=read_questions,
    encode=encode_windows,
    encode_train=encode_answers,
    head=SpanHead(),
    loss=SpanHead.loss,
    decode=decode_answer,
    metric=exact_match_and_f1,
    recipe=dataclasses.replace(RECIPE, max_length=512, batch_size=16, accumulate=2, eval_batch_size=16),
    submit=Submission(
        files={"test.json": "cmrc2018_predict.json"},
        record=lambda example, answer: {str(example.id): answer},
        layout="object",
    ),
    source=source("cmrc2018_public.zip", "datasets/clue/cmrc2018"),
    options=Options,
    bind=bind,
    linting=Linting(spans=answer_spans),
    num_texts=2,
    demo=Demo({"max_length": 128, "batch_size": 16, "accumulate": 1, "epochs": 10, "learning_rate": 5e-4}),
)
