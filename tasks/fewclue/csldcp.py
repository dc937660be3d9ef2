"""CSLDCP (FewCLUE): the discipline of a paper from its abstract. Accuracy over 67 classes. Xu et al., 2021, arXiv:2107.07498.

{"content": "…", "label": "控制科学与工程", "id": 36}        test: no label
"""

from baselines.task import Cloze, Labels
from tasks.fewclue.common import classification, read_texts

WORDS = dict(line.split() for line in """
材料科学与工程 材料
作物学 作物
口腔医学 口腔
药学 药学
教育学 教育
水利工程 水利
理论经济学 经济
食品科学与工程 食品
畜牧学/兽医学 畜牧
体育学 体育
核科学与技术 核能
力学 力学
园艺学 园艺
水产 水产
法学 法律
地质学/地质资源与地质工程 地质
石油与天然气工程 石油
农林经济管理 农林
信息与通信工程 通信
图书馆、情报与档案管理 图书
政治学 政治
电气工程 电气
海洋科学 海洋
民族学 民族
航空宇航科学与技术 航空
化学/化学工程与技术 化学
哲学 哲学
公共卫生与预防医学 卫生
艺术学 艺术
农业工程 农业
船舶与海洋工程 船舶
计算机科学与技术 电脑
冶金工程 冶金
交通运输工程 交通
动力工程及工程热物理 动力
纺织科学与工程 纺织
建筑学 建筑
环境科学与工程 环境
公共管理 行政
数学 数学
物理学 物理
林学/林业工程 林业
心理学 心理
历史学 历史
工商管理 工商
应用经济学 财经
中医学/中药学 中医
天文学 天文
机械工程 机械
土木工程 土木
光学工程 光学
地理学 地理
农业资源利用 土壤
生物学/生物科学与工程 生物
兵器科学与技术 兵器
矿业工程 矿业
大气科学 气象
基础医学/临床医学 医学
电子科学与技术 电子
测绘科学与技术 测绘
控制科学与工程 控制
军事学 军事
中国语言文学 文学
新闻传播学 新闻
社会学 社会
地球物理学 地球
植物保护 植物
""".split("\n") if line)
"""A word of two characters for each discipline."""
LABELS = Labels(*WORDS)
CLOZE = Cloze("这是一篇{label}论文。{text}", WORDS)

TASK = classification("csldcp", read_texts("content"), LABELS, "csldcp_predict.json", CLOZE)
