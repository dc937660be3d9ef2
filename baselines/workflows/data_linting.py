"""The linter's map: a task's files -> examples -> lengths in tokens -> checks -> tables, a picture, a report. Without Keras."""

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.data.batching import bucket_lengths
from baselines.data.encoded_dataset import EncodedDataset
from baselines.data.encoding import encode_examples
from baselines.data.examples import read_examples
from baselines.evaluation.confusion import chinese_font, drawn_names
from baselines.experiment.arguments import TrainArguments, TrainFlags
from baselines.experiment.input_files import bind, checkpoint_folder, data_file, format_paths, official_file
from baselines.experiment.run_folder import RunFolder
from baselines.linting.characters import check_characters
from baselines.linting.classes import check_classes, class_counts
from baselines.linting.duplicates import check_duplicates
from baselines.linting.findings import ERROR, Section, Share
from baselines.linting.lengths import check_lengths
from baselines.linting.measured_split import MeasuredSplit
from baselines.linting.picture import draw_report
from baselines.linting.scores import check_scores
from baselines.linting.spans import check_spans
from baselines.linting.tables import print_tables, to_json, worst_verdict
from baselines.models import config
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display
from baselines.task import Task
from baselines.tokenizers.tokenizer import Tokenizer

UNLIMITED = 1 << 20
"""A max_length that trims nothing."""


def lint(name: str, arguments: TrainArguments) -> bool:
    """Checks the files that `run.py train` with the same arguments would learn from. Returns whether any finding is an error.

    The folder --output, by default runs/lint/TASK/TIME, gets report.json and report.png; the tables are printed.
    """
    flags, max_length = arguments.flags, arguments.recipe.max_length
    name, task = task_catalog.find(name)
    paths = split_files(name, task, flags)
    folder = checkpoint_folder(flags, task.demo.checkpoint, weights=False)
    tokenizer, positions = Tokenizer.from_folder(folder), config.read(folder)[0].get("max_position_embeddings")
    task = bind(task, arguments.options, None, paths["train"])
    with Display(flags.quiet) as display:
        splits = [measure(split, path, task, tokenizer, max_length, display) for split, path in paths.items()]
        sections, counts = run_checks(splits, task, tokenizer, max_length, positions)
    run, verdict = RunFolder.create(flags.output, f"lint/{name}"), worst_verdict(sections)
    run.write_json("report.json", {
        "task": name, "files": {split: format_paths(path) for split, path in paths.items()}, "max_length": max_length,
        "verdict": verdict, "sections": to_json(sections),
        "classes": {split: dict(count.most_common()) for split, count in counts.items() if count},
    })  # fmt: skip
    font = chinese_font()
    draw_report(run.path / "report.png", splits, max_length, counts, functools.partial(drawn_names, font=font), font)
    if not flags.quiet:
        print_tables(sections, list(paths))
    print(f"{name}: {verdict}. Report: {run.path / 'report.json'}")
    return verdict == ERROR


def split_files(name: str, task: Task, flags: TrainFlags) -> dict[str, Path]:
    """{split name: path}: train and dev as in training; test files as given, or the official ones that exist."""
    paths = {split: data_file(name, task, split, getattr(flags, split), flags.demo) for split in ("train", "dev")}
    if flags.test:
        return {**paths, "test": data_file(name, task, "test", flags.test, flags.demo)}
    official = task.files.get("test", ())
    official = (official,) if isinstance(official, str) else official
    paths_of = [official_file(name, test, flags.demo) for test in official] if not flags.train else []
    tests = [path for path in paths_of if path]
    return {**paths, **({"test": tests[0]} if len(tests) == 1 else {path.name: path for path in tests})}


def measure(name: str, path: Path, task: Task, tokenizer: Tokenizer, max_length: int, display: Display) -> MeasuredSplit:
    """A file, read and measured. Raises InputError for what training would refuse too."""
    split = name if name in ("train", "dev") else "test"
    examples, left_out = read_examples(task.read, path, split, task.classes, task.source)
    if split == "test":
        examples = [dataclasses.replace(example, gold=None) for example in examples]
    progress = functools.partial(display.track, label=f"{name}: encoding")
    whole = encode_examples(examples, task.encode, tokenizer, UNLIMITED, progress)
    full, number = per_example(whole, len(examples))
    truncated, windows = np.zeros(len(examples), bool), number.copy()
    long = np.flatnonzero(full > max_length)
    if long.size:
        cut = encode_examples([examples[index] for index in long], task.encode, tokenizer, max_length, progress)
        left, windows[long] = per_example(cut, long.size)
        truncated[long] = (windows[long] == number[long]) & (left < full[long])
    ids = whole.features["token_ids"].rows.values
    vocabulary = tokenizer.vocabulary
    unknown = Share(int(np.sum(ids == vocabulary.unk_id)), int(np.sum(~np.isin(ids, vocabulary.frame_ids))))
    return MeasuredSplit(name, examples, left_out, full, truncated, int(windows.sum()), unknown)


def per_example(rows: EncodedDataset, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(tokens of the longest row, number of rows) of each example: two int64 (count,)."""
    longest = np.zeros(count, np.int64)
    np.maximum.at(longest, rows.example, rows.lengths)
    return longest, np.bincount(rows.example, minlength=count)


def with_gold_in_texts(split: MeasuredSplit) -> MeasuredSplit:
    """A split of a task that generates: gold that is a text is one of many good answers, and another one is another example."""
    return dataclasses.replace(split, examples=[
        example if not isinstance(example.gold, str) else dataclasses.replace(example, texts=(*example.texts, example.gold))
        for example in split.examples
    ])  # fmt: skip


def run_checks(
    splits: Sequence[MeasuredSplit], task: Task, tokenizer: Tokenizer, max_length: int, positions: int | None
) -> tuple[list[Section], dict]:
    """(Sections, {split name: Counter of its classes})."""
    counts = {split.name: class_counts(split.examples, task.labels, task.linting.spans, task.facts) for split in splits}
    buckets = bucket_lengths(UNLIMITED)
    sections = [
        check_lengths(splits, tokenizer, max_length, buckets, positions, task.linting.cuts_on_purpose),
        check_characters(splits, tokenizer),
        check_classes(splits, counts, task.labels),
        check_scores(splits),
        check_duplicates([with_gold_in_texts(split) for split in splits] if task.generation else splits),
        check_spans(splits, task.linting.spans, tokenizer, max_length) if task.linting.spans else None,
    ]
    return list(itertools.compress(sections, sections)), counts
