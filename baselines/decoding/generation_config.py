"""How texts are written, searched or drawn, as one set of settings."""

import dataclasses

from baselines.decoding.constraints import NoRepeatedNgram
from baselines.decoding.sampling import Sampling
from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class GenerationConfig:
    """How the continuations of a prompt are written. Lengths are tokens, the end counted."""

    beam: int = 0
    """Search for the likeliest text with so many beams; 0 draws tokens instead."""
    top_k: int = 0
    """Draw among so many of the likeliest tokens; 1 is greedy, 0 all."""
    top_p: float = 1.0
    """Draw among the fewest likeliest tokens that together have this probability."""
    temperature: float = 1.0
    """Below 1 sharper, above 1 flatter."""
    num: int = 1
    """Texts for each prompt."""
    min_tokens: int = 0
    """Shortest text."""
    max_tokens: int = 64
    """Longest text."""
    length_penalty: float = 0.0
    """Of beams: 0 ranks by the sum of log-probabilities, 1 by their mean."""
    repetition_penalty: float = 1.0
    """Above 1, what was written before becomes less likely."""
    no_repeat_ngram: int = 0
    """No so many tokens in a row occur twice; 0 does not mind."""
    ends: int = 1
    """Of beams: end tokens of a text. The last one finishes it, those before it part it."""
    keep_end: bool = False
    """The end stays possible where top_k and top_p would drop it, so that every text ends."""
    seed: int | None = None
    """Of what is drawn; default: another one each time."""

    def __post_init__(self):
        if self.beam < 0 or self.num < 1 or self.no_repeat_ngram < 0 or (self.seed or 0) < 0:
            raise InputError(
                "expected beam >= 0, num >= 1, no_repeat_ngram >= 0 and seed >= 0. "
                f"Received: {self.beam}, {self.num}, {self.no_repeat_ngram} and {self.seed}."
            )
        if self.beam and (self.top_k or self.top_p < 1 or self.temperature != 1 or self.keep_end):
            raise InputError("expected either beam or top_k, top_p, temperature and keep_end, which draw. Received: both.")
        if self.ends != 1 and not self.beam:
            raise InputError(f"ends: expected a beam for texts of several parts. Received: ends {self.ends}, beam {self.beam}.")
        if self.num > max(self.beam, 1) and (self.beam or self.top_k == 1):
            what = f"beam, {self.beam}" if self.beam else "1, for greedy has one text"
            raise InputError(f"num: expected at most {what}. Received: {self.num}.")
        if not 0 <= self.min_tokens <= self.max_tokens or self.max_tokens < 1:
            raise InputError(
                f"expected 0 <= min_tokens <= max_tokens, and max_tokens >= 1. Received: {self.min_tokens} and {self.max_tokens}."
            )
        self.sampling()

    def sampling(self):
        """Its Sampling. Raises InputError for what cannot be."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.repetition_penalty, self.keep_end)

    def constraints(self):
        return (NoRepeatedNgram(self.no_repeat_ngram),) if self.no_repeat_ngram else ()
