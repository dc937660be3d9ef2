"""Text from tokens one by one: each piece is final, so a Latin word comes only when it is complete."""

import re
from typing import TYPE_CHECKING

from baselines.tokenizers.detokenization import is_tight
from baselines.tokenizers.normalization import is_cjk

if TYPE_CHECKING:
    from baselines.tokenizers.wordpiece import Tokenizer

WORDS_HELD_BACK = 3
"""Of a Latin text: later tokens may continue a word, close a decimal or make a contraction of the last three."""
_WORD = re.compile(r"\s*\S+")


class TextStream:
    """Decodes token ids one by one. All pieces together equal `tokenizer.decode` of all ids.

    stream = TextStream(tokenizer)
    for token_id in ids: print(stream.add(token_id), end="")
    print(stream.finish())
    """

    def __init__(self, tokenizer: "Tokenizer"):
        self.tokenizer, self.ids, self.text = tokenizer, [], ""

    def add(self, token_id: int) -> str:
        """The text that has become final with this token; often empty."""
        self.ids.append(int(token_id))
        text = self.tokenizer.decode(self.ids)
        return self._give(text[: certain(text)])

    def finish(self) -> str:
        """The rest of the text."""
        return self._give(self.tokenizer.decode(self.ids))

    def _give(self, text):
        new = text[len(self.text) :]
        self.text += new
        return new


def certain(text: str) -> int:
    """The number of characters that no later token can change: up to the last ideograph, or all but the last words."""
    last = next((number for number in range(len(text), 0, -1) if is_cjk(text[number - 1]) or is_tight(text[number - 1])), 0)
    words = [word.start() for word in _WORD.finditer(text)][-WORDS_HELD_BACK:]
    return max(last, words[0] if words else 0)
