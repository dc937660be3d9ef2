"""BUSTM (FewCLUE): do two requests to a voice assistant mean the same? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"id": 5, "sentence1": "…", "sentence2": "…", "label": "1"}        "1": they mean the same; test: no label
"""

from baselines.task import Cloze, Labels
from tasks.fewclue.common import classification, read_texts

LABELS = Labels("0", "1")
CLOZE = Cloze("下面两句话的意思{label}同：{text}；{text_pair}", {"0": "不", "1": "相"})

TASK = classification("bustm", read_texts("sentence1", "sentence2"), LABELS, "bustm_predict.json", CLOZE, num_texts=2)
