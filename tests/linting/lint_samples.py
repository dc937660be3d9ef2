"""Small splits and a tokenizer for tests of the linter's checks."""

import numpy as np

from baselines.linting.findings import Share
from baselines.linting.measured_split import MeasuredSplit
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

KNOWN = "春夏秋冬来去天地人和北京上海市的在有i12"


def tokenizer(known=KNOWN):
    return Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known, "##2", "iphone"]))


def examples(*rows, name="train"):
    """Examples from (text or texts, gold) or texts alone."""
    found = []
    for number, row in enumerate(rows, start=1):
        texts, gold = row if isinstance(row, tuple) else (row, None)
        texts = (texts,) if isinstance(texts, str) else tuple(texts)
        found.append(Example(id=number, texts=texts, gold=gold, origin=f"{name}:{number}"))
    return found


def split(*rows, name="train", max_length=128, left_out=0, lengths=None):
    """A Split; lengths are those of one-character tokens unless given, and longer ones are truncated."""
    made = examples(*rows, name=name)
    if lengths is None:
        lengths = [sum(map(len, example.texts)) + len(example.texts) + 1 for example in made]
    lengths = np.array(lengths)
    return MeasuredSplit(name, made, left_out, lengths, lengths > max_length, len(made), Share(0, int(lengths.sum())))


def finding(section, what):
    """The finding of a section whose name begins with `what`."""
    (found,) = [finding for finding in section.findings if finding.what.startswith(what)]
    return found
