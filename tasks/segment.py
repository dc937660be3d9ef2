"""Segment: cut Chinese text into words, and with `--pos` tag their parts of speech. F1 of words.

吴某  是  北京  大学  教授            or 吴某/nr  是/v  北京/ns; or a character and its tag per line: 吴 B, 某 E, 是 S

    run.py train segment --train msr_training.utf8 --dev msr_test_gold.utf8

A word is a B and the I behind it, and the labels of a text are chosen together (CRF). Long texts are cut at punctuation. A score of
words that the training data does not have, oov_recall, is reported while training, and by `evaluate` with `--known_words FILE`.
"""

import dataclasses
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from baselines.data.readers import segmented
from baselines.errors import InputError
from baselines.heads.entities import EncodedText
from baselines.heads.entity_heads import entity_head
from baselines.heads.head_names import check_head
from baselines.heads.sequence_tagging import CHAINS
from baselines.metrics.segmentation import places, segmentation_scores
from baselines.metrics.spans import Entity
from baselines.task import Categories, Demo, Example, Labels, Linting, Recipe, Span, Task
from tasks.common import each_path

WORD = "word"
"""The label of words without a part of speech."""
UNKNOWN = "x"
"""The part of speech of what the model finds no word in, as jieba calls it."""
ENDS = re.compile(r"(?<=[。！？；，、!?;,\s])")
LEFT_OVER = re.compile(r"[A-Za-z0-9]+|\S")


@dataclasses.dataclass(frozen=True)
class Options:
    """How words are found."""

    head: str = "crf"
    """crf, memm or softmax: how the labels of a text are chosen."""
    pos: bool = False
    """Tag parts of speech too: the training file has them."""
    known_words: str | None = None
    """Training file whose words are known, for oov_recall."""


@dataclasses.dataclass(frozen=True)
class InferenceOptions:
    """For verbs that use a run."""

    known_words: str | None = None
    """Training file whose words are known, for oov_recall."""


def read(path: str | Path, pos: bool = False) -> Iterator[Example]:
    for row in segmented.read(path):
        gold = None
        if row["words"] is not None:
            if pos and row["words"][0][2] is None:
                raise InputError(f"{row.origin}: the words have no parts of speech. Write 北京/ns, or leave out --pos.")
            gold = [[row["text"][start:end], tag] if pos else row["text"][start:end] for start, end, tag in row["words"]]
        yield Example(id=row.number, texts=(row["text"],), gold=gold, origin=row.origin)


def word_places(words: list, text: str) -> list[Entity]:
    """Gold words as Entities of the text, which may have spaces between them."""
    result, start = [], 0
    for each in words:
        word, tag = (each, WORD) if isinstance(each, str) else each
        start = text.index(word, start)
        result.append(Entity(start, start + len(word), tag, word))
        start += len(word)
    return result


def entities_of_words(words: list) -> list[Entity]:
    """The same, of the text without spaces."""
    return word_places(words, "".join(word if isinstance(word, str) else word[0] for word in words))


def pieces(text: str, tokenizer: Any, max_length: int) -> Iterator[tuple[int, int]]:
    """Yields the parts [start, end) of a text, cut behind punctuation where the next part does not fit, else between tokens."""
    alignment = tokenizer.align(text)
    room, first = max_length - tokenizer.special_count(1), 0
    borders = {match.end() for match in ENDS.finditer(text)}
    while first < len(alignment):
        last = min(first + room, len(alignment))
        if last < len(alignment):
            cuts = [at for at in range(last, first, -1) if alignment.spans[at][0] in borders]
            last = cuts[0] if cuts else last
        end = len(text) if last == len(alignment) else alignment.spans[last][0]
        yield alignment.spans[first][0], max(end, alignment.spans[last - 1][1])
        first = last


def encode(example: Example, tokenizer: Any, max_length: int, categories: Categories) -> Iterator[tuple[dict, Any]]:
    (text,) = example.texts
    gold = None if example.gold is None else word_places(example.gold, text)
    parts = list(pieces(text, tokenizer, max_length)) or [(0, len(text))]
    for start, end in parts:
        encoded, target = EncodedText.of(text[start:end], tokenizer, max_length), None
        if gold is not None:
            inside = [Entity(word.start - start, word.end - start, word.category, word.text)
                      for word in gold if start <= word.start and word.end <= end]  # fmt: skip
            target = encoded.cells(inside, categories)
        characters = {name: encoded.features[name] for name in ("char_starts", "char_ends")}
        yield encoded.features | {name: places + start * (places >= 0) for name, places in characters.items()}, target


def decode(example: Example, outputs: dict, categories: Categories, pos: bool) -> list:
    """All of the text as words: what the model found, and between that Latin words and single characters."""
    (text,) = example.texts
    found = sorted({(int(start), int(end), int(category)) for row in outputs["entities"] for category, start, end in row})
    words, position = [], 0
    for start, end, category in [*found, (len(text), len(text), None)]:
        words += [(match[0], UNKNOWN) for match in LEFT_OVER.finditer(text[position:start])]
        if category is not None and start >= position:
            words.append((text[start:end], categories.name(category)))
            position = end
        position = max(position, end)
    return [[word, tag] for word, tag in words] if pos else [word for word, _ in words]


def format_words(words: list) -> str:
    """Words as the text of a table cell: 吴某  是, or 吴某/nr  是/v."""
    return "  ".join(word if isinstance(word, str) else "/".join(word) for word in words)


def words_of(path: str | Path | tuple) -> frozenset[str]:
    """The words of a segmented file, or of several."""
    rows = (row for each in each_path(path) for row in segmented.read(each))
    return frozenset(row["text"][start:end] for row in rows for start, end, _ in row["words"] or ())


def discover(path: Path | tuple[Path, ...], pos: bool) -> Categories:
    """The parts of speech of a training file, or the one label of words."""
    if not pos:
        return Categories(WORD)
    return Categories(*sorted({word[1] for each in each_path(path) for example in read(each, pos) for word in example.gold or ()}))


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with its head, its parts of speech (of the run, else of the training file) and the words that are known."""
    check_head(options.head, CHAINS)
    if labels is None and train_file is None:
        raise InputError("segment: --train FILE is required; a trained model needs --run DIR.")
    categories = Categories(*labels.names) if labels else discover(train_file, options.pos)
    if not len(categories):
        raise InputError(f"{train_file}: no words to learn from. Put spaces between words.")
    known = words_of(options.known_words or train_file) if options.known_words or train_file else None
    head = entity_head(options.head, len(categories))
    head.entities_of, head.output_kind, head.format_prediction = entities_of_words, "words", format_words
    return dataclasses.replace(
        task,
        read=functools.partial(read, pos=options.pos),
        encode=functools.partial(encode, categories=categories),
        head=head,
        loss=head.loss,
        decode=functools.partial(decode, categories=categories, pos=options.pos),
        metric=functools.partial(segmentation_scores, known=known),
        labels=categories,
    )


def facts(words: list) -> set[tuple]:
    """(part of speech or "word", start, end) of each word, for the table of labels."""
    return {(tag or WORD, *place) for place, _, tag in places(words)}


def spans(example: Example) -> list[Span]:
    """Gold words as Spans of the text, for lint."""
    return [Span(0, word.start, word.end, word.category) for word in word_places(example.gold or [], example.texts[0])]


TASK = Task(
    files={"train": "train.txt", "dev": "dev.txt", "test": "test.txt"},
    read=read,
    encode=None,                                                        # this, head, loss and decode: see bind
    head=None,
    loss=None,
    decode=None,
    metric=segmentation_scores,
    facts=facts,
    recipe=Recipe(max_length=256, batch_size=32, epochs=5, learning_rate=2e-5),
    source="Put your own file there",
    linting=Linting(spans=spans),
    options=Options,
    inference_options=InferenceOptions,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 32, "epochs": 6, "learning_rate": 1e-3}),
)
