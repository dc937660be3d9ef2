"""Words joined by spaces before SentencePiece cuts them: jieba's, as bert4keras' pre_tokenize and as CPM.

"我爱北京 吗" -> "我 爱 北京 ▂ 吗": CPM writes a space as ▂ and a new line as ▃. Zhang et al., 2020, arXiv:2012.00413.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence

from baselines.tokenizers.words import jieba_words

CPM_SIGNS = {" ": "\u2582", "\n": "\u2583"}


@dataclasses.dataclass(frozen=True)
class JoinedWords:
    """Cuts a text into words and joins them by spaces.

    Attributes:
        name: As tokenizer_config.json has it.
        cut: Text -> words that join to it again.
        signs: {character: what is written for it}; with them the spaces of decoded texts are removed.
    """

    name: str
    cut: Callable[[str], Sequence[str]]
    signs: dict[str, str] = dataclasses.field(default_factory=dict)

    def join(self, text: str, known: re.Pattern | None = None) -> tuple[str, list[int]]:
        """The joined text, and for each of its characters the index in `text`; a space between words has that of the next one.

        Args:
            text: The user's.
            known: Matches words that stay whole, in a group; None for no such words.

        Raises:
            ValueError: The words do not join to the text.
        """
        parts = known.split(text) if known else [text]                  # what the pattern matched is at the odd places
        words = [word for number, part in enumerate(parts) for word in ([part] if number % 2 else self.cut(part)) if word]
        if "".join(words) != text:
            raise ValueError(f"pre_tokenizer: expected words that join to {text[:50]!r}. Received: {words[:20]}.")
        sources, position = [], 0
        for word in words:
            if sources:
                sources.append(position)
            sources += range(position, position + len(word))
            position += len(word)
        table = str.maketrans(self.signs)
        return " ".join(word.translate(table) for word in words), sources

    def restore(self, text: str) -> str:
        """A decoded text without the spaces between words, with the user's own."""
        if not self.signs:
            return text
        return text.replace(" ", "").translate(str.maketrans({sign: character for character, sign in self.signs.items()}))


def cpm_words(text: str) -> list[str]:
    """Words as CPM was trained on: jieba's hidden Markov model is on."""
    import jieba

    jieba.setLogLevel("WARNING")
    return jieba.lcut(text)


JIEBA = JoinedWords("jieba", jieba_words)
CPM = JoinedWords("cpm", cpm_words, CPM_SIGNS)
BY_NAME = {each.name: each for each in (JIEBA, CPM)}
