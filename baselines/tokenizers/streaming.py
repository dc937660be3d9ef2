"""Text from tokens one by one: what later tokens cannot change any more is given at once, a Latin word only when it is whole."""

import re

from baselines.tokenizers.detokenization import is_tight
from baselines.tokenizers.normalization import is_cjk

WORDS_HELD_BACK = 3
"""Of a Latin text: later tokens may continue a word, close a decimal or make a contraction of the last three."""
_WORD = re.compile(r"\s*\S+")


class TextStream:
    """The text of token ids that arrive one after the other; all pieces together are what tokenizer.decode gives for all ids.

    stream = TextStream(tokenizer)
    for token_id in ids: print(stream.add(token_id), end="")
    print(stream.finish())
    """

    def __init__(self, tokenizer):
        self.tokenizer, self.ids, self.given = tokenizer, [], ""

    def add(self, token_id):
        """The text that is certain now and was not before; often empty."""
        self.ids.append(int(token_id))
        text = self.tokenizer.decode(self.ids)
        return self._give(text[: certain(text)])

    def finish(self):
        """The rest."""
        return self._give(self.tokenizer.decode(self.ids))

    def _give(self, text):
        new = text[len(self.given) :]
        self.given += new
        return new


def certain(text):
    """How much of a decoded text no later token can change: up to its last ideograph, or all but its last words."""
    last = next((number for number in range(len(text), 0, -1) if is_cjk(text[number - 1]) or is_tight(text[number - 1])), 0)
    words = [word.start() for word in _WORD.finditer(text)][-WORDS_HELD_BACK:]
    return max(last, words[0] if words else 0)
