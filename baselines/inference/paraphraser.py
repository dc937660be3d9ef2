"""Paraphrases of a text: sampled from a SimBERT, the most similar first. Su, 2020, kexue.fm/archives/7427.

    paraphraser = Paraphraser.from_run("runs/similar/20261127-101500")
    paraphraser.paraphrase(["怎么开初婚未育证明"], num=5)              # [[Paraphrase("初婚未育证明怎么开？", 0.97), …]]

100 texts are sampled; those that repeat the text or one another are dropped; the rest is ordered by the cosine with the text.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.decoding.paraphrase_ranking import Paraphrase, distinct_texts, rank_paraphrases
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.inference.paraphrase_options import SAMPLES, TOP_K, check_options
from baselines.inference.text_embedder import TextEmbedder, trained_pooling
from baselines.inference.text_generator import TextGenerator
from baselines.runtime.progress import Display
from baselines.task_models.loading import open_run


class Paraphraser:
    """A TextGenerator and a TextEmbedder, as a rule of one model."""

    def __init__(self, generator: TextGenerator, embedder: TextEmbedder):
        self.generator, self.embedder, self.name = generator, embedder, embedder.name

    @classmethod
    def from_run(cls, folder: str | Path, quiet: bool = True) -> "Paraphraser":
        """Opens the best checkpoint of a run. Raises InputError for a run that does not both generate and embed texts."""
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            task_model, _ = open_run(run, None, display)
        if trained_pooling(task_model) is None:
            raise InputError(f"{folder}, a run of {task_model.name}, does not embed texts. Use one that embeds and generates.")
        if task_model.task.generation is None:
            raise InputError(f"{folder} was trained to embed texts only. Use a run that learned to generate, too.")
        name = f"{task_model.name}/{run.path.resolve().name}"
        return cls(TextGenerator(task_model, name), TextEmbedder.from_task_model(task_model, name, source=run.path.resolve()))

    def paraphrase(
        self, texts: Sequence[str], num: int = 20, samples: int = SAMPLES, top_k: int = TOP_K, top_p: float = 1.0,
        seed: int | None = None, min_score: float = -1.0,
    ) -> list[list[Paraphrase]]:  # fmt: skip
        """Paraphrases texts.

        Args:
            texts: The texts.
            num: Paraphrases of each, at most.
            samples: Texts to sample for each.
            top_k: Sample among this number of the likeliest tokens; 0: all.
            top_p: Nucleus sampling: the smallest set of tokens whose probabilities sum to `top_p`.
            seed: Seed of the sampling; None: another one each time.
            min_score: Cosine below which a text is no paraphrase.

        Returns:
            The paraphrases of each text, best first; fewer than `num` where fewer different ones were sampled.

        Raises:
            InputError: A text has no tokens, or a number is out of range.
        """
        check_options(num, samples, top_k, top_p, min_score)
        config = dataclasses.replace(
            self.generator.generation_config, beam=0, num=samples, top_k=top_k, top_p=top_p, temperature=1.0,
            length_penalty=0.0, seed=seed,
        )  # fmt: skip
        sampled = self.generator.generate([[text] for text in texts], config)
        groups = [
            distinct_texts((each.text for each in group if each.finished), text)
            for text, group in zip(texts, sampled, strict=True)
        ]
        vectors = self.embedder.encode([*texts, *itertools.chain.from_iterable(groups)]) if texts else np.zeros((0, 1))
        starts = np.cumsum([len(texts), *map(len, groups)])
        return [
            rank_paraphrases(group, vectors[start : start + len(group)], original, num, min_score)
            for group, start, original in zip(groups, starts, vectors, strict=False)
        ]
