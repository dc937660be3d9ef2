"""Which model draws the cuts of another one."""

from baselines.tokenizers.sampled_subwords import SampledSubwords
from baselines.tokenizers.sampled_wordpiece import SampledWordPiece
from baselines.tokenizers.subword_model import SubwordModel
from baselines.tokenizers.wordpiece import WordPiece


def sampled_model(model: SubwordModel, alpha: float) -> SampledSubwords | SampledWordPiece:
    """A model that shares everything with `model` but its cuts, with `reseed(rng, texts)` before each draw.

    Args:
        model: The other one.
        alpha: Exponent of a cut's probability, see unigram_segmenter.py.

    Raises:
        InputError: The model has one way to cut a text: it is not unigram, nor are its words jieba's.
    """
    return (SampledWordPiece if isinstance(model, WordPiece) else SampledSubwords)(model, alpha)
