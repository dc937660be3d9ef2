"""The special tokens around the texts of a row: [CLS] A [SEP] B [SEP], <s> A </s></s> B </s>, A </s> B </s>."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class RowFormat:
    """Names of the special tokens of a row: `start` text `between` text … `end`.

    Attributes:
        start: Tokens ahead of the first text.
        between: Tokens behind every text but the last.
        end: Tokens behind the last text.
        segments: Whether the texts of a pair have segments 0 and 1; False: every segment is 0.
    """

    start: tuple[str, ...]
    between: tuple[str, ...]
    end: tuple[str, ...]
    segments: bool = True

    def special_count(self, texts: int) -> int:
        """The number of special tokens in a row of this many texts."""
        return len(self.start) + max(0, texts - 1) * len(self.between) + len(self.end)

    def text_starts(self, lengths: list[int]) -> list[int]:
        """For texts of these lengths in tokens, the position of each text's first token in the row."""
        starts, position = [], len(self.start)
        for length in lengths:
            starts.append(position)
            position += length + len(self.between)
        return starts


BERT = RowFormat(("[CLS]",), ("[SEP]",), ("[SEP]",))
