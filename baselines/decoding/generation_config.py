"""GenerationConfig: how texts are generated, by beam search or sampling, as one set of settings."""

import dataclasses

from baselines.decoding.constraints import NoRepeatedNgram
from baselines.decoding.sampling import Sampling
from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class GenerationConfig:
    """How the continuations of a prompt are generated. Lengths are in tokens, including the end token."""

    beam: int = 0
    """Beam search with this number of beams; 0 samples instead."""
    top_k: int = 0
    """Sample among this number of the likeliest tokens; 1 is greedy, 0 is all."""
    top_p: float = 1.0
    """Nucleus sampling: the smallest set of tokens whose probabilities sum to p."""
    temperature: float = 1.0
    """Divides the logits: below 1 sharper, above 1 flatter."""
    num: int = 1
    """Texts for each prompt."""
    min_tokens: int = 0
    """Shortest text."""
    max_tokens: int = 64
    """Longest text."""
    length_penalty: float = 0.0
    """For beam search: 0 ranks by the sum of log-probabilities, 1 by their mean."""
    repetition_penalty: float = 1.0
    """Above 1, tokens that were generated before become less likely."""
    no_repeat_ngram: int = 0
    """No n-gram of this size occurs twice; 0: no limit."""
    ends: int = 1
    """For beam search: end tokens of a text. The last one finishes it, those before it separate its parts."""
    keep_end: bool = False
    """Keep the end token possible where top_k and top_p would drop it, so that every text ends."""
    seed: int | None = None
    """Seed of the sampling; None: another one each time."""

    def __post_init__(self):
        if self.beam < 0 or self.num < 1 or self.no_repeat_ngram < 0 or (self.seed or 0) < 0:
            raise InputError(
                f"beam {self.beam}, num {self.num}, no_repeat_ngram {self.no_repeat_ngram} or seed {self.seed} is out of range. "
                "Give beam, no_repeat_ngram and seed of at least 0, and num of at least 1."
            )
        if self.beam and (self.top_k or self.top_p < 1 or self.temperature != 1 or self.keep_end):
            raise InputError("beam excludes top_k, top_p, temperature and keep_end, which are for sampling. Leave one out.")
        if self.ends != 1 and not self.beam:
            raise InputError(f"ends {self.ends}: texts of several parts need beam search. Set beam to at least 1.")
        if self.num > max(self.beam, 1) and (self.beam or self.top_k == 1):
            reason = f"a beam of {self.beam} finds that many at most" if self.beam else "greedy decoding has one text"
            raise InputError(f"num: {self.num} is too large, {reason}. Give a smaller number.")
        if not 0 <= self.min_tokens <= self.max_tokens or self.max_tokens < 1:
            raise InputError(
                f"min_tokens {self.min_tokens} and max_tokens {self.max_tokens} are out of range. "
                "Give 0 <= min_tokens <= max_tokens, and max_tokens of at least 1."
            )
        self.sampling()

    def sampling(self) -> Sampling:
        """Its Sampling. Raises InputError for values out of range."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.repetition_penalty, self.keep_end)

    def constraints(self) -> tuple:
        """Its constraints, see constraints.py."""
        return (NoRepeatedNgram(self.no_repeat_ngram),) if self.no_repeat_ngram else ()
