"""Seq2seq: text-to-text generation from your own pairs; ROUGE-L/1/2 of characters and of words, BLEU, exact match.

{"source": "本报讯 昨日……", "target": "……"}                run.py train seq2seq --train pairs.jsonl --init CHECKPOINT

JSON lines, .csv or .tsv, .gz of them; fields or columns of other names by --source and --target. Any checkpoint of the BERT
family with its MLM head: the prefix mask makes it generate (UniLM, arXiv:1905.03197). See docs/seq2seq.md.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.decoding.generation_config import GenerationConfig
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.metrics.generation import text_scores
from baselines.prompts.source_target import encode_pair, prompt_of
from baselines.task import Demo, Example, Generation, Labels, Recipe, Task
from tasks.common import GenerationFlags, check_columns


@dataclasses.dataclass(frozen=True)
class Options(GenerationFlags):
    """Columns of an example in the user's files."""

    source: str = "source"
    """Column or field of the source text."""
    target: str = "target"
    """Column or field of the target text; files to predict need none."""
    id: str | None = None
    """Column or field of the row's id; default: `id` where the file has it, else the line number."""


def read(path: str | Path, options: Options) -> Iterator[Example]:
    for number, row in enumerate(any_format.read(path)):
        if number == 0:
            check_columns(row, options, ("source", "id"))
        gold = row.text(options.target) if row.get(options.target) is not None else None
        yield Example(id=row.id(options.id or "id"), texts=(row.text(options.source),), gold=gold, origin=row.origin)


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task that reads the columns of the flags."""
    return dataclasses.replace(task, read=functools.partial(read, options=options))


TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=functools.partial(read, options=Options()),
    encode=encode_pair,
    head=LanguageModelHead("prefix"),
    loss=TokenMean(),
    decode=None,                                                        # the best text as it is
    metric=text_scores,
    generation=Generation(prompt=prompt_of, config=GenerationConfig(top_k=1, max_tokens=64)),
    recipe=Recipe(max_length=256, batch_size=16, epochs=10, learning_rate=2e-5),
    source="Put your own file there",
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 128, "epochs": 20, "learning_rate": 5e-4}, checkpoint="mini_unilm"),
)
