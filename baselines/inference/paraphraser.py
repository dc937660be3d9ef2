"""Texts that mean the same as one: drawn from a SimBERT, and the most similar told. Su, 2020, kexue.fm/archives/7427.

    paraphraser = Paraphraser.from_run("runs/simbert/20261127-101500")
    paraphraser.paraphrase(["怎么开初婚未育证明"], num=5)              # [[Paraphrase("初婚未育证明怎么开？", 0.97), …]]

The text is drawn from 100 times; what repeats it or another drawn text goes; the rest is ordered by the cosine with the text.
"""

import dataclasses

import numpy as np

from baselines.decoding.distinct import distinct
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.inference.text_embedder import TextEmbedder, trained_pooling
from baselines.inference.text_generator import TextGenerator
from baselines.runtime.progress import Display
from baselines.task_models.loading import open_run

SAMPLES, TOP_K = 100, 5
"""Texts that are drawn for one, and the likeliest tokens that they are drawn from, as published."""


@dataclasses.dataclass(frozen=True)
class Paraphrase:
    """A text, and the cosine of its vector with that of the original."""

    text: str
    score: float


class Paraphraser:
    """A Generator and an Embedder, as a rule of one model."""

    def __init__(self, generator, embedder):
        self.generator, self.embedder, self.name = generator, embedder, embedder.name

    @classmethod
    def from_run(cls, folder, quiet=True):
        """Raises InputError for a run that does not both write texts and make vectors of them."""
        run = RunFolder.open(folder)
        with Display(quiet) as display:
            session, _ = open_run(run, None, display)
        if trained_pooling(session) is None:
            raise InputError(f"{folder}: expected a run of simbert, which writes and compares. Received: one of {session.name}.")
        if session.task.generation is None:
            raise InputError(f"{folder}: expected a run that learnt to write. Received: one of simbert that only makes vectors.")
        name = f"{session.name}/{run.path.resolve().name}"
        return cls(TextGenerator(session, name), TextEmbedder.of_session(session, name, source=run.path.resolve()))

    def paraphrase(self, texts, num=20, samples=SAMPLES, top_k=TOP_K, top_p=1.0, seed=None, least=-1.0):
        """For each text at most `num` Paraphrases, best first; fewer where fewer different ones were drawn.

        samples        texts to draw for each              seed    of what is drawn: the same again
        top_k, top_p   draw among so many of the likeliest tokens, or among the fewest of this probability; 0 and 1 leave all
        least          cosine below which a text is none
        Raises InputError for a text without tokens, and numbers out of their range.
        """
        check(num, samples, top_k, top_p, least)
        writing = dataclasses.replace(
            self.generator.writing, beam=0, num=samples, top_k=top_k, top_p=top_p, temperature=1.0, length_penalty=0.0, seed=seed
        )
        drawn = self.generator.write([[text] for text in texts], writing)
        kept = [distinct((each.text for each in some if each.finished), text) for text, some in zip(texts, drawn, strict=True)]
        vectors = self.embedder.encode([*texts, *(text for some in kept for text in some)]) if texts else np.zeros((0, 1))
        found, start = [], len(texts)
        for own, some in zip(vectors, kept, strict=False):
            scores = vectors[start : start + len(some)] @ own
            start += len(some)
            best = [place for place in np.argsort(-scores, kind="stable") if scores[place] >= least][:num]
            found.append([Paraphrase(some[place], round(float(scores[place]), 6)) for place in best])
        return found


def check(num, samples, top_k, top_p, least):
    """Raises InputError for a number out of its range."""
    limits = {"num": (num, 1, None), "samples": (samples, 1, None), "top_k": (top_k, 0, None), "top_p": (top_p, 0, 1),
              "threshold": (least, -1, 1)}  # fmt: skip
    for name, (value, low, high) in limits.items():
        if not (value >= low and (high is None or value <= high)) or name == "top_p" and not value:
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"--{name}: expected a number, {bound}. Received: {value}.")
    if samples < num:
        raise InputError(f"--samples: expected at least --num, {num}. Received: {samples}.")
