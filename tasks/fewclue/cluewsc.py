"""CLUEWSC (FewCLUE): does the pronoun stand for the noun? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"target": {"span1_text": "…", "span1_index": 5, "span2_text": "它", "span2_index": 37}, "idx": 1, "text": "…", "label": "true"}

The encoder sees two texts: that with the noun (span1) as _noun_ and the pronoun (span2) as [它], and the claim 它指的是 noun.
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.marked_spans import marked_text
from baselines.task import Cloze, Example, Labels
from tasks.fewclue.common import classification

LABELS = Labels("false", "true")
CLOZE = Cloze("{text}这里说{text_pair}，这是{label}的。", {"false": "错", "true": "对"})


def read(path: str | Path) -> Iterator[Example]:
    for row in any_format.read(path):
        marked, target = marked_text(row), row["target"]
        claim = f"{target['span2_text']}指的是{target['span1_text']}"
        yield Example(id=row.id("id", "idx"), texts=(marked, claim), gold=row.label(), origin=row.origin)


TASK = classification("cluewsc", read, LABELS, "cluewscf_predict.json", CLOZE, num_texts=2)
