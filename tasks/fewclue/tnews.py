"""TNEWS (FewCLUE): the topic of a news title. Accuracy over 15 classes. Xu et al., 2021, arXiv:2107.07498.

{"label": 102, "label_desc": "news_entertainment", "sentence": "…", "keywords": "…", "id": 5890}        test: "id", no label
"""

from baselines.task import Cloze, Labels
from tasks.fewclue.common import classification, read_texts

WORDS = {
    "100": "故事", "101": "文化", "102": "娱乐", "103": "体育", "104": "财经", "106": "房产", "107": "汽车", "108": "教育",
    "109": "科技", "110": "军事", "112": "旅游", "113": "国际", "114": "股票", "115": "农业", "116": "游戏",
}  # fmt: skip
LABELS = Labels(*WORDS)
CLOZE = Cloze("这是一则{label}新闻。{text}", WORDS)

TASK = classification("tnews", read_texts("sentence"), LABELS, "tnewsf_predict.json", CLOZE)
