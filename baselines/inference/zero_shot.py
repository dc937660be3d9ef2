"""Classify texts without training: each label is a sentence, and a model says how well it goes with a text.

    nsp         the next-sentence head. Sun et al., 2021, arXiv:2109.03564
    mlm         masks in place of the label, and how likely its tokens are there. Schick and Schütze, 2020, arXiv:2001.07676
    vectors     cosine of the vectors of text and label
    entailment  a run that was trained on natural language inference: whether the label follows from the text

    nsp = NextSentence.from_checkpoint("checkpoints/mini")
    nsp.scores(["国足今晚迎战"], Prompts(["体育", "财经"], "这是一则{label}新闻"))      # float64 (1, 2), the highest is the answer
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from baselines.data.batching import bucket, bucket_lengths
from baselines.errors import InputError, excerpt
from baselines.experiment.run_folder import RunFolder
from baselines.inference.fill_mask import FillMask
from baselines.inference.text_embedder import TextEmbedder
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import trained_positions
from baselines.prompts.label_words import Pattern, Prompts, word_ids
from baselines.runtime.progress import Display
from baselines.task import Example
from baselines.task_models.loading import open_run
from baselines.training.steps import Steps

BATCH_SIZE = 32
DEFAULT_LENGTH = 256
IS_NEXT = 0
"""Place of "the second text follows the first" in BERT's next-sentence head."""


class PairScorer:
    """Scores pairs of texts in batches, padded to few lengths. `outputs` is {"logits": (B, C)} of a model for pairs."""

    def __init__(self, model: keras.Model, tokenizer: Any, max_length: int):
        self.tokenizer, self.max_length, self.steps = tokenizer, max_length, Steps(model, None)

    def logits(self, pairs: Sequence[tuple[str, str]], keep_first: bool) -> np.ndarray:
        """float64 (N, C) of pairs; where one is too long, the text that is not the prompt is cut."""
        rows = [self._row(first, second, keep_first) for first, second in pairs]
        order = np.argsort([-len(row["token_ids"]) for row in rows], kind="stable")
        result = None
        for start in range(0, len(order), BATCH_SIZE):
            numbers = order[start : start + BATCH_SIZE]
            filled = np.concatenate([numbers, np.full(BATCH_SIZE - len(numbers), numbers[0])])
            length = bucket(len(rows[numbers[0]]["token_ids"]), bucket_lengths(self.max_length))
            features = {
                "token_ids": np.full((BATCH_SIZE, length), self.tokenizer.vocabulary.pad_id, np.int32),
                "segment_ids": np.zeros((BATCH_SIZE, length), np.int32),
            }
            for place, number in enumerate(filled):
                for name, array in features.items():
                    array[place, : len(rows[number][name])] = rows[number][name]
            found = np.asarray(self.steps.predict(features)["logits"], np.float64)
            result = np.zeros((len(rows), found.shape[-1])) if result is None else result
            result[numbers] = found[: len(numbers)]
        return result

    def _row(self, first, second, keep_first):
        one, other = self.tokenizer.ids(first), self.tokenizer.ids(second)
        prompt, text = (one, other) if keep_first else (other, one)
        room = self.max_length - self.tokenizer.special_count(2) - len(prompt)
        if room < 1:
            raise InputError(f"{excerpt(first if keep_first else second)}: the prompt leaves no room for a text. Shorten it.")
        text = text[:room]
        return self.tokenizer.assemble([prompt, text] if keep_first else [text, prompt])


class NextSentence:
    """NSP-BERT: how well the sentence of a label and the text follow each other.

    Args:
        scorer: Of a model whose logits are [is next, is not next].
        prefix: The sentence of the label comes first, as the best published settings for single texts have it.
    """

    def __init__(self, scorer: PairScorer, prefix: bool = True):
        self.scorer, self.prefix = scorer, prefix

    @classmethod
    def from_checkpoint(cls, source: str | Path, prefix: bool = True) -> "NextSentence":
        """Of a checkpoint with the weights of pooler and next-sentence head. Raises InputError without them."""
        checkpoint = Checkpoint.open(source)
        encoder = checkpoint.build(with_nsp="linear")
        model = keras.Model(encoder.input, {"logits": encoder.output["nsp"]})
        limit = trained_positions(checkpoint.config) or DEFAULT_LENGTH
        return cls(PairScorer(model, checkpoint.tokenizer, min(DEFAULT_LENGTH, limit)), prefix)

    def pair_scores(self, pairs: Sequence[tuple[str, str]], keep_first: bool = True) -> np.ndarray:
        """float64 (N,): the probability that the second text follows the first."""
        logits = self.scorer.logits(pairs, keep_first)
        return 1 / (1 + np.exp(logits[:, 1 - IS_NEXT] - logits[:, IS_NEXT]))

    def scores(self, texts: Sequence[str], prompts: Prompts) -> np.ndarray:
        """float64 (N, K): the score of each label for each text; candidates contrast, the highest is the answer."""
        pairs = [(sentence, text) if self.prefix else (text, sentence) for text in texts for sentence in prompts.sentences()]
        return self.pair_scores(pairs, keep_first=self.prefix).reshape(len(texts), -1)


class MaskedLabel:
    """PET without training: the log-probability of a label's tokens in masks, less that beside an empty text.

    The difference takes out how likely a word is anyway: Holtzman et al., 2021, arXiv:2104.08315; Zhao et al., arXiv:2102.09690.
    """

    def __init__(self, fill_mask: FillMask, calibrate: bool = True):
        self.fill_mask, self.calibrate = fill_mask, calibrate

    @classmethod
    def from_checkpoint(cls, source: str | Path, calibrate: bool = True) -> "MaskedLabel":
        """Of a checkpoint with the weights of the MLM head."""
        return cls(FillMask.from_checkpoint(source), calibrate)

    def scores(self, texts: Sequence[str], prompts: Prompts) -> np.ndarray:
        """float64 (N, K). Raises InputError for labels of different numbers of tokens, whose probabilities do not compare."""
        tokenizer, max_length = self.fill_mask.tokenizer, min(self.fill_mask.max_length, DEFAULT_LENGTH)
        vocabulary, labels = tokenizer.vocabulary, word_ids(prompts.words, tokenizer, "--by mlm")
        count, pattern = labels.shape[1], Pattern(prompts.template)
        rows = [pattern.row([text], tokenizer, count, max_length)["token_ids"] for text in (*texts, "")]
        padded = np.full((len(rows), max(map(len, rows))), vocabulary.pad_id, np.int32)
        for row, ids in zip(padded, rows, strict=True):
            row[: len(ids)] = ids
        places = np.stack([np.flatnonzero(row == vocabulary.mask_id)[:count] for row in padded])
        found = self.fill_mask.log_probabilities(padded, places)                                        # (N + 1, P, V)
        scores = found[:, np.arange(count), labels].sum(axis=2)
        return scores[:-1] - scores[-1] if self.calibrate else scores[:-1]


class LabelVectors:
    """The cosine of the vectors of a text and of each label's sentence."""

    def __init__(self, embedder: TextEmbedder):
        self.embedder = embedder

    def scores(self, texts: Sequence[str], prompts: Prompts) -> np.ndarray:
        """float64 (N, K), from -1 to 1."""
        vectors, labels = self.embedder.encode(texts), self.embedder.encode(prompts.sentences())
        return (vectors @ labels.T).astype(np.float64)


class Entailment:
    """How surely a text entails the sentence of a label, by a run of natural language inference."""

    NAMES = ("entailment", "蕴含")

    def __init__(self, task_model: Any, name: str):
        labels = task_model.task.labels
        known = [label for label in self.NAMES if labels is not None and label in labels]
        if not known or task_model.task.num_texts != 2:
            raise InputError(
                f"--by entailment: {name} has no class {' or '.join(self.NAMES)}. Give a run of natural language inference."
            )
        self.task_model, self.label, self.steps = task_model, labels.id(known[0]), task_model.steps()

    @classmethod
    def from_run(cls, folder: str | Path) -> "Entailment":
        """Of a run's best checkpoint. Raises InputError for a run of another kind."""
        with Display(True) as display:
            return cls(open_run(RunFolder.open(folder), None, display)[0], str(folder))

    def scores(self, texts: Sequence[str], prompts: Prompts) -> np.ndarray:
        """float64 (N, K): log-probability of entailment."""
        sentences = prompts.sentences()
        pairs = [(text, sentence) for text in texts for sentence in sentences]
        examples = [Example(id=number, texts=pair, origin="the request") for number, pair in enumerate(pairs)]
        found = self.task_model.predict(self.steps, self.task_model.split_of(examples), self._log_probability).by_id
        return np.array([found[number] for number in range(len(pairs))]).reshape(len(texts), -1)

    def _log_probability(self, example, outputs):
        logits = np.asarray(outputs["logits"][0], np.float64)
        return float(logits[self.label] - logits.max() - np.log(np.exp(logits - logits.max()).sum()))


def samples_contrast(
    scores: Sequence[float], classes: int, shares: Sequence[float] | None = None
) -> tuple[np.ndarray, list[float]]:
    """Labels by rank, for tasks whose classes have no sentences of their own: the lowest scores are class 0, and so on.

    Args:
        scores: A number per sample.
        classes: K.
        shares: Of each class; None: equal ones.

    Returns:
        (int (N,) the class of each sample; K - 1 thresholds: the highest score of each class but the last. Of new samples the
        class is the number of thresholds that their score exceeds.)
    """
    scores = np.asarray(scores, np.float64)
    if classes < 1 or len(scores) < classes:
        raise InputError(f"samples contrast: {len(scores)} samples are too few for {classes} classes. Give more.")
    if shares is None:
        ends = [len(scores) // classes * number for number in range(1, classes)]
    else:
        ends = [int(round(len(scores) * share)) for share in np.cumsum(shares)[:-1] / np.sum(shares)]
    order, labels = np.argsort(scores, kind="stable"), np.zeros(len(scores), int)
    for end in ends:
        labels[order[end:]] += 1
    return labels, [float(scores[order[max(end - 1, 0)]]) for end in ends]
