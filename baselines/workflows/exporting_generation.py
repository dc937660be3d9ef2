"""Export of a run that generates text: a graph for a prompt, and one for each further token."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops

from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.exporting import check, onnx_conversion
from baselines.exporting.generation_graphs import PromptGraph, StepGraph
from baselines.exporting.onnx_session import OnnxSession
from baselines.generation.kv_cache_model import CachedModel
from baselines.runtime.environment import versions
from baselines.task import Example
from baselines.task_models.task_model import TaskModel

FILES = {"graph": "onnx/prompt.onnx", "step": "onnx/step.onnx"}
LENGTH, PROMPT = 12, 7
"""Tokens of the rows that are compared, and how many of them are the prompt."""


def require_exportable(task_model: TaskModel, form: str, quantize: str | None) -> None:
    """Raises InputError for a run whose texts need more than these two graphs."""
    name, head = task_model.name, task_model.task.head
    if form != "onnx" or quantize:
        what = f"--format {form}" if form != "onnx" else f"--quantize {quantize}"
        raise InputError(f"{name} generates text, which is exported to ONNX in float32 only. Leave {what} out.")
    if head.start:
        raise InputError(f"{name}: a model with an encoder and a decoder cannot be exported yet. Export a run of one encoder.")
    if task_model.task.generation.constraint_provider:
        raise InputError(f"{name} keeps its texts to an index, which is no part of a graph. Serve the run itself.")


def write_graphs(task_model: TaskModel, run: RunFolder, folder: Path, opset: int) -> dict:
    """Writes and checks the two graphs; returns the content of export.json."""
    cached, opened = CachedModel(task_model.model), {}
    graphs = {"graph": PromptGraph(cached), "step": StepGraph(cached)}
    for name, graph in graphs.items():
        onnx_conversion.save(onnx_conversion.convert(graph, graph.inputs, graph.variables, opset), folder / FILES[name])
        opened[name] = OnnxSession(folder / FILES[name])
    difference = compare(task_model, opened["graph"], opened["step"])
    inputs = {name: {"dtype": dtype, "shape": list(shape)} for name, (dtype, shape) in graphs["graph"].inputs.items()}
    outputs = {"logits": "float32 (batch, vocabulary)", "present.N.key, present.N.value": "float32 (batch, heads, length, size)"}
    plain, writes = describe(task_model)
    row = {
        "start": list(task_model.tokenizer.start_ids), "between": list(task_model.tokenizer.between_ids),
        "end": list(task_model.tokenizer.end_ids), "segments": [0], "plain": plain,
        "max_length": task_model.recipe.max_length, "pad": task_model.tokenizer.vocabulary.pad_id,
    }  # fmt: skip
    return {
        "format": "onnx", "task": task_model.name, "kind": "text", "family": task_model.config.model_type,
        "recipe": run.read_recipe(), "files": dict(FILES), "inputs": inputs, "outputs": outputs, "row": row, "writes": writes,
        "step_inputs": {name: {"dtype": dtype, "shape": list(shape)} for name, (dtype, shape) in graphs["step"].inputs.items()},
        "outside": ["cutting texts into tokens (tokenizer.json)", "choosing each token from the logits"], "quantize": None,
        "checks": [f"logits of a prompt and of {LENGTH - PROMPT} steps differ from the model's by {difference:.0e} at most"],
        "score": run.read_summary(), "versions": versions(), "speed": [],
        "size": sum((folder / path).stat().st_size for path in FILES.values()),
    }  # fmt: skip


def describe(task_model: TaskModel) -> tuple[bool, dict]:
    """(whether example.py makes the task's own prompts and texts, what it must know to write)."""
    vocabulary, generation = task_model.tokenizer.vocabulary, task_model.generation
    prompt = generation.prompt(Example(id=0, texts=("今天天气不错",), origin="export"))
    expected = task_model.tokenizer.encode("今天天气不错")
    plain = np.array_equal(prompt.token_ids, expected["token_ids"]) and not prompt.segment_ids.any()
    plain = plain and generation.self_terminating is None and task_model.tokenizer.pre_tokenizer is None
    return plain, {
        "segment": prompt.segment, "end": vocabulary.sep_id, "never": sorted(vocabulary.special_ids - {vocabulary.sep_id}),
        "max_tokens": task_model.task.generation.config.max_tokens if task_model.task.generation.config else 64,
    }  # fmt: skip


def compare(task_model: TaskModel, prompt: Callable[[Mapping], dict], step: Callable[[Mapping], dict]) -> float:
    """The largest difference of logits between the model and the two graphs. Raises InputError beyond check.TOLERANCE."""
    vocabulary = task_model.tokenizer.vocabulary
    token_ids = np.random.default_rng(0).integers(0, len(vocabulary), (2, LENGTH))
    token_ids[token_ids == vocabulary.pad_id] = vocabulary.sep_id
    segments = np.tile(np.arange(LENGTH) >= PROMPT, (2, 1)).astype(int)
    features = {"token_ids": token_ids.astype(np.int32), "segment_ids": segments.astype(np.int32)}
    model = task_model.model
    outputs = model({name: features[name] for name in model.input}, training=False)
    expected = ops.convert_to_numpy(outputs["logits"])
    start = {"input_ids": token_ids[:, :PROMPT], "token_type_ids": segments[:, :PROMPT], "length": np.full(2, PROMPT)}
    found, logits = prompt(start), []
    cache = {name: np.pad(value, ((0, 0), (0, 0), (0, LENGTH - PROMPT), (0, 0))) for name, value in past(found).items()}
    for position in range(PROMPT, LENGTH):
        logits.append(found["logits"])
        each = slice(position, position + 1)
        found = step({
            "input_ids": token_ids[:, each], "token_type_ids": segments[:, each], "position_ids": np.full((2, 1), position),
            "visible": np.tile(np.arange(LENGTH) <= position, (2, 1)), **cache,
        })  # fmt: skip
        cache = past(found)
    logits.append(found["logits"])
    largest = check.largest_difference({"logits": expected[:, PROMPT - 1 :]}, {"logits": np.stack(logits, axis=1)})
    return check.within(largest, check.TOLERANCE)


def past(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The cache among the outputs of a graph, under the names of the next step's inputs."""
    return {name.replace("present", "past"): value for name, value in outputs.items() if name != "logits"}
