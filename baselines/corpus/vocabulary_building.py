"""A WordPiece vocabulary of a corpus: special tokens as Google's Chinese BERT has them, characters, pieces of Latin words, words.

[PAD] [unused1] … [unused99] [UNK] [CLS] [SEP] [MASK], signs and characters by frequency, letters and pieces, words of a corpus.
The pieces of words that are written with spaces between them come from the trainer of the `tokenizers` library.
"""

import collections
import string
from collections.abc import Callable, Iterable

import tokenizers

from baselines.errors import InputError
from baselines.tokenizers.normalization import Normalizer, is_cjk, is_punctuation
from baselines.tokenizers.vocabulary import END, MASK, PAD, START, UNKNOWN

SPECIAL = [PAD, *(f"[unused{number}]" for number in range(1, 100)), UNKNOWN, START, END, MASK]
PIECES = 0.2
"""Share that pieces of words get of what special tokens and letters leave, if there are characters for the rest."""
_TRAINED = 5_000_000
"""Words that the trainer is given, at most: counts are scaled down to it."""


class WordCounts:
    """Counts of a corpus: `single` of ideographs and signs, `written` of words between spaces, `known` of jieba's words."""

    def __init__(self, lower_case: bool = True, segment: Callable[[str], Iterable[str]] | None = None):
        self.single, self.written, self.known = collections.Counter(), collections.Counter(), collections.Counter()
        self.segment, self._normalizer, self._texts = segment, Normalizer(lower_case), 0

    def add(self, text: str) -> None:
        """Counts the words of a text."""
        for word in self._normalizer.words(text):
            if len(word) == 1 and (is_cjk(word) or is_punctuation(word)):
                self.single[word] += 1
            else:
                self.written[word] += 1
        if self.segment:
            self.known.update(word for word in self.segment(text) if len(word) > 1 and all(map(is_cjk, word)))


def build_vocabulary(words: WordCounts, size: int, num_words: int = 0, min_count: int = 2) -> list[str]:
    """The tokens of a vocabulary, `size` of them or fewer where the corpus has no more.

    Args:
        words: counts of the corpus.
        size: tokens, at most.
        num_words: words of several ideographs, the most frequent ones; a Tokenizer with a pre_tokenizer keeps them whole.
        min_count: rarer ones are left out.

    Raises:
        InputError: where `size` has no room for special tokens, ASCII and words, and for a corpus without characters.
    """
    letters = [*string.ascii_lowercase, *string.digits]
    if any(word != word.lower() for word in words.written):
        letters = [*letters, *string.ascii_uppercase]
    fixed = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    room = size - len(fixed) - num_words
    if room < 1:
        raise InputError(f"--size {size:,} has no room beside special tokens, letters and words, which take "
                         f"{len(fixed) + num_words:,}. Choose a larger one.")  # fmt: skip
    if not words.single and not words.written:
        raise InputError("--corpus: the files hold no characters. Name files with text.")
    single = [token for token, count in ranked(words.single) if count >= min_count]
    pieces = trained_pieces(words.written, len(fixed) + room, min_count)
    pieces = [piece for piece in pieces if piece not in fixed]
    num_pieces = max(round(PIECES * room), room - len(single))
    pieces = pieces[: min(num_pieces, room)]
    known = [word for word, count in ranked(words.known) if count >= min_count][:num_words]
    return list(dict.fromkeys([*SPECIAL, *single[: room - len(pieces)], *fixed[len(SPECIAL) :], *pieces, *known]))


def ranked(counts: collections.Counter) -> list[tuple[str, int]]:
    """(key, count), the most frequent first, then by the alphabet: the same corpus gives the same order."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def trained_pieces(counts: collections.Counter, size: int, min_count: int) -> list[str]:
    """WordPieces of words between spaces, in the order in which the trainer finds them."""
    if not counts:
        return []
    model = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token=UNKNOWN))
    model.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_count, special_tokens=[UNKNOWN], limit_alphabet=1000, show_progress=False
    )
    scale = max(1.0, counts.total() / _TRAINED)
    often = ((word, max(1, round(count / scale))) for word, count in ranked(counts) if count >= min_count)
    model.train_from_iterator((f"{word} " * count for word, count in often), trainer)
    ids = model.get_vocab()
    return [token for token in sorted(ids, key=ids.get) if token != UNKNOWN]
