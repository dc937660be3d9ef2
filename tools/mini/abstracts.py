"""CSL: do all four keywords belong to the abstract? "1" when all are terms of it, "0" when some were exchanged.

{"id": 1, "abst": "本文研究……", "keyword": ["膳食纤维", "早餐", "血糖", "体重"], "label": "1"}
Exchanged keywords come from a subject without abstracts here, from another field, or, hardest to see, from the same.
"""

from tools.mini.sampling import Dice, cut, distinct, fill, phrases, unlabelled

FOLDER = "clue/csl"
SIZES = {"train.json": 360, "dev.json": 100, "test.json": 40}
TRUE_RATE = 0.46
SOURCES = {"subject": 75, "field": 15, "same": 10}
"""Where exchanged keywords come from, by weight."""
FIELDS = [terms.split() for terms in """
厨余垃圾 分类投放 回收站点 堆肥 塑料包装 居民参与 废旧电池 积分奖励
校园阅读 图书借阅 阅读兴趣 亲子共读 绘本 书目推荐 朗读 阅读习惯
行道树 城市绿地 屋顶花园 遮阴 雨水花园 土壤湿度 乡土植物 热岛效应
膳食纤维 早餐 血糖 营养标签 低盐饮食 全谷物 体重 豆制品
睡眠时长 午睡 光照 褪黑素 失眠 作息规律 睡前运动 枕头高度
公交专用道 地铁换乘 共享单车 候车时间 票价 信号灯 通勤距离 客流预测
社区食堂 独居老人 日间照料 志愿服务 跌倒预防 适老化改造 健康档案 陪诊
番茄 滴灌 温室 育苗基质 病虫害 轮作 采后保鲜 授粉
智能门锁 语音控制 传感器 家庭网关 隐私保护 能耗监测 无线组网 固件升级
在线课堂 课堂互动 作业批改 学习动机 录播视频 教师反馈 学困生 知识图谱
绿茶 萎凋 发酵 茶多酚 杀青 香气成分 采摘标准 贮藏
外墙保温 遮阳 自然通风 节能玻璃 地源热泵 光伏屋面 室内热舒适 气密性
""".strip().splitlines()]
SUBJECTS = [terms.split() for terms in """
琵琶曲 合唱曲 钢琴曲 舞曲 作曲家 民歌
足球赛 排球赛 接力赛 裁判员 运动员 教练员
彗星 火星 星云 流星雨 黑洞 天文台
""".strip().splitlines()]
AIMS = phrases("""
为了解{term1}与{term2}的关系，在三个地区做了问卷调查。 | 本文研究{term1}对{term2}的影响。
以{term1}和{term2}为例，比较了两种做法。
近年来，{term1}受到广泛关注，而{term2}的研究还不多。 | 针对{term1}中的常见问题，提出结合{term2}的新方法。
""")
RESULTS = phrases("""
结果表明，{term3}与{term4}密切相关。 | 实验说明，重视{term3}有助于改善{term4}。 | 分析发现，{term3}的作用大于{term4}。
连续观察一年后，{term3}有明显变化，{term4}保持稳定。 | 访谈显示，多数人了解{term3}，但很少有人注意{term4}。
""")
ENDINGS = phrases("""
最后讨论了{term5}的前景。 | 文章还就{term5}给出三点建议。 | 这为{term5}提供了依据。 | 今后应加强{term5}方面的工作。
该方法成本低，便于推广。 | 研究结论可供有关部门参考。
""")


def abstract(dice: Dice) -> dict:
    """One labelled line without its id."""
    field = dice.pick(FIELDS)
    text = fill(dice.pick(AIMS) + dice.pick(RESULTS) + dice.pick(ENDINGS), {"term": field}, dice)
    keywords = dice.several([term for term in field if term in text], 4)
    genuine = dice.chance(TRUE_RATE)
    if not genuine:
        others = {"subject": SUBJECTS, "field": [terms for terms in FIELDS if terms is not field], "same": [field]}
        source = dice.pick(others[dice.weighted(SOURCES)])
        exchanged = dice.several([term for term in source if term not in text], dice.number(2, 3))
        keywords = dice.shuffled(exchanged + keywords[len(exchanged):])
    return {"abst": text, "keyword": keywords, "label": str(int(genuine))}


def files() -> dict[str, list]:
    dice = Dice("csl")
    split = cut(distinct(lambda: abstract(dice), sum(SIZES.values()), key=lambda row: row["abst"]), SIZES)
    for name, rows in split.items():
        split[name] = [{"id": i, **row} for i, row in enumerate(rows)]
    split["test.json"] = [unlabelled(row, row["id"], "abst", "keyword") for row in split["test.json"]]
    return split
