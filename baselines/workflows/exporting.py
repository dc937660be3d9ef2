"""Export: a run's model as a graph that other programs run, checked against the model before the folder is published."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.batching import Batches
from baselines.data.encoded_dataset import EncodedDataset
from baselines.errors import InputError
from baselines.evaluation.predictions import Predictions
from baselines.experiment.export_folder import ExportFolder
from baselines.experiment.input_files import data_file
from baselines.experiment.run_folder import RunFolder
from baselines.exporting import check, exact_wordpiece, examples, formats, quantization
from baselines.exporting.card import card
from baselines.exporting.graph import Graph
from baselines.exporting.row_description import describe_rows
from baselines.models.families import trained_positions
from baselines.runtime.environment import versions
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.json_files import write_json_object
from baselines.task import Split
from baselines.task_models.exported import open_export
from baselines.task_models.loading import open_run
from baselines.task_models.predicting import PredictingModel
from baselines.task_models.task_model import TaskModel
from baselines.tokenizers.wordpiece import WordPiece
from baselines.workflows import exporting_generation

CALIBRATION_ROWS = 128
"""Rows of dev that int8_static learns from."""


@dataclasses.dataclass(frozen=True)
class Scored:
    """The first score of a model on dev, and its predictions."""

    metric: str
    score: float
    predictions: Predictions

    def share_of_equal(self, others: "Scored") -> float:
        """The share of predictions that equal another model's, from 0 to 1. Numbers may differ by 0.001."""
        mine, theirs = self.predictions.by_id, others.predictions.by_id
        return float(np.mean([is_same(mine[key], value) for key, value in theirs.items()]))


def is_same(one: Any, other: Any) -> bool:
    """Whether two predictions are equal; numbers, or lists of numbers, up to 0.001."""
    if isinstance(one, float | list) and np.asarray(one).dtype == float and np.shape(one) == np.shape(other):
        return np.allclose(one, other, atol=1e-3)
    return one == other


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """How a run is exported.

    Args:
        format: A file of exporting/formats.
        opset: Version of ONNX' operators.
        quantize: One of quantization.KINDS, or None.
        tolerance: Points of the score that int8 may lose.
        dev: File to compare on; None: the run's own.
        examples: Dev examples that are compared, at most.
        speed: Whether to time the graph.
    """

    format: str = "onnx"
    opset: int = 17
    quantize: str | None = None
    tolerance: float = 0.5
    dev: str | None = None
    examples: int = 1000
    speed: bool = True


def export(run: RunFolder, output: str | Path, options: ExportOptions, quiet: bool = False) -> ExportFolder:
    """Writes an export folder. An earlier export there is replaced in one step; a failed check leaves it as it is.

    Raises:
        InputError: The run cannot be exported, the graph differs from the model, or int8 loses more than the tolerance.
    """
    require_replaceable(output)
    with Display(quiet) as display:
        task_model, arguments = open_run(run, None, display, changes={"precision": "float32", "jit": "false"})
        generates = task_model.task.head.output_kind == "text"
        if generates:
            exporting_generation.require_exportable(task_model, options.format, options.quantize)
        dev = None if generates else dev_examples(task_model, arguments, options, display)
        with atomic_folder(output) as folder:
            save_tokenizer(task_model, folder)
            if generates:
                about = exporting_generation.write_graphs(task_model, run, folder, options.opset)
            else:
                about = write_graph(task_model, run, folder, options, dev, display)
            has_example = write_texts(task_model, folder, about)
            display.note(f"{output}: {about['size'] / 1e6:.1f} MB{', with example.py' if has_example else ''}")
        for sentence in about["checks"]:
            display.result(sentence)
    return ExportFolder.open(output)


def require_replaceable(output: str | Path) -> None:
    """Raises InputError for a path with something else than an export."""
    path = Path(output)
    if path.exists() and not ExportFolder.is_export(path) and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"--out: {output} is in use, and is no export. Choose a folder that is new or empty.")


def save_tokenizer(task_model: TaskModel, folder: Path) -> None:
    """Writes tokenizer.json, exactly ours also for WordPiece, and the files that our own tokenizer reads."""
    task_model.tokenizer.save(folder)
    if isinstance(task_model.tokenizer.model, WordPiece):
        exact_wordpiece.write(folder, task_model.tokenizer.lower_case)


def dev_examples(task_model: TaskModel, arguments: Any, options: ExportOptions, display: Display) -> Split | None:
    """The first dev examples, encoded; None, with a note, where the file is missing."""
    try:
        path = options.dev or data_file(task_model.name, task_model.task, "dev", arguments.flags.dev, arguments.flags.demo)
        split = task_model.read_split("dev", path)
    except InputError as error:
        if options.dev or options.quantize:
            raise InputError(f"--quantize and --dev compare scores on dev. {error}") from None
        display.note(f"answers are not compared on dev: {error}")
        return None
    return task_model.encode_split(dataclasses.replace(split, examples=split.examples[: options.examples]))


def write_graph(
    task_model: TaskModel, run: RunFolder, folder: Path, options: ExportOptions, dev: Split | None, display: Display
) -> dict:
    """Writes and checks the graph; returns the content of export.json."""
    graph, written = Graph(task_model.model), formats.load(options.format)
    path = folder / written.GRAPH
    path.parent.mkdir(parents=True, exist_ok=True)
    written.write(graph, path, options.opset)
    opened, vocabulary = written.read(path), task_model.tokenizer.vocabulary
    difference = check.compare(graph, opened, len(vocabulary), vocabulary.pad_id)
    about = about_run(task_model, run, graph, options, opened)
    about["checks"].append(f"outputs differ from the model's by {difference:.0e} at most (random rows)")
    if task_model.task.labels:
        names = json.dumps(task_model.task.labels.names, ensure_ascii=False, indent=2)
        (folder / "labels.json").write_text(f"{names}\n", encoding="utf-8")
    exported = as_exported(folder, about, opened, display)
    expected = None
    if dev is not None:
        expected = scored(task_model, dev)
        compare_answers(exported, dev, expected, about)
    if options.quantize:
        opened = quantize_graph(task_model, graph, folder, options, dev, expected, about, opened, display)
    about["files"]["graph"] = str(quantization.GRAPH if options.quantize else written.GRAPH)
    about["size"] = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
    if options.speed:
        longest = trained_positions(task_model.config)
        about["speed"] = check.timings(opened, graph.ranks, len(vocabulary), vocabulary.pad_id, longest)
    return about


def about_run(task_model: TaskModel, run: RunFolder, graph: Graph, options: ExportOptions, opened: Any) -> dict:
    """The first content of export.json."""
    dimensions = {2: ["batch", "length"], 3: ["batch", "choices", "length"]}
    inputs = {
        name: {"feature": graph.features[name], "dtype": "int64", "shape": dimensions[rank]} for name, rank in graph.ranks.items()
    }
    sample = check.features(graph.ranks, 2, 5, len(task_model.tokenizer.vocabulary), task_model.tokenizer.vocabulary.pad_id)
    outputs = {name: f"{values.dtype} with {values.ndim} dimensions" for name, values in opened(sample).items()}
    outside = ["cutting texts into tokens (tokenizer.json)", "reading predictions from the outputs"]
    if "steps" in graph.output_names:
        outside.append("the best path of labels (Viterbi)")
    return {
        "format": options.format, "task": task_model.name, "kind": task_model.task.head.output_kind,
        "family": task_model.config.model_type, "recipe": run.read_recipe(), "files": {}, "inputs": inputs, "outputs": outputs,
        "row": describe_rows(task_model.task, task_model.tokenizer, task_model.recipe.max_length), "outside": outside,
        "quantize": options.quantize, "checks": [], "score": run.read_summary(), "versions": versions(), "size": 0, "speed": [],
    }  # fmt: skip


def as_exported(folder: Path, about: Mapping, opened: Any, display: Display) -> Any:
    """The ExportedTaskModel of a folder that is being written."""
    ExportFolder(folder, about).write()
    return open_export(folder, None, display, changes={"cache": ""}, run=opened)[0]


def scored(model: PredictingModel, dev: Split) -> Scored:
    """The score of a model or an export on dev, by the metric that selects epochs, without generated texts."""
    scores, predictions = PredictingModel.score(model, model.steps(), dev)
    name = next(iter(scores))
    return Scored(name, scores[name], predictions)


def compare_answers(exported: PredictingModel, dev: Split, expected: Scored, about: dict) -> None:
    """Adds how many answers on dev are equal, and the score. Raises InputError if fewer than 99% are equal."""
    found = scored(exported, dev)
    equal, count = found.share_of_equal(expected), len(dev.examples)
    if equal < 0.99:
        raise InputError(f"Only {equal:.1%} of {count} answers on dev equal the model's. Nothing was written. Report this model.")
    about["dev"] = {"examples": count, "equal": equal, found.metric: found.score}
    about["checks"].append(f"{equal:.1%} of {count} answers on dev equal the model's; {found.metric} {found.score:.4f}")


def quantize_graph(
    task_model: TaskModel, graph: Graph, folder: Path, options: ExportOptions, dev: Split, before: Scored, about: dict,
    opened: Callable, display: Display,
) -> Callable:  # fmt: skip
    """Replaces the graph of a folder by one of int8, and returns it opened. Raises InputError if its score is too low."""
    source, target = folder / formats.load("onnx").GRAPH, folder / quantization.GRAPH
    quantization.quantize(source, target, options.quantize, calibration_rows(task_model, graph, dev))
    quantized = formats.load("onnx").read(target)
    after = scored(as_exported(folder, about, quantized, display), dev)
    lost = 100 * (before.score - after.score)
    if lost > options.tolerance:
        raise InputError(
            f"--quantize {options.quantize}: {after.metric} on {len(dev.examples)} dev examples falls from {before.score:.4f} to "
            f"{after.score:.4f}, {lost:.2f} points, more than --tolerance {options.tolerance}. Raise it, or leave --quantize out."
        )
    vocabulary, longest = task_model.tokenizer.vocabulary, min(128, trained_positions(task_model.config) or 128)
    batch = check.features(graph.ranks, 1, longest, len(vocabulary), vocabulary.pad_id)
    faster = check.measure(opened, batch)[1] / check.measure(quantized, batch)[1]
    files = [list(source.parent.glob(f"{path.name}*")) for path in (source, target)]
    sizes = [sum(file.stat().st_size for file in each) / 1e6 for each in files]
    for file in files[0]:
        file.unlink()
    equal = after.share_of_equal(before)
    about["int8"] = {"metric": after.metric, "float32": before.score, "int8": after.score, "equal": equal, "times_as_fast": faster}
    about["checks"].append(
        f"{options.quantize}: {after.metric} {before.score:.4f} -> {after.score:.4f} on dev, {equal:.1%} of answers equal; "
        f"{sizes[0]:.1f} MB -> {sizes[1]:.1f} MB; {faster:.2f} times as fast (CPU time, 1 x {longest})"
    )
    return quantized


def calibration_rows(task_model: TaskModel, graph: Graph, dev: Split) -> list[dict[str, np.ndarray]]:
    """The inputs of the first rows of dev, one by one."""
    recipe, pad_id = task_model.recipe, task_model.tokenizer.vocabulary.pad_id
    batches = Batches(EncodedDataset(dev.encoded.features, None, dev.encoded.example), 1, recipe.max_length, None, pad_id, 1, 1)
    rows = [batches.collate(np.array([number]))["features"] for number in range(min(CALIBRATION_ROWS, len(dev.encoded)))]
    return [{name: row[feature].astype(np.int64) for name, feature in graph.features.items()} for row in rows]


def write_texts(task_model: TaskModel, folder: Path, about: dict) -> bool:
    """Writes config.json, export.json, the card and example.py; returns whether there is an example."""
    values = task_model.config.to_hugging_face()
    if task_model.task.classes:
        values["id2label"] = dict(enumerate(task_model.task.labels.names))
        values["label2id"] = {name: index for index, name in enumerate(task_model.task.labels.names)}
    write_json_object(folder / "config.json", values)
    example = examples.source(about["kind"]) if about["format"] == "onnx" and about["row"]["plain"] else None
    if example:
        (folder / "example.py").write_text(example, encoding="utf-8")
    ExportFolder(folder, about).write()
    (folder / "README.md").write_text(card(about, bool(example)), encoding="utf-8")
    return bool(example)

