"""KgCLUE: one-hop questions over a knowledge base, answered by constrained generation; EM and F1 of the object. arXiv:2010.00904.

{"id": 0, "question": "刘晓华主要讲什么课啊？", "answer": "刘晓华（广东工业大学教授） ||| 主讲课程 ||| 《固体物理》"}

The model generates subject, predicate and meaning, constrained to an index of all keys (`run.py kg build`), which has the object.
Kexue.fm/archives/8802 reports, of dev, EM 89.20 and F1 91.04 (its two columns are most likely exchanged): RoFormer-Sim-FT char
base, beam 3, look-ahead of whole keys. See docs/kgclue.md.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError
from baselines.heads.language_model import LanguageModelHead
from baselines.losses.token_mean import TokenMean
from baselines.metrics.kg import knowledge_scores
from baselines.retrieval.prefix_index.answers import KnowledgeAnswers
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import order_of
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.task import Demo, Example, Generation, Labels, Recipe, Submission, Task
from baselines.tokenizers.tokenizer import Tokenizer
from tasks.kgclue.encoding import AnswerConstraints, columns_of, encode_question, prompt_of

NO_ANSWER = " |||  ||| "
"""A submission line has three columns, even without an answer."""


@dataclasses.dataclass(frozen=True)
class InferenceOptions:
    """How questions are answered; training does not use it."""

    index: str | None = None
    """Index of the knowledge base, see `run.py kg build`. With it, training answers the dev questions after each epoch and selects
    the best epoch by their score; without it, by the likelihood of the gold keys."""
    beam: int | None = None
    """Beams of the search. Default: 3."""
    look_ahead: str | None = None
    """Prefer keys that share more text with the question: full_key (default), predicate, none. See docs/kg_index.md."""
    end: str | None = None
    """value (default): a key may end wherever one does; leaf: only where no longer key continues, as in the published decoder."""
    overrides: str | None = None
    """YAML or JSON file of aliases, preferences, bans and given answers, see docs/kgclue.md."""


@dataclasses.dataclass(frozen=True)
class Options(InferenceOptions):
    """How questions are answered, and what the model learns to generate."""

    order: str = "spm"
    """Order of generation: spm for subject, predicate, meaning; or smp, which scores lower. The index must have the same order."""


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        gold = None
        if row.get("answer") is not None:
            columns_of(gold := row.text("answer"), row.origin)
        yield Example(id=row.id("id"), texts=(row.text("question"),), gold=gold, extra={"line": dict(row)}, origin=row.origin)


def metric(golds: list, predictions: list) -> dict[str, float]:
    columns = [columns_of(answer, "an answer") if answer else None for answer in predictions]
    return knowledge_scores([columns_of(gold, "gold") for gold in golds], columns)


def record(example: Example, prediction: str | None) -> dict:
    return {**example.extra["line"], "answer": prediction or NO_ANSWER}


def answer_constraints(tokenizer: Tokenizer, options: Options) -> AnswerConstraints:
    index = PrefixIndex.open(options.index, tokenizer.fingerprint())
    if index.parts == 3 and index.order != order_of(options.order):
        raise InputError(
            f"{options.index}: the order of the keys is {', '.join(index.order)}, but the run uses {options.order}. "
            f"Build the index again: run.py kg build … --order {options.order}."
        )
    look_ahead, end = options.look_ahead or "full_key", options.end or "value"
    return AnswerConstraints(KnowledgeAnswers(index, tokenizer.ids, look_ahead, end, options.overrides))


def prepare_demo(options: Options, folder: Path, tokenizer: Callable[[], Tokenizer], file: Callable[[str], Path]) -> Options:
    """The options with an index of the embedded knowledge, built into the run's folder when it is first needed."""
    if options.index is not None:
        return options
    index = folder / "index"
    if not (index / INDEX.header).is_file():
        build(file("knowledge"), index, KeyTokenizer.of(tokenizer()), order=options.order)
    return dataclasses.replace(options, index=str(index))


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task that answers from the index of the flags, or only trains without one."""
    order_of(options.order)
    task = dataclasses.replace(task, encode=functools.partial(encode_question, order=options.order))
    if options.index is None:
        return dataclasses.replace(task, generation=dataclasses.replace(task.generation, config=None))
    beam = 3 if options.beam is None else options.beam
    if beam < 1:
        raise InputError(f"--beam is {beam}. Give 1 or more.")
    config = dataclasses.replace(task.generation.config, beam=beam, num=beam)
    provider = functools.partial(answer_constraints, options=options)
    return dataclasses.replace(task, generation=dataclasses.replace(task.generation, config=config, constraint_provider=provider))


TASK = Task(
    files={"train": "train.json", "dev": "dev.json", "test": "test.json", "knowledge": "Knowledge.txt"},
    read=read,
    encode=encode_question,
    head=LanguageModelHead("prefix"),
    loss=TokenMean(),
    decode=None,
    metric=metric,
    generation=Generation(
        prompt=prompt_of, config=GenerationConfig(beam=3, num=3, max_tokens=64, ends=3), needs_index=True
    ),
    submit=Submission({"test.json": "kgclue_predict.json"}, record, keys=lambda example: [example.id]),
    recipe=Recipe(
        max_length=128, batch_size=32, epochs=3, learning_rate=5e-6, optimizer="adam", schedule="constant", warmup=0.0,
        weight_decay=0.0,
    ),
    source="Get them from https://github.com/CLUEbenchmark/KgCLUE, and Knowledge.txt by the link in its README",
    options=Options,
    inference_options=InferenceOptions,
    bind=bind,
    demo=Demo({"batch_size": 16, "epochs": 12, "learning_rate": 1e-3}, "mini_unilm", prepare_demo),
)
