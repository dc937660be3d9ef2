"""The contract between a task file and the library: Example, Labels, Span, Submission, Recipe, Task.

What flows: file line -> Example -> features (dict of int arrays) -> batch -> outputs (dict of float arrays) -> prediction
(plain Python) -> score, submission line. The fields of `Task` are those stages, in order.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from baselines.errors import InputError, nearest


@dataclasses.dataclass(frozen=True)
class Example:
    """One thing to predict, as its file tells it.

    id       unique within its file; kept as the file has it (int or str)
    texts    the texts to encode, in the order of the file
    gold     the answer in the task's own words (a label name, spans, a text); None where the file has none: never a stand-in
    scored   False for rows that train and dev leave out on purpose (NLI's "-"); test and predict keep them
    extra    whatever else the task needs (positions, keywords)
    origin   "file:line", for messages
    """

    id: Any
    texts: tuple[str, ...]
    gold: Any = None
    scored: bool = True
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    origin: str = ""


class Labels:
    """Class names in index order. `Labels("no", "yes").id("yes") == 1`; the id of None is None, for test rows."""

    def __init__(self, *names):
        if len(set(names)) != len(names):
            raise ValueError(f"Labels: expected names without repetition. Received: {names}")
        self.names = tuple(names)
        self._ids = {name: index for index, name in enumerate(names)}

    def __len__(self):
        return len(self.names)

    def __contains__(self, name):
        return name in self._ids

    def id(self, name):
        if name is None:
            return None
        if name not in self._ids:
            shown = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
            advice = nearest(str(name), self.names)
            advice = f" {advice}" if advice.startswith("Did you") else ""
            raise InputError(f"expected a label among {shown}. Received: label={name!r}.{advice}")
        return self._ids[name]

    def name(self, index):
        return self.names[int(index)]

    def __repr__(self):
        return f"Labels({', '.join(map(repr, self.names))})"


class Categories(Labels):
    """Names of which an example may have any number, such as those of its entities: gold is not one of them."""


class Span(NamedTuple):
    """A part of a text that gold marks: characters [start, end) of example.texts[text_index], and what it is called."""

    text_index: int
    start: int
    end: int
    name: str = ""


@dataclasses.dataclass(frozen=True)
class Submission:
    """The files that a leaderboard accepts.

    files    {test file name: name of the file to hand in}; two test versions are two entries
    record   (example, prediction) -> a dict: one line ("lines"), or the example's part of the one object ("object")
    layout   "lines": one JSON object per line in the test file's order; "object": a single JSON object, indent 4
    keys     example -> the ids that its record answers, where they are others than the example's own
    """

    files: Mapping[str, str]
    record: Callable[[Example, Any], Any]
    layout: str = "lines"
    keys: Callable[[Example], list[str]] = lambda example: [str(example.id)]


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train. Every field is a flag (`--batch_size 16`), a YAML key, and a line of the run folder's recipe.yaml."""

    max_length: int = 128
    """Tokens per row, special tokens included; longer texts are trimmed by the task's rule."""
    batch_size: int = 32
    """Rows per optimizer step and accumulation step."""
    epochs: int = 10
    """Passes over the training data."""
    learning_rate: float = 2e-5
    """Peak rate, reached at the end of the warm-up."""
    schedule: str = "linear"
    """After the warm-up: linear or cosine (decay to 0 at the last step), constant; or points STEP:FACTOR,… without a warm-up."""
    warmup: float = 0.1
    """Share of all steps during which the rate grows linearly from 0."""
    optimizer: str = "adamw"
    """See `run.py list optimizers`."""
    weight_decay: float = 0.01
    """Decoupled decay, of the weights that --no_decay does not name."""
    no_decay: tuple[str, ...] = ("bias", "norm")
    """Weights whose path contains one of these words are not decayed, in any case."""
    rate_factors: tuple[str, ...] = ()
    """WORD=FACTOR: multiplies the rate of the weights whose path contains the word, such as Classifier=100."""
    layer_decay: float = 1.0
    """Rate of each block as a share of the one above it: 0.9 lets the lower blocks and the embeddings learn more slowly."""
    lazy_embeddings: bool = False
    """Rows of embedding tables move only in updates whose batch holds their token."""
    clip_norm: float = 1.0
    """Largest global norm of the gradients; 0 leaves them alone."""
    clip: str = "hard"
    """How --clip_norm c bounds a norm n: hard multiplies the gradients by min(1, c/n), soft by c/(n+c)."""
    accumulate: int = 1
    """Micro-batches averaged into one update: accumulate x batch_size rows learn together."""
    gradient_cache: bool = False
    """Compare the rows of all micro-batches of an update with each other, where the task's loss compares rows: one more forward
    pass. arXiv:2101.06983."""
    strategies: tuple[str, ...] = ()
    """Tricks around the loss and the gradients, outermost first: fgm,ema. See `run.py list strategies`."""
    loss: str = "task"
    """The task's own, or another one that fits it. See `run.py list losses`."""
    recompute: bool = False
    """Compute the inside of each block again in the backward pass instead of storing it: less memory, about 25% more time."""
    devices: str = "one"
    """one, all, or how many of the GPUs or TPU cores share the rows of each batch. See docs/scaling.md."""
    model_parallel: int = 1
    """Devices that share the weights of one copy of the model (JAX)."""
    precision: str = "float32"
    """float32, bf16 or fp16 (mixed: weights stay float32; fp16 scales the loss)."""
    jit: bool = True
    """Compile the step with XLA. Off: TensorFlow graph only (JAX always compiles)."""
    model: str = "auto"
    """Family of the checkpoint: auto reads it from config.json. See `run.py list models`."""
    model_options: tuple[str, ...] = ()
    """FIELD=VALUE: replaces fields of the checkpoint's config.json, such as hidden_dropout_prob=0.3. See docs/models.md."""
    seed: int = 42
    """Seeds weights, dropout and the order of the data."""
    patience: int = 0
    """Stop after so many epochs without a better dev score; 0 never stops early."""
    eval_batch_size: int = 64
    """Rows per step of prediction."""
    save_minutes: float = 5.0
    """Minutes between two saves of the state that `--resume` continues from; it is saved after every epoch anyway."""
    log_steps: int = 20
    """Steps between two lines of metrics.jsonl on the train split."""


@dataclasses.dataclass(frozen=True)
class Task:
    """A task: its files, then its stages in order. Write one as `TASK = Task(...)` at the end of a file under tasks/.

    files    {split: file name}, or a tuple of names for several test versions, under datasets/<task name>/
    read     path -> examples
    encode   (example, tokenizer, max_length) -> yields (features, target) once per window; target None without gold
    head     attaches the output layers to an encoder and knows how to batch targets: head(encoder) -> keras.Model with a dict of
             outputs, batch_targets(targets, L) -> arrays. It may have confidence(example, outputs) -> float, remark(examples, rows)
             -> what to tell about encoded gold, and where outputs are as long as the text compact(outputs, features) -> {name:
             list of one thing per row}, which decode then gets; and, where its logits score tokens of the vocabulary, token_table,
             the path of the weight that holds their embeddings, for losses that read it
    loss     (targets, outputs) -> float32 (B,), a number per row; or a pair (totals, counts) of (B,) for token means; or, where
             rows are compared with each other, an object with `terms` in place of a call, see losses/compared_rows.py
    decode   (example, outputs) -> prediction; outputs hold one row per window of this example
    metric   (golds, predictions) -> {name: value}; the first name selects the best epoch, higher is better
    selects  another name that does, such as log_likelihood, which tasks that write have besides their metric; None: the first one
    reference_score  what else to tell of a scored split, where a published figure was counted in another way, or None: (examples,
             rows, predictions {id: …}, predict) -> {name: value}; predict(examples, encode, decode) -> {id: what decode makes}
    submit   the leaderboard's files, or None
    labels   class names, when there are classes; Categories where gold holds any number of them
    source   where the official files come from and how to get them, for the message when one is missing
    encode_train  as encode, for the training split where gold decides how rows are cut; None: the same
    draw     for tasks whose rows are made anew in every epoch, such as pairs from groups: ([(features, target)] of an example of
             the training split, tokenizer, max_length, rng) -> `together` rows in the same form, which stay in one batch; None:
             rows are trained on as they are
    spans    for `run.py lint`, where gold marks parts of texts: example with gold -> Spans; None where it does not
    cuts_on_purpose  whether `encode` leaves out parts of a long text that the answer does not need: `run.py lint` then only tells
    num_texts  texts of an example, for `run.py predict` with texts on the command line; None: `encode` refuses what is too few
    cell     prediction -> its text in a cell, where predictions are written as a table
    prompt   for tasks that write: (example, tokenizer, max_length) -> decoding.scores.Prompt, what the text is written after. Then
             decode gets {"token_ids": [list of ids, the best text first]}; None: the best one's text
             Its outputs also have "scores" and "finished", of each text
    writing  for tasks that write: the decoding.writing.Writing by which texts to be scored are written; None where `bind` lacks
             what they need: gold is scored by its likelihood then, and no text is written
    paraphrased  of tasks that write: texts of a scored file for which some are written, to tell how varied they are; 0: none
    guide    for tasks whose texts are kept to what exists: tokenizer -> an object with constraints(example, prompt), a tuple as in
             decoding/constraints.py for this one, and a `decode` in place of the task's
    prepare_demo  for tasks that need more than data files to show themselves: (options, run folder, its tokenizer, file) -> the
             options with what was made there; file(split) is the path of an embedded file. Called by `--demo`
    options  a dataclass of flags of this task's own, or None
    later    those of `options` that verbs take too which use a run, in a dataclass where None means: as in training; or None
    bind     (task, options, labels or None, train file or None) -> the task completed by what only the user's files know:
             columns and label names. Called before anything else on tasks that have it.
    """

    files: Mapping[str, str | tuple[str, ...]]
    read: Callable[..., Iterable[Example]]
    encode: Callable[..., Iterable[tuple[dict, Any]]] | None
    head: Any
    loss: Callable[[Any, dict], Any]
    decode: Callable[[Example, dict], Any]
    metric: Callable[[list, list], dict[str, float]]
    recipe: Recipe = Recipe()
    submit: Submission | None = None
    labels: Labels | None = None
    reference_score: Callable[..., dict[str, float]] | None = None
    source: str = ""
    encode_train: Callable[..., Iterable[tuple[dict, Any]]] | None = None
    draw: Callable[..., list[tuple[dict, Any]]] | None = None
    together: int = 1
    spans: Callable[[Example], Iterable["Span"]] | None = None
    cuts_on_purpose: bool = False
    num_texts: int | None = 1
    cell: Callable[[Any], str] = str
    prompt: Callable[..., Any] | None = None
    writing: Any = None
    paraphrased: int = 0
    guide: Callable[..., Any] | None = None
    prepare_demo: Callable[..., Any] | None = None
    selects: str | None = None
    options: type | None = None
    later: type | None = None
    bind: Callable[..., "Task"] | None = None
    demo: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Recipe fields that `--demo` changes: the embedded data is small and starts from a small model."""

    @property
    def classes(self):
        """The Labels of which gold is one, or None."""
        return None if isinstance(self.labels, Categories) else self.labels

    @property
    def demo_checkpoint(self):
        """The folder under checkpoints/ that `--demo` starts from: for tasks that write, the one that has learnt to."""
        return "mini_unilm" if self.prompt or self.writing else "mini"


@dataclasses.dataclass(frozen=True)
class Pretraining:
    """An objective of `run.py pretrain`, `OBJECTIVE = Pretraining(...)` at the end of a file under tasks/pretraining/.

    head     attaches the output layers to an encoder; its model gives "logits" and "predicted", the likeliest token of each
    loss     as a Task's
    make     (token_ids int32 (B, L), starts bool (B, L): a word begins here, vocabulary, rng) -> (features, targets int32, of the
             shape of "predicted", -1 where nothing is learnt; or a dict where they are "tokens")
    needs    special tokens that the vocabulary must have besides [CLS], [SEP] and [PAD]
    recipe   its defaults; an epoch is `--epoch_updates` updates
    labels   None: what is predicted is the text itself
    """

    head: Any
    loss: Callable[[Any, dict], Any]
    make: Callable[..., tuple[dict, Any]]
    needs: tuple[str, ...] = ()
    recipe: Recipe = Recipe(
        max_length=512, batch_size=32, epochs=125, learning_rate=1e-4, warmup=0.025, optimizer="adamw", weight_decay=0.01,
    )  # fmt: skip
    labels: Labels | None = None
    options: type | None = None
    demo: Mapping[str, Any] = dataclasses.field(default_factory=dict)
