"""A task made ready to compute: bound to its labels, with its tokenizer and model; from files to rows, from rows to predictions."""

import dataclasses
import functools
import json
import typing

import keras
import numpy as np

from baselines.data.batching import Batches
from baselines.data.encoding import cached_rows, content_hash, encode_examples
from baselines.data.examples import read_examples
from baselines.data.sampled_batches import SampledBatches
from baselines.errors import InputError
from baselines.evaluation.predictions import gather, gather_losses, take
from baselines.experiment.input_files import shown
from baselines.models.families import family
from baselines.plugins.locations import PACKAGE, task_folders
from baselines.storage.atomic_files import atomic_folder
from baselines.task import Recipe
from baselines.tokenizers.wordpiece import Tokenizer
from baselines.training import devices
from baselines.training.steps import Steps
from baselines.weights.load import load_weights
from baselines.weights.save import save_hugging_face

FEW = 100
"""Examples below which encoding is quicker than looking for it."""


@dataclasses.dataclass
class TaskModel:
    """task (bound), recipe, tokenizer, config and model of one run. opening.py makes them.

    training_loss   what updates minimise; rows are always scored by the task's own loss, so that runs can be compared
    encoder         of a trained session: the model under the head, with the same weights
    stored_dtype    of the weights of a saved checkpoint; None: as they are
    """

    name: str
    task: object
    recipe: Recipe
    tokenizer: Tokenizer
    config: object
    model: keras.Model
    display: object
    cache: str = ""
    training_loss: object = None
    encoder: keras.Model = None
    stored_dtype: str | None = None
    returned: typing.ClassVar[tuple | None] = None
    """Names of the outputs of scored rows that are looked at, besides their losses; None: all."""
    verb: typing.ClassVar[str] = "train"
    """Of run.py, that goes on with such a run."""

    @property
    def weight_names(self):
        names, new = family(self.config.model_type).weight_names(self.config), getattr(self.task.head, "may_be_new", ())
        return {path: dataclasses.replace(name, optional=name.optional or path.startswith(new)) for path, name in names.items()}

    def examples(self, path, split):
        """The checked examples of a file."""
        examples, dropped = read_examples(self.task.read, path, split, self.task.classes, self.task.source)
        left_out = f" ({dropped} without a usable label left out)" if dropped else ""
        self.display.note(f"{split}: {len(examples)} examples from {shown(path)}{left_out}")
        return examples

    def rows(self, examples, training=False, encode=None):
        """Encoded rows, from the cache if the same examples were encoded before by the same code, tokenizer and labels.

        encode   another stage than those of the task
        """
        stage, kind = training and self.task.encode_train or self.task.encode, training
        if encode is not None:
            stage, kind = encode, encode.__qualname__

        def make():
            progress = functools.partial(self.display.track, label="encoding")
            return encode_examples(examples, stage, self.tokenizer, self.recipe.max_length, progress)

        if not self.cache or len(examples) < FEW:
            return make()
        code = [*task_folders(), *(PACKAGE / part for part in ("data", "heads", "tokenizers"))]
        settings = getattr(stage, "keywords", None)                     # of a functools.partial
        parts = [self.name, kind, settings, self.recipe.max_length, self.tokenizer.fingerprint(), self.task.labels]
        parts += [(example.texts, example.gold, example.extra) for example in examples]
        key = content_hash(*parts, *(file for folder in code for file in sorted(folder.rglob("*.py"))))
        return cached_rows(self.cache, key, make)

    def remark(self, split, examples, rows):
        """Shows what the head has to say of encoded gold, such as how much of it no row holds."""
        found = self.task.head.remark(examples, rows) if hasattr(self.task.head, "remark") else ""
        if found:
            self.display.note(f"{split}: {found}")

    def batches(self, rows, batch_size):
        pad_id = self.tokenizer.vocabulary.pad_id
        return Batches(rows, batch_size, self.recipe.max_length, self.task.head.batch_targets, pad_id, devices.shares())

    def training_batches(self, rows, batch_size):
        """Those of `rows` to learn from."""
        if self.task.draw is None:
            return self.batches(rows, batch_size)
        make = lambda encoded, rng: self.task.draw(encoded, self.tokenizer, self.recipe.max_length, rng)  # noqa: E731
        together, parts = self.task.together, devices.shares()
        if batch_size % (together * parts):
            each = f", on each of {parts} devices" if parts > 1 else ""
            raise InputError(
                f"--batch_size: expected a multiple of {together * parts}, for an example gives {together} rows{each}. "
                f"Received: {batch_size}."
            )
        return SampledBatches(rows, make, together, batch_size, functools.partial(self.batches, batch_size=batch_size))

    def name_of(self, examples, rows, number):
        """What a row is called in messages: the id of its example."""
        return examples[rows.example[number]].id

    def steps(self, optimizer=None, strategies=(), survey=None):
        return Steps(
            self.model,
            self.task.loss,
            optimizer,
            strategies,
            jit=self.recipe.jit,
            clip_norm=self.recipe.clip_norm,
            clip=self.recipe.clip,
            recompute=self.recipe.recompute,
            divergence=getattr(self.task.head, "divergence", None),
            survey=survey,
            training_loss=self.training_loss,
            returned=self.returned,
            gradient_cache=self.recipe.gradient_cache and optimizer is not None,
        )

    def predict(self, steps, examples, rows, decode=None, adjust=None):
        """({id: prediction}, loss of each example or None, {id: confidence} or None).

        decode   another stage than that of the task
        adjust   outputs of all rows -> outputs to decode in their place
        """
        outputs, totals, counts, place = [], [], [], []
        compact = getattr(self.task.head, "compact", lambda outputs, features: outputs)
        batches = self.batches(rows, self.recipe.eval_batch_size)
        for numbers, batch in self.display.track(batches.in_turn(), "predicting", len(batches)):
            if rows.targets is None:
                found = steps.predict(batch["features"])
            else:
                found, total, count = steps.evaluate(batch)
                totals.append(total[: len(numbers)])
                counts.append(count[: len(numbers)])
            outputs.append({name: each[: len(numbers)] for name, each in compact(found, batch["features"]).items()})
            place.append(numbers)
        back = np.argsort(np.concatenate(place))
        joined = {name: take(_joined([part[name] for part in outputs]), back) for name in outputs[0]}
        if adjust:
            joined = adjust(joined)
        predictions = gather(examples, rows.example, joined, decode or self.task.decode)
        confidences = losses = None
        if hasattr(self.task.head, "confidence"):
            confidences = gather(examples, rows.example, joined, self.task.head.confidence)
        if totals:
            means = np.concatenate(totals)[back] / np.maximum(np.concatenate(counts)[back], 1e-6)
            losses = gather_losses(rows.example, means, len(examples))
        return predictions, losses, confidences

    def predict_again(self, steps, examples, encode, decode):
        """{id: what `decode` makes of the outputs for rows of `encode`}, other stages than those of the task."""
        return self.predict(steps, examples, self.rows(examples, encode=encode), decode)[0]

    def score(self, steps, examples, rows, adjust=None):
        """The task's metric on predicted examples that have gold, and their mean "loss": {name: value}; and the predictions."""
        predictions, losses, confidences = self.predict(steps, examples, rows, adjust=adjust)
        golds = [example.gold for example in examples]
        scores = dict(self.task.metric(golds, [predictions[example.id] for example in examples]))
        if self.task.reference_score:
            scores |= self.task.reference_score(examples, rows, predictions, functools.partial(self.predict_again, steps))
        if losses is not None:
            scores["loss"] = float(np.mean(losses))
        return scores, (predictions, losses, confidences)

    def score_epoch(self, steps, examples, rows):
        """{name: value} of dev after an epoch of training."""
        return self.score(steps, examples, rows)[0]

    def save_checkpoint(self, path):
        """Writes the folder `path` whole: config.json, model.safetensors with the head, vocabulary, labels."""
        values = self.config.to_hugging_face()
        if self.task.labels:
            values["id2label"] = dict(enumerate(self.task.labels.names))
            values["label2id"] = {name: index for index, name in enumerate(self.task.labels.names)}
        with atomic_folder(path) as folder:
            save_hugging_face(self.model, folder, self.weight_names, self.stored_dtype)
            (folder / "config.json").write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            self.tokenizer.save(folder)

    def load_checkpoint(self, path):
        """Takes the weights of a folder that `save_checkpoint` wrote, the head's too."""
        load_weights(self.model, path, self.weight_names, task_weights=True)


def _joined(parts):
    """Arrays or lists of consecutive rows as one."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [row for part in parts for row in part]
