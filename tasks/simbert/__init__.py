"""SimBERT: sentence embeddings and paraphrase generation in one model, from groups or pairs. kexue.fm/archives/7427.

{"text": "怎么开通借书证", "synonyms": ["图书证要怎么办理"]}     run.py train simbert --train groups.jsonl --init CHECKPOINT

Or pairs, text and text_pair (sentence1 and sentence2), with a `label` 0 or 1 or a `score`; or for SimCSE a text a line. The epoch
is selected by Spearman's correlation of pairs, by MRR of groups. Published, LCQMC's dev set, cosine above 0.9: accuracy 79.82.
"""

import dataclasses
import functools
from pathlib import Path
from typing import Any

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError
from baselines.heads.embedding import POOLINGS, EmbeddingHead, decode_cosine, encode_texts
from baselines.losses.contrastive import ContrastiveLoss
from baselines.losses.cosent import CoSENT
from baselines.losses.in_batch_similarity import InBatchSimilarity
from baselines.losses.supervised_contrastive import SupervisedContrastive
from baselines.losses.token_mean import TokenMean
from baselines.prompts.source_target import source_prompt
from baselines.task import Demo, Example, Generation, Labels, Recipe, Sampling, Task
from baselines.tokenizers.tokenizer import Tokenizer
from tasks.simbert.common import Scoring, TextColumns, read
from tasks.simbert.pair_sampling import Draw, encode_train

OBJECTIVES = ("simbert", "simcse", "cosent", "supcon")
PUBLISHED_SCALES = {"simbert": 30.0, "simcse": 20.0, "cosent": 20.0, "supcon": 20.0}


@dataclasses.dataclass(frozen=True)
class InferenceOptions(TextColumns):
    """How files are read and scored."""

    threshold: float | None = None
    """Cosine above which a pair counts as a paraphrase. Default: tuned on --tune, else each half of a file on its other half."""
    tune: str | None = None
    """File of labeled pairs to tune the threshold on; it must not be the one that is scored."""
    paraphrases: int | None = None
    """Texts of the scored file for which 5 paraphrases each are generated, to measure their diversity. Default: 40; 0: none."""


@dataclasses.dataclass(frozen=True)
class Options(InferenceOptions):
    """What is learned, and from which columns."""

    objective: str = "simbert"
    """simbert: groups, or pairs labeled 1; simcse: texts alone, twice with other dropout; cosent: pairs with a label or score;
    supcon: pairs with a label, or groups."""
    pooling: str = "first"
    """first: the pooler on [CLS], linear; mean: over the tokens of the text."""
    scale: float | None = None
    """1 / temperature: what cosines are multiplied by; default 30 for simbert, 20 for the others."""
    similarity_weight: float = 1.0
    """Weight of the loss that compares the rows of a batch."""
    generation_weight: float | None = None
    """Weight of the generation loss. 0: no MLM head, so the run cannot generate. Default: 1 for simbert."""
    mask_equal_texts: bool = True
    """Texts of a batch that are equal to a row or to its partner are not its negatives."""
    negative: str | None = None
    """Column or field of a hard negative for `text`, or of a list of them; every training row needs one."""
    longest: int = 30
    """Maximum characters of a training text; longer ones are truncated at punctuation, as published. 0: no limit."""
    source_masks: float = 0.0
    """Share of the source tokens replaced by [MASK] before generation (RoFormer-Sim)."""

    def __post_init__(self):
        for flag, known in {"objective": OBJECTIVES, "pooling": POOLINGS}.items():
            if getattr(self, flag) not in known:
                raise InputError(f"--{flag} {getattr(self, flag)} is unknown. Choose one of {', '.join(known)}.")
        limits = {"scale": None, "similarity_weight": None, "generation_weight": None, "longest": None, "source_masks": 1}
        for flag, high in limits.items():
            value = getattr(self, flag)
            if value is not None and not 0 <= value <= (high or float("inf")):
                raise InputError(f"--{flag} is {value}. Give a number {'from 0 to 1' if high else 'of 0 or more'}.")
        if self.objective != "simbert" and self.generation_weight:
            raise InputError(f"--generation_weight: --objective {self.objective} does not generate. Leave one of the two out.")
        if self.negative and self.objective not in ("simbert", "simcse"):
            raise InputError(f"--negative: --objective {self.objective} does not use hard negatives. Use simbert or simcse.")
        if not self.similarity_weight and not self.writes:
            raise InputError("--similarity_weight 0 leaves no loss to minimize. Give a number above 0.")

    @property
    def writes(self) -> float:
        """Weight of the generation loss, 0 without generation."""
        given = self.generation_weight
        return (1.0 if given is None else given) if self.objective == "simbert" else 0.0

    def contrastive(self) -> Any:
        """The contrastive loss."""
        scale = PUBLISHED_SCALES[self.objective] if self.scale is None else self.scale
        if self.objective == "cosent":
            return CoSENT(scale)
        loss = SupervisedContrastive if self.objective == "supcon" else InBatchSimilarity
        return loss(scale, self.mask_equal_texts)


def prompt_of(example: Example, tokenizer: Tokenizer, max_length: int) -> Prompt:
    """The `prompt` stage: a paraphrase is generated after the example's first text."""
    return source_prompt(example.texts[0], tokenizer, max_length)


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the objective and the scoring of the flags."""
    reader = functools.partial(read, columns=options, negative=options.negative)
    scoring = Scoring(reader, options.threshold, options.tune)
    draw = Draw(options.objective, bool(options.writes), bool(options.negative), options.source_masks)
    encode = {"objective": options.objective, "longest": options.longest, "negatives": bool(options.negative)}
    own = TokenMean() if options.writes else None
    paraphrases = 40 if options.paraphrases is None else options.paraphrases
    generation = dataclasses.replace(task.generation, paraphrased_texts=paraphrases)
    return dataclasses.replace(
        task, read=reader, encode_train=functools.partial(encode_train, **encode),
        sampling=Sampling(draw, draw.rows_per_example), generation=generation if options.writes else None,
        head=EmbeddingHead(options.pooling, bool(options.writes), needs_dropout=options.objective == "simcse"),
        loss=ContrastiveLoss(options.contrastive(), own, options.similarity_weight, options.writes),
        metric=scoring.metric, reference_score=scoring.further,
    )  # fmt: skip


TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=functools.partial(read, columns=TextColumns()),
    encode=encode_texts,
    head=EmbeddingHead(),
    loss=ContrastiveLoss(InBatchSimilarity(), TokenMean()),
    decode=decode_cosine,
    metric=None,                                                        # see bind
    generation=Generation(prompt=prompt_of, config=GenerationConfig(top_k=5, max_tokens=32)),
    recipe=Recipe(
        max_length=64, batch_size=128, epochs=10, learning_rate=2e-6, schedule="constant", warmup=0.0, weight_decay=0.01,
    ),
    source="Put your own file there",
    num_texts=2,
    options=Options,
    inference_options=InferenceOptions,
    bind=bind,
    demo=Demo({"batch_size": 64, "epochs": 20, "learning_rate": 5e-4}, checkpoint="mini_unilm"),
)  # fmt: skip
