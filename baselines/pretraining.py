"""The map of pretraining: text files -> packed records -> batches of an objective -> a checkpoint folder."""

import dataclasses
import functools
import math
import os
import typing
from pathlib import Path

import numpy as np

from baselines import ray_cluster
from baselines.data.corpus import Corpus
from baselines.data.record_batches import RecordBatches
from baselines.data.records import RECORDS, Records, write_records
from baselines.environment import peak_memory, sha256
from baselines.errors import InputError
from baselines.fitting import fit
from baselines.inputs import each_file
from baselines.losses.masked_and_next import NEXT, TOKENS
from baselines.opening import configured, encoder_of, prepare_keras
from baselines.pipeline import on_each_host, shown
from baselines.progress import Display
from baselines.run_folder import RunFolder
from baselines.session import Session
from baselines.tokenizers.wordpiece import Tokenizer
from baselines.training import devices
from baselines.training.card_memory import flops
from baselines.training.speed import Speed, matrix_peak
from baselines.weights.load import load_weights


@dataclasses.dataclass
class PretrainingSession(Session):
    """As Session, of an objective: rows are Records, and what is predicted are tokens."""

    verb: typing.ClassVar[str] = "pretrain"
    epoch_updates: int = 0
    speed: Speed = dataclasses.field(default_factory=Speed)

    @property
    def returned(self):
        return tuple(name for name in ("predicted", NEXT) if name in self.model.output)

    def batches(self, rows, batch_size):
        make = lambda token_ids, starts, rng: self.task.make(token_ids, starts, self.tokenizer.vocabulary, rng)  # noqa: E731
        pad_id = self.tokenizer.vocabulary.pad_id
        return RecordBatches(rows, batch_size, self.recipe.max_length, make, pad_id, self.epoch_updates, devices.shares())

    def training_batches(self, rows, batch_size):
        batches = self.batches(rows, batch_size)
        batches.watch = self.speed.counted
        return batches

    def speeds(self, predicted):
        """{"tokens_per_second", padding included, "share_of_peak"} since the last scoring; {} after fewer than two updates.

        predicted   tokens of a row that the vocabulary is scored for
        """
        found, length = self.speed.per_second(), self.recipe.max_length
        if found is None:
            return {}
        head = self.config.hidden_size * self.config.embedding_size + self.config.embedding_size * self.config.vocab_size
        row = flops(self.config, length, self.recipe.recompute) + 3 * 2 * predicted * head
        return {"tokens_per_second": found, "share_of_peak": found * row / length / self.peak}

    @functools.cached_property
    def peak(self):
        """FLOP/s of matrix products at this precision, of all devices that train together; measured when it is first asked."""
        large = any("gpu" in name.lower() for name in devices.available())
        dtype = {"bf16": "bfloat16", "fp16": "float16"}.get(self.recipe.precision, "float32")
        return matrix_peak(8192 if large else 1024, dtype) * devices.shares() * self.recipe.model_parallel

    def filled(self, rows):
        """Share of the tokens of batches that are no padding."""
        return len(rows.tokens) / (len(rows) * self.recipe.max_length)

    def name_of(self, examples, rows, number):
        return f"row {number} of the records"

    def score_epoch(self, steps, examples, rows):
        """{"log_likelihood", "accuracy", "perplexity", "loss"} of the held-out rows, means over predicted tokens; and speeds.

        Where the objective asks it too, "next_accuracy": the share of rows that are told from those with another second part.
        """
        total = count = right = followed = 0.0
        batches = self.batches(rows, self.recipe.eval_batch_size)
        count_of_batches = math.ceil(len(batches.records) / batches.batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "scoring", count_of_batches):
            found, totals, counts = steps.evaluate(batch)
            real = slice(len(numbers))
            total, count = total + totals[real].sum(), count + counts[real].sum()
            right += np.sum((found["predicted"] == learnt(batch))[real])        # -1, nothing to learn, is never predicted
            if NEXT in found:
                followed += np.sum((np.argmax(found[NEXT], axis=-1) == batch["targets"][NEXT])[real])
        loss = float(total / max(count, 1))
        accuracy = float(right / max(count, 1))
        scores = {"log_likelihood": -loss, "accuracy": accuracy, "perplexity": math.exp(min(loss, 700)), "loss": loss}
        if NEXT in self.returned:
            scores["next_accuracy"] = float(followed / len(rows))
        return scores | self.speeds(learnt(batch).shape[1])


def learnt(batch):
    """The tokens that a batch is to predict, int32 (B, P)."""
    targets = batch["targets"]
    return targets[TOKENS] if isinstance(targets, dict) else targets


def pretrain(name, objective, arguments, resume=None, command=()):
    """Trains a model on text. Returns the RunFolder. Several hosts do it side by side, as in pipeline.train."""
    return on_each_host(lambda *run: pretrain_here(objective, *run), name, arguments, resume, command)


def pretrain_here(objective, name, arguments, resume, command):
    flags = arguments.flags
    with Display(flags.quiet) as display:
        source = Path(flags.init or flags.architecture)
        tokenizer = Tokenizer.from_folder(vocabulary_folder(flags))
        for token in objective.needs:
            if token not in tokenizer.vocabulary:
                raise InputError(f"{vocabulary_folder(flags)}: expected a vocabulary with {token}. Received: one without. Add it.")
        session = new_session(name, objective, arguments, source, tokenizer, display)
        run = resume or RunFolder.create(flags.output, name)
        rows = records(run, session, flags)
        if not resume:
            files = {"train": flags.corpus} | ({"dev": flags.dev} if flags.dev else {})
            run.describe(name, arguments.to_dict(), each_file(files), None, command)
        display.log_to(run.log)
        display.note(f"run folder: {run}")
        batch = arguments.recipe.batch_size
        if len(rows["train"]) < batch:
            received = f"{len(rows['train'])} rows of {session.recipe.max_length} tokens"
            raise InputError(f"--corpus: expected text for at least one batch of {batch} rows. Received: {received}.")
        position = fit(session, run, {"train": None, "dev": None}, rows, arguments.settings, resume is not None)
        summarize(session, run, position, rows)
    return run


def new_session(name, objective, arguments, source, tokenizer, display):
    """A PretrainingSession with a model from --init, or of random weights as --model says."""
    flags, recipe = arguments.flags, arguments.recipe
    prepare_keras(recipe, display)
    tokenizer, config, adapt = configured(source, recipe, tokenizer, flags.words, flags.ignore_mismatched, display)
    encoder = encoder_of(objective, config)
    model = objective.head(encoder)
    session = PretrainingSession(
        name, objective, recipe, tokenizer, config, model, display, epoch_updates=flags.epoch_updates,
        stored_dtype="float16" if flags.store_half else None,
    )  # fmt: skip
    if flags.init:
        verdict = load_weights(encoder, source, session.weight_names, adapt, ignore_mismatched=flags.ignore_mismatched)
        display.note(f"{source}: {verdict.summary()}")
    else:
        display.note(f"starting from random weights: {source} gives the configuration")
    return session


def vocabulary_folder(flags):
    """The folder with the vocabulary: --vocab, or that of the checkpoint or configuration that the model starts from."""
    source = Path(flags.vocab or flags.init or flags.architecture)
    return source if source.is_dir() else source.parent


def records(run, session, flags):
    """{"train", "dev": Records}: packed before, as --records or the run folder has them, or now."""
    folder = Path(flags.records) if flags.records else run.path / "records"
    made_of = {
        "corpus": [sha256(path) for path in flags.corpus],              # two files may have one name
        "dev": [sha256(path) for path in flags.dev or ()],
        "vocabulary": session.tokenizer.fingerprint(),
        "max_length": session.recipe.max_length,
        "held_out": flags.held_out,
        "documents": flags.documents,
    }
    if not (folder / RECORDS.header).is_file():
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"--records {folder}: expected packed records, or a new folder. Received: something else.")
        corpora = {"train": Corpus(tuple(flags.corpus), flags.skip_bad_lines, flags.documents)}
        if flags.dev:
            corpora["dev"] = Corpus(tuple(flags.dev), flags.skip_bad_lines, flags.documents)
        pack(folder, corpora, session, flags, made_of)
    found = {split: Records.open(folder, split) for split in ("train", "dev")}
    told = {"documents": False} | found["train"].header["made_of"]      # records from before there were documents do not say
    for key, value in made_of.items():
        if told.get(key) != value:
            raise InputError(
                f"{folder}: expected records of the same {key} as this run's: {value}. Received: {told.get(key)}. "
                "Pack them again in another folder: --records."
            )
    return found


def pack(folder, corpora, session, flags, made_of):
    display, workers = session.display, flags.workers or os.cpu_count() or 1
    bar = display.bar("packing, lines", None)
    advance = lambda lines: bar.advance(by=lines - bar.completed)       # noqa: E731
    held_out = 0 if flags.dev else flags.held_out
    try:
        counts = write_records(
            folder, corpora, session.tokenizer, session.recipe.max_length, held_out, workers, made_of, advance,
            ray_cluster.worked if flags.engine == "ray" else None,
        )  # fmt: skip
    finally:
        bar.close()
    told = counts["train"]
    display.note(
        f"{folder}: {told['lines']:,} lines ({told['skipped_lines']} of no use left out), {counts['train_rows']:,} rows with "
        f"{counts['train_tokens']:,} tokens to train on, {counts['dev_rows']:,} held out; {told['tokens_cut']:,} tokens of "
        "sentences longer than a row cut off"
    )


def summarize(session, run, position, rows):
    """Writes summary.json and tells the score, and how many tokens were learnt from in a second."""
    recipe = session.recipe
    last = [line for line in run.metrics.read() if line["split"] == "dev"][-1]
    tokens = recipe.accumulate * recipe.batch_size * recipe.max_length
    speed = tokens / max(position.step_seconds, 1e-9)
    names = ("best_epoch", "epoch", "updates", "seconds", "step_seconds")
    found = {name: getattr(position, name) for name in names}
    run.write_json(
        "summary.json",
        {"metric": "log_likelihood", "score": position.best, **found, "tokens_per_second": speed, "peak_memory": peak_memory()},
    )
    scores = {name: value for name, value in last.items() if name not in ("epoch", "step", "split", "tokens_per_second")}
    session.display.result(
        f"held out  {shown(scores)}  ({position.updates} updates, {position.seconds / 60:.1f} minutes; {speed:,.0f} tokens/s "
        f"in the median update, {session.filled(rows['train']):.0%} of it text)"
    )
