"""IFLYTEK (FewCLUE): the category of an app from its description. Accuracy over 119 classes. Xu et al., 2021, arXiv:2107.07498.

{"label": 11, "label_des": "…", "sentence": "…", "id": 12}        test: "id", no label
"""

from baselines.task import Cloze, Labels
from tasks.fewclue.common import classification, read_texts

WORDS = """
打车 地图 无线 租车 同城 快递 婚庆 家政 公交 政务 社区 羊毛 魔幻 仙侠 卡牌 飞行 射击 益智 动作 竞技
棋牌 养成 策略 对战 辅助 约会 通讯 同事 论坛 相亲 情侣 社交 生活 微博 新闻 漫画 小说 技术 教辅 问答
搞笑 杂志 百科 影视 求职 兼职 视频 短片 音乐 直播 电台 唱歌 成人 中学 职考 公务 英语 网课 大学 进修
艺术 外语 旅游 预定 民航 铁路 酒店 行程 民宿 出国 工具 儿童 母婴 驾校 违章 汽车 买车 养车 行车 租房
买房 装修 电子 挂号 养生 医疗 减肥 美妆 菜谱 餐饮 赛事 健身 支付 保险 股票 借贷 理财 彩票 记账 银行
美颜 剪辑 修图 相机 绘画 二手 电商 团购 外卖 电影 超市 购物 笔记 办公 日程 女性 经营 收款 其他
""".split()
"""A word of two characters for each category, in the order of their numbers."""
LABELS = Labels(*map(str, range(119)))
CLOZE = Cloze("这是一款{label}应用。{text}", dict(zip(LABELS.names, WORDS, strict=True)))

TASK = classification("iflytek", read_texts("sentence"), LABELS, "iflytekf_predict.json", CLOZE)
