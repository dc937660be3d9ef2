"""Optional abilities of a task, one small object each: Sampling, Generation, Cloze, Linting, Demo."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from baselines.task.example import Example, Span


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Training rows that are drawn again in every epoch, such as pairs of texts from a group."""

    draw: Callable[..., list[tuple[dict, Any]]]
    """([(features, target)] of one training example as encoded, tokenizer, max_length, rng) -> `rows_per_example` rows in the
    same form. They stay in one batch."""
    rows_per_example: int
    """Rows that `draw` returns."""


@dataclasses.dataclass(frozen=True)
class Generation:
    """How a task generates text. Its `decode` gets {"token_ids", "scores", "finished"}, lists with the best text first, and may
    be None: the prediction is the best text.
    """

    prompt: Callable[..., Any]
    """(example, tokenizer, max_length) -> decoding.decoder_protocol.Prompt, which the text continues."""
    config: Any
    """The decoding.generation_config.GenerationConfig for texts that are scored; None: gold is scored by its likelihood, and no
    text is generated."""
    dialogue: bool = False
    """Whether the texts of an example are the utterances of two speakers, the newest last, to which the text replies."""
    continues: bool = False
    """Whether a text goes on where the example's text stops, instead of standing behind it as a target."""
    monitor: str | None = None
    """The score that selects the best epoch, such as log_likelihood; None: the metric's first one."""
    constraint_provider: Callable[..., Any] | None = None
    """tokenizer -> an object that limits texts to what exists: its constraints(example, prompt) returns a tuple as in
    decoding/constraints.py, and its `decode` takes the place of the task's."""
    needs_index: bool = False
    """Whether texts are limited to an index that the option `index` names."""
    paraphrased_texts: int = 0
    """Texts of a scored file for which paraphrases are generated, to measure how varied they are; 0: none."""


@dataclasses.dataclass(frozen=True)
class Cloze:
    """How the classes of a task read as words in its texts: for few labels (`--few pet`) and none."""

    pattern: str = ""
    """A text with {label} where the word of the class stands, {text}, and for pairs {text_pair}."""
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """{class: its word}; a class that is left out stands for itself. All have the same number of tokens."""
    encode: Callable[..., Iterable[tuple[dict, Any]]] | None = None
    """Where each example has candidates of its own: as the task's `encode`, one row with `masks` masks, and the feature
    "candidate_ids" int (N, masks). Pattern and words are not used then."""
    masks: int = 0
    """Tokens of a candidate, with `encode`."""


@dataclasses.dataclass(frozen=True)
class Linting:
    """Hints for `lint` about a task's data."""

    spans: Callable[[Example], Iterable[Span]] | None = None
    """Example with gold -> the parts of its texts that gold marks, or None."""
    cuts_on_purpose: bool = False
    """Whether `encode` drops parts of a long text that the answer does not need: `lint` reports no truncation as a fault then."""


@dataclasses.dataclass(frozen=True)
class Demo:
    """Settings of `--demo`: the embedded data is small and starts from a small model."""

    recipe: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Recipe fields with other values."""
    checkpoint: str = "mini"
    """Folder under checkpoints/ that the demo starts from; mini_unilm has learned to generate text."""
    prepare: Callable[..., Any] | None = None
    """For tasks that need more than data files: (options, run folder, function that returns the tokenizer, file) -> the options,
    completed by what was built in the run folder; file(split) is the path of an embedded file."""
