"""EPRSTMT (FewCLUE): is a product review positive or negative? Accuracy over 2 classes. Xu et al., 2021, arXiv:2107.07498.

{"id": 23, "sentence": "…", "label": "Positive"}        test: no label
"""

from baselines.task import Cloze, Labels
from tasks.fewclue.common import classification, read_texts

LABELS = Labels("Negative", "Positive")
CLOZE = Cloze("这是一条{label}评。{text}", {"Negative": "差", "Positive": "好"})

TASK = classification("eprstmt", read_texts("sentence"), LABELS, "eprstmt_predict.json", CLOZE)
