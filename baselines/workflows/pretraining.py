"""The map of pretraining: text files -> packed records -> batches of an objective -> a checkpoint folder."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.data.packed.packed_dataset import RECORDS, PackedDataset, write_records
from baselines.data.packed.text_corpus import TextCorpus
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.input_files import each_file
from baselines.experiment.run_folder import RunFolder
from baselines.models.families import is_encoder_decoder
from baselines.runtime import ray_cluster
from baselines.runtime.environment import peak_memory
from baselines.runtime.progress import Display
from baselines.storage.checksums import sha256
from baselines.task import Pretraining, Split
from baselines.task_models.loading import open_initial_checkpoint, prepare_keras
from baselines.task_models.pretraining import PretrainingTaskModel
from baselines.training import freezing
from baselines.workflows.finetuning import format_scores, on_each_host
from baselines.workflows.fit import Fitted, fit


def pretrain(
    name: str, objective: Pretraining, arguments: TrainArguments, resume: RunFolder | None = None, command: Sequence[str] = ()
) -> RunFolder:
    """Trains a model on text. Returns the RunFolder. Several hosts do it side by side, as in finetuning.train."""
    return on_each_host(lambda *run: pretrain_here(objective, *run), name, arguments, resume, command)


def pretrain_here(
    objective: Pretraining, name: str, arguments: TrainArguments, resume: RunFolder | None, command: Sequence[str]
) -> RunFolder:
    arguments = arguments.pinned()
    flags = arguments.flags
    with Display(flags.quiet) as display:
        source = Path(flags.init or flags.architecture)
        task_model = create_pretraining_model(name, objective, arguments, source, display)
        given = records(None, task_model, flags) if flags.records else None     # refused before there is a run folder
        run = resume or RunFolder.create(flags.output, name)
        files = {"train": flags.corpus} | ({"dev": flags.dev} if flags.dev else {})
        run.describe(name, arguments.with_chosen(task_model.recipe).to_dict(), each_file(files), None, command)
        splits = given or records(run, task_model, flags)
        display.log_to(run.log)
        display.note(f"run folder: {run}")
        batch = arguments.recipe.batch_size
        rows = len(splits["train"].encoded)
        if rows < batch:
            raise InputError(
                f"--corpus gives {rows} rows of {task_model.recipe.max_length} tokens, less than one batch of {batch}. "
                "Add text, or lower --batch_size."
            )
        fitted = fit(task_model, run, splits, arguments.settings, resume is not None)
        summarize(task_model, run, fitted, splits["train"].encoded)
    return run


def create_pretraining_model(
    name: str, objective: Pretraining, arguments: TrainArguments, source: Path, display: Display
) -> PretrainingTaskModel:
    """A PretrainingTaskModel with a model from --init, or of random weights as --model says."""
    flags, recipe = arguments.flags, arguments.recipe
    recipe = prepare_keras(recipe, display)
    checkpoint = open_initial_checkpoint(source, recipe, display, flags.words, flags.vocab, flags.pre_tokenizer)
    vocabulary = checkpoint.tokenizer.vocabulary
    if is_encoder_decoder(checkpoint.config.model_type):
        raise InputError(
            f"{source}: no objective of pretraining is for {checkpoint.config.model_type}, which has an encoder and a decoder. "
            "Fine-tune it with `run.py train`, or choose an encoder."
        )
    if objective.needs_mask and not vocabulary.has_mask:
        raise InputError(f"{vocabulary.origin}: the vocabulary has no [MASK]. Replace an unused token by it.")
    encoder = checkpoint.build_encoder(**objective.head.encoder_options)
    model = objective.head(encoder)
    freezing.freeze(model, recipe.freeze)
    task_model = PretrainingTaskModel(
        name, objective, recipe, checkpoint.tokenizer, checkpoint.config, model, display, epoch_updates=flags.epoch_updates,
        stored_dtype="float16" if flags.store_half else None,
    )  # fmt: skip
    if flags.init:
        verdict = checkpoint.load(encoder, task_model.weight_names, flags.ignore_mismatched)
        display.note(f"{source}: {verdict.summary()}")
    else:
        display.note(f"starting from random weights: {source} gives the configuration")
    return task_model


def records(run: RunFolder, task_model: PretrainingTaskModel, flags: Any) -> dict[str, Split]:
    """{"train", "dev": Split} of packed records: those of --records or the run folder, or newly packed ones."""
    folder = Path(flags.records) if flags.records else run.path / "records"
    made_of = {
        "corpus": [sha256(path) for path in flags.corpus],              # two files may have one name
        "dev": [sha256(path) for path in flags.dev or ()],
        "vocabulary": task_model.tokenizer.fingerprint(),
        "max_length": task_model.recipe.max_length,
        "held_out": flags.held_out,
        "documents": flags.documents,
    }
    if not (folder / RECORDS.header).is_file():
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"--records: {folder} does not hold packed records. Name a folder that does, or a new one.")
        corpora = {"train": TextCorpus(tuple(flags.corpus), flags.skip_bad_lines, flags.documents)}
        if flags.dev:
            corpora["dev"] = TextCorpus(tuple(flags.dev), flags.skip_bad_lines, flags.documents)
        pack(folder, corpora, task_model, flags, made_of)
    packed = {name: PackedDataset.open(folder, name) for name in ("train", "dev")}
    header = {"documents": False} | packed["train"].header["made_of"]   # records from before there were documents do not say
    for key, value in made_of.items():
        if header.get(key) != value:
            raise InputError(
                f"{folder} holds records with {key} {header.get(key)}, but this run has {value}. "
                "Pack the text again in another folder, with --records."
            )
    return {name: Split(name, None, None, records) for name, records in packed.items()}


def pack(folder: Path, corpora: dict[str, TextCorpus], task_model: PretrainingTaskModel, flags: Any, made_of: dict) -> None:
    display, workers = task_model.display, flags.workers or os.cpu_count() or 1
    bar = display.bar("packing, lines", None)
    advance = lambda lines: bar.advance(by=lines - bar.completed)       # noqa: E731
    held_out = 0 if flags.dev else flags.held_out
    try:
        counts = write_records(
            folder, corpora, task_model.tokenizer, task_model.recipe.max_length, held_out, workers, made_of, advance,
            ray_cluster.map_on_cluster if flags.engine == "ray" else None,
        )  # fmt: skip
    finally:
        bar.close()
    train = counts["train"]
    display.note(
        f"{folder}: {train['lines']:,} lines ({train['skipped_lines']} unusable ones skipped), {counts['train_rows']:,} rows with "
        f"{counts['train_tokens']:,} tokens to train on, {counts['dev_rows']:,} held out; {train['tokens_cut']:,} tokens "
        "truncated from sentences longer than a row"
    )


def summarize(task_model: PretrainingTaskModel, run: RunFolder, fitted: Fitted, records: PackedDataset) -> None:
    """Writes summary.json, and reports the score and the training speed in tokens per second."""
    recipe, position = task_model.recipe, fitted.position
    last = [line for line in run.metrics.read() if line["split"] == "dev"][-1]
    tokens = recipe.accumulate * recipe.batch_size * recipe.max_length
    speed = tokens / max(position.step_seconds, 1e-9)
    names = ("best_epoch", "epoch", "updates", "seconds", "step_seconds")
    progress = {name: getattr(position, name) for name in names}
    run.write_json(
        "summary.json",
        {"metric": "log_likelihood", "score": position.best, **progress, "tokens_per_second": speed, "peak_memory": peak_memory(),
         "compiled": fitted.steps.compiled},
    )  # fmt: skip
    scores = {name: value for name, value in last.items() if name not in ("epoch", "step", "split", "tokens_per_second")}
    task_model.display.result(
        f"held out  {format_scores(scores)}  ({position.updates} updates, {position.seconds / 60:.1f} minutes; "
        f"{speed:,.0f} tokens/s in the median update, {task_model.filled(records):.0%} of it text)"
    )
