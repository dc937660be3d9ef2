"""A task made ready to compute: bound to its labels, with its tokenizer and model; from files to rows, from rows to predictions."""

import dataclasses
import functools
import json

import keras
import numpy as np

from baselines import losses
from baselines.data.batching import Batches
from baselines.data.encoding import cached_rows, content_hash, encode_examples
from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.evaluation.predictions import gather, gather_losses, take
from baselines.files import atomic_folder
from baselines.inputs import ROOT, bind, checkpoint_folder, shown
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.models.words import model_options
from baselines.task import Recipe
from baselines.tokenizers.wordpiece import Tokenizer
from baselines.training import devices
from baselines.training.steps import Steps
from baselines.weights.load import load_weights
from baselines.weights.save import save_hugging_face

FEW = 100
"""Examples below which encoding is quicker than looking for it."""
POLICIES = {"float32": "float32", "bf16": "mixed_bfloat16", "fp16": "mixed_float16"}


@dataclasses.dataclass
class Session:
    """task (bound), recipe, tokenizer, config and model of one run. Make one by `new_session` or `trained_session`.

    training_loss   what updates minimise; rows are always scored by the task's own loss, so that runs can be compared
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

    @property
    def weight_names(self):
        return family(self.config.model_type).weight_names(self.config)

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
        code = [ROOT / "tasks", *(ROOT / "baselines" / part for part in ("data", "heads", "tokenizers"))]
        parts = [self.name, kind, self.recipe.max_length, self.tokenizer.fingerprint(), self.task.labels]
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

    def save_checkpoint(self, path):
        """Writes the folder `path` whole: config.json, model.safetensors with the head, vocabulary, labels."""
        values = self.config.to_hugging_face()
        if self.task.labels:
            values["id2label"] = dict(enumerate(self.task.labels.names))
            values["label2id"] = {name: index for index, name in enumerate(self.task.labels.names)}
        with atomic_folder(path) as folder:
            save_hugging_face(self.model, folder, self.weight_names)
            (folder / "config.json").write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            self.tokenizer.save(folder)

    def load_checkpoint(self, path):
        """Takes the weights of a folder that `save_checkpoint` wrote, the head's too."""
        load_weights(self.model, path, self.weight_names, task_weights=True)


def _joined(parts):
    """Arrays or lists of consecutive rows as one."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [row for part in parts for row in part]


def new_session(name, task, arguments, labels, train_file, display):
    """A Session with a model from --init or from random weights, and a new head."""
    flags, recipe = arguments.flags, arguments.recipe
    task = bind(task, arguments.options, labels, train_file)
    table = getattr(task.head, "token_table", None)
    losses.check(recipe.loss, arguments.settings, task.loss, name, table is not None)
    folder, from_scratch = initial_checkpoint(flags, display)
    prepare_keras(recipe, display)
    tokenizer = Tokenizer.from_folder(folder)
    config = configure(folder, recipe.model, **model_options(recipe.model_options))
    check_model_parallel(recipe, config)
    check_vocabulary(tokenizer, config, folder, flags.ignore_mismatched)
    check_length(recipe.max_length, config, folder)
    encoder = build_transformer_model(config)
    session = Session(name, task, recipe, tokenizer, config, task.head(encoder), display, flags.cache)
    if not from_scratch:
        verdict = load_weights(encoder, folder, session.weight_names, ignore_mismatched=flags.ignore_mismatched)
        display.note(f"{folder}: {verdict.summary()}")
    embeddings = None if table is None else weight_of(session.model, table)
    session.training_loss = losses.build(recipe.loss, arguments.settings, task.loss, embeddings)
    return session


def weight_of(model, path):
    """A copy of a model's weight, NumPy."""
    return np.array(next(weight for weight in model.weights if weight.path == path).numpy())


def trained_session(name, task, arguments, labels, checkpoint, display):
    """A Session with the weights that a run kept as its best."""
    task = bind(task, arguments.options, labels, None)
    prepare_keras(arguments.recipe, display)
    config = configure(checkpoint)
    model = task.head(build_transformer_model(config))
    tokenizer = Tokenizer.from_folder(checkpoint)
    session = Session(name, task, arguments.recipe, tokenizer, config, model, display, arguments.flags.cache)
    session.load_checkpoint(checkpoint)
    return session


def prepare_keras(recipe, display):
    """Devices, seeds and precision, before anything is built."""
    found = devices.spread(recipe)
    if found:
        display.note(found)
    if recipe.precision == "fp16" and all("cpu" in device.lower() for device in devices.available()):
        display.note("fp16 on a CPU is computed by way of float32: the same result as on a card, but slower than float32")
    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy(POLICIES[recipe.precision])


def initial_checkpoint(flags, display):
    """(folder, whether its weights are left aside) that a new model starts from."""
    folder = checkpoint_folder(flags)
    has_weights = any(folder.glob("*.safetensors*")) or any(folder.glob("*.index"))
    from_scratch = flags.from_scratch or (flags.demo and flags.init is None and not has_weights)
    if from_scratch:
        display.note(f"starting from random weights: {folder} gives the configuration and the vocabulary")
    return folder, from_scratch


def check_vocabulary(tokenizer, config, folder, ignore_mismatched):
    """Raises InputError unless there is an embedding row for every token, and (unless ignored) a token for every row."""
    tokens, rows = len(tokenizer.vocabulary), config.vocab_size
    if tokens > rows or (tokens < rows and not ignore_mismatched):
        advice = "" if tokens > rows else " Or --ignore_mismatched, if the last rows are only padding."
        raise InputError(
            f"{folder}: expected the vocabulary and the embedding to be of one size. Received: {tokens} tokens and "
            f"vocab_size {rows}. Take both from the same checkpoint.{advice}"
        )


def check_model_parallel(recipe, config):
    """Raises InputError where heads and inner units cannot be cut into equal parts."""
    parts = recipe.model_parallel
    sizes = {"attention heads": config.num_attention_heads, "units": config.intermediate_size, "embeddings": config.embedding_size}
    for name, size in sizes.items():
        if size % parts:
            raise InputError(f"--model_parallel: expected a divisor of the model's {size} {name}. Received: {parts}.")


def check_length(max_length, config, folder):
    """Raises InputError for rows that are longer than a family with trained positions has positions."""
    trained = "Embedding-Position/embeddings" in family(config.model_type).weight_names(config)
    if trained and not config.hierarchical_position and max_length > config.max_position_embeddings:
        raise InputError(
            f"--max_length: expected at most {config.max_position_embeddings}, the positions of {folder}. Received: {max_length}. "
            "Another family (nezha, roformer) has no such limit."
        )
