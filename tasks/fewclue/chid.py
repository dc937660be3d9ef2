"""CHID (FewCLUE): which of seven idioms fills the blank of a text? Accuracy. Xu et al., 2021, arXiv:2107.07498.

{"id": 1, "candidates": ["…", 7 idioms], "content": "…#idiom#…", "answer": 4}        test: no answer
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.readers import chid_lines
from baselines.data.readers.chid_lines import BLANK
from baselines.errors import InputError
from baselines.heads.choice import ChoiceHead, decode_choice, stack_choices
from baselines.heads.cloze import CANDIDATES
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Cloze, Example, Linting, Task
from baselines.tokenizers.tokenizer import Tokenizer
from tasks.fewclue.common import DEMO, FOLDS, RECIPE, Fold, source, submission

IDIOM = 4
"""Characters of an idiom, and [MASK]s in place of the blank."""


def read(path: str | Path) -> Iterator[Example]:
    for row in chid_lines.read(path):
        gold = None if row["gold"] is None else next(iter(row["gold"].values()))
        yield Example(row["id"], (*row["passages"], *row["candidates"]), gold, origin=row.origin)


def context_of(example: Example, tokenizer: Tokenizer, room: int) -> list[int]:
    """Ids of the text with [MASK]s for its blank, at most `room` of them, those around the blank."""
    pieces = BLANK.split(example.texts[0])
    if len(pieces) != 2 or len(example.texts) < 3:
        raise InputError("expected a text with one #idiom# and two or more candidates. Correct the texts.")
    left, right = (tokenizer.ids(piece).tolist() for piece in pieces)
    room = max(room - IDIOM, 0)
    kept = min(len(left), max(room // 2, room - len(right)))
    return left[len(left) - kept :] + [tokenizer.vocabulary.mask_id] * IDIOM + right[: room - kept]


def encode(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, Any]]:
    """A row [CLS] candidate [SEP] text with [MASK]s for the blank [SEP] per candidate."""
    candidates = [tokenizer.ids(candidate) for candidate in example.texts[1:]]
    room = max_length - tokenizer.special_count(2) - max(map(len, candidates))
    context = context_of(example, tokenizer, room)
    rows = [tokenizer.assemble([candidate, context], max_length) for candidate in candidates]
    gold = None if example.gold is None else np.int32(example.gold)
    yield stack_choices(rows, len(rows), tokenizer.vocabulary.pad_id), gold


def encode_cloze(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, Any]]:
    """One row, [CLS] text with [MASK]s for the blank [SEP], and the ids of the candidates."""
    candidates = [tokenizer.ids(candidate) for candidate in example.texts[1:]]
    other = next((text for text, ids in zip(example.texts[1:], candidates, strict=True) if len(ids) != IDIOM), None)
    if other is not None:
        raise InputError(f"the candidate {other!r} has other than {IDIOM} tokens, as many as there are masks. Leave out --few pet.")
    context = context_of(example, tokenizer, max_length - tokenizer.special_count(1))
    gold = None if example.gold is None else np.int32(example.gold)
    yield {**tokenizer.assemble([context]), CANDIDATES: np.stack(candidates)}, gold


TASK = Task(
    files={**FOLDS["0"], "test": "test.json"},
    read=read,
    encode=encode,
    head=ChoiceHead(),
    loss=cross_entropy,
    decode=decode_choice,
    metric=accuracy,
    recipe=dataclasses.replace(RECIPE, eval_batch_size=16),
    submit=submission("chidf_predict.json", lambda example, number: {"id": example.id, "answer": number}),
    source=source("chid"),
    num_texts=None,
    options=Fold,
    cloze=Cloze(encode=encode_cloze, masks=IDIOM),
    folds=FOLDS,
    linting=Linting(cuts_on_purpose=True),
    demo=DEMO,
)
