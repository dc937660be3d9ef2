"""CHID: which of ten idioms fills each blank of a line? Accuracy over blanks. Zheng et al., 2019, arXiv:1906.01265.

{"content": ["…#idiom000378#…", "…"], "candidates": ["一心一意", …]}        train_answer.json: {"#idiom000378#": 4, …}

FewCLUE's lines, {"id": 1, "candidates": [7 idioms], "content": "…#idiom#…", "answer": 4}, are read too. The blanks of a line share
its candidates and no answer repeats: they are assigned together, worth about 6 points (kexue.fm/archives/8739). The reference
assigns fewer answers than blanks where there are more blanks than candidates; here such a line is rejected.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baselines.data.readers import chid_lines
from baselines.data.readers.chid_lines import BLANK, CANDIDATES
from baselines.decoding.assignment import assign
from baselines.errors import InputError
from baselines.heads.choice import ChoiceHead, stack_choices
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Linting, Submission, Task
from baselines.tokenizers.tokenizer import Tokenizer
from tasks.clue.common import RECIPE, source

HERE = "[unused1]"
"""Stands for the blank in question; the other blanks are four [MASK] each."""
IDIOM = 4
"""Characters of an idiom."""


def read(path: str | Path) -> Iterator[Example]:
    for row in chid_lines.read(path):
        texts = (*row["passages"], *row["candidates"])
        yield Example(id=row["id"], texts=texts, gold=row["gold"], origin=row.origin)


def split_texts(example: Example) -> tuple[list[str], list[str]]:
    """(passages, candidates): the texts with blanks, and the others."""
    passages = [text for text in example.texts if BLANK.search(text)]
    return passages, [text for text in example.texts if not BLANK.search(text)]


def blanks_of(example: Example) -> list[str]:
    return BLANK.findall("".join(split_texts(example)[0]))


def encode(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, Any]]:
    """A row for each blank: [CLS] candidate [SEP] passage around the blank [SEP], per candidate."""
    passages, candidates = split_texts(example)
    if not passages or not len(blanks_of(example)) <= len(candidates) <= CANDIDATES:
        raise InputError(
            f"{len(blanks_of(example))} blanks and {len(candidates)} candidates. Give texts with #idiom# blanks, and at least "
            f"as many candidates as blanks, up to {CANDIDATES}."
        )
    here, mask = [tokenizer.vocabulary.id(HERE)], [tokenizer.vocabulary.mask_id] * IDIOM
    for passage in passages:
        pieces = BLANK.split(passage)
        for index, blank in enumerate(BLANK.findall(passage), start=1):
            left, right = truncate(pieces[:index], pieces[index:], max_length - 3 - IDIOM - 1)
            context = join_pieces(left, mask, tokenizer) + here + join_pieces(right, mask, tokenizer)
            rows = [tokenizer.assemble([tokenizer.ids(candidate), context], max_length) for candidate in candidates]
            features = stack_choices(rows, CANDIDATES, tokenizer.vocabulary.pad_id)
            yield features, example.gold and example.gold[blank]


def join_pieces(pieces: list[str], mask: list[int], tokenizer: Tokenizer) -> list[int]:
    """Token ids of pieces of text with a blank, `mask`, between each two."""
    ids = []
    for number, piece in enumerate(pieces):
        ids += (mask if number else []) + tokenizer.ids(piece).tolist()
    return ids


def truncate(left: list[str], right: list[str], room: int) -> tuple[list[str], list[str]]:
    """The pieces on both sides of a blank, cut until their characters, and four for each blank between them, fit `room`.

    The side with more characters loses the one farthest from the blank (of equal sides the right one); a piece of one
    character or none goes with the blank that it ends at.
    """
    left, right = list(left), list(right)
    sizes = [sum(map(len, left)), sum(map(len, right))]
    over = sum(sizes) + IDIOM * (len(left) + len(right) - 2) - room
    while over > 0 and (any(sizes) or len(left) + len(right) > 2):
        from_left = sizes[0] > sizes[1] or right == [""]
        side, end = (left, 0) if from_left else (right, -1)
        lost = min(len(side[end]), 1)
        if len(side[end]) <= 1 and len(side) > 1:
            del side[end]
            over -= IDIOM
        else:
            side[end] = side[end][1:] if from_left else side[end][:-1]
        sizes[0 if from_left else 1] -= lost
        over -= lost
    return left, right


def decode(example: Example, outputs: dict) -> dict[str, int]:
    """{blank: number of its candidate}, all different; outputs["logits"] is (blanks, 10)."""
    return dict(zip(blanks_of(example), assign(outputs["logits"]), strict=True))


def accuracy_over_blanks(golds: list, predictions: list) -> dict[str, float]:
    pairs = [(gold[blank], result[blank]) for gold, result in zip(golds, predictions, strict=True) for blank in gold]
    return accuracy(*map(list, zip(*pairs, strict=True)))


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": ("test1.0.json", "test1.1.json")},
    read=read,
    encode=encode,
    head=ChoiceHead(),
    loss=cross_entropy,
    decode=decode,
    metric=accuracy_over_blanks,
    recipe=dataclasses.replace(RECIPE, max_length=64, batch_size=12, epochs=5, accumulate=2, eval_batch_size=16),
    submit=Submission(
        files={"test1.0.json": "chid10_predict.json", "test1.1.json": "chid11_predict.json"},
        record=lambda example, numbers: numbers,
        layout="object",
        keys=blanks_of,
    ),
    linting=Linting(cuts_on_purpose=True),
    num_texts=None,
    source=source("chid_public.zip", "datasets/clue/chid"),
    demo=Demo({"max_length": 64, "batch_size": 12, "accumulate": 1, "epochs": 6, "learning_rate": 5e-4}),
)
