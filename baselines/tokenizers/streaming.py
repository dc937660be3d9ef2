"""Text from tokens one by one: each piece is final, so a Latin word or a character of several tokens comes only when complete."""

from baselines.tokenizers.tokenizer import Tokenizer


class TextStream:
    """Decodes token ids one by one. All pieces together equal `tokenizer.decode` of all ids.

    stream = TextStream(tokenizer)
    for token_id in ids: print(stream.add(token_id), end="")
    print(stream.finish())
    """

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer, self.ids, self.text = tokenizer, [], ""

    def add(self, token_id: int) -> str:
        """The text that has become final with this token; often empty."""
        self.ids.append(int(token_id))
        text = self.tokenizer.decode(self.ids)
        return self._give(text[: self.tokenizer.final_characters(text)])

    def finish(self) -> str:
        """The rest of the text."""
        return self._give(self.tokenizer.decode(self.ids))

    def _give(self, text):
        new = text[len(self.text) :]
        self.text += new
        return new
