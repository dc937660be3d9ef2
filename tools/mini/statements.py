"""OCNLI: statements as in reports, news, novels, television and phone calls; does the second one follow?

{"level": "easy", "sentence1": "…", "sentence2": "…", "label": "neutral", "label0": "neutral", …, "genre": "phone",
 "prem_id": "phone_3", "id": 7}
In dev, five annotators voted; where no label has three votes the label is "-", as in the official file. In train the
votes are null.
"""

from collections.abc import Sequence
from operator import itemgetter

from tools.mini.inference import Family, inference
from tools.mini.sampling import Dice, cut, distinct, unlabelled

FOLDER = "clue/ocnli"
SIZES = {"train.50k.json": 420, "dev.json": 130, "test.json": 40}
UNDECIDED_EVERY = 26
WEIGHTS = {"entailment": 33, "neutral": 35, "contradiction": 32}
SHARED = {
    "year": "去年 今年 这几年 上半年 最近一年".split(),
    "amount": "一成 两成 三成 近一半 不少".split(),
    "subject": "公园数量 公交线路 图书馆藏书 志愿者人数 绿地面积 游客人数 粮食产量 夜班车次 停车位 体育场馆".split(),
    "hobby": "吃辣 爬山 看球 下厨 养花 听戏 跑步 喝茶 钓鱼 逛街 坐火车 早起".split(),
    "place": "实验室 档案馆 游泳馆 展厅 机房 考场 阅览室".split(),
    "rule": "带证件 戴帽子 换鞋 登记 预约 穿工作服 量体温".split(),
    "step": "洗菜 扫地 写作业 浇花 倒垃圾 擦桌子 晾衣服 交电费 喂猫 收快递".split(),
    "goods": "苹果 大米 毛巾 台灯 皮鞋 豆腐 雨伞 铅笔 蜂蜜 水壶".split(),
    "person": "老张 小陈 李婶 赵师傅 刘老师 二叔 阿梅 王大夫".split(),
    "plan": "回老家 换工作 学开车 搬到城里 开一家店 出国读书 养一条狗".split(),
    "said": "我跟你说， 说真的， 哎， 反正 你知道吗，".split(),
}
FAMILIES = [
    Family(
        genre="gov",
        premise="{year}全市{subject}增加了{amount} | {year}{subject}增长较快，比计划多{amount}",
        entailment="{subject}变多了 | {subject}比过去多 | {subject}没有减少",
        contradiction="{subject}变少了 | {subject}比过去少 | {subject}没有增加",
        neutral="市民对{subject}很满意 | {subject}在全国排第一 | 明年会继续重视{subject} | "
        "{subject}是群众最关心的事"),
    Family(
        genre="gov",
        premise="{year}全市{subject}减少了{amount} | {year}{subject}下降明显，比计划少{amount}",
        entailment="{subject}变少了 | {subject}比过去少 | {subject}没有增加",
        contradiction="{subject}变多了 | {subject}比过去多 | {subject}没有减少",
        neutral="有关部门解释了{subject}的情况 | 明年会继续重视{subject} | {subject}是群众最关心的事 | "
        "专家对{subject}很担心"),
    Family(
        genre="phone",
        premise="{said}我从小就爱{hobby} | {said}我这个人最喜欢{hobby}了，天天都想{hobby}",
        entailment="我喜欢{hobby} | 我不讨厌{hobby} | {hobby}让我高兴",
        contradiction="我讨厌{hobby} | 我不喜欢{hobby} | 我从来不{hobby}",
        neutral="{hobby}是爸爸教我的 | 我周末要跟朋友去{hobby} | 我为{hobby}花了很多钱 | 我妈妈也爱{hobby}"),
    Family(
        genre="phone",
        premise="{said}我一点也不爱{hobby} | {said}让我{hobby}还不如让我睡觉，真没兴趣",
        entailment="我不喜欢{hobby} | 我对{hobby}没有兴趣 | {hobby}不合我的心意",
        contradiction="我喜欢{hobby} | 我对{hobby}很有兴趣 | {hobby}是我最大的爱好",
        neutral="我小时候常常{hobby} | 我妈妈也不爱{hobby} | 医生建议我{hobby} | 朋友约我周末去{hobby}"),
    Family(
        genre="news",
        premise="记者了解到，进{place}必须{rule} | 从下月起，所有人进{place}都要{rule}",
        entailment="不{rule}就不能进{place} | 进{place}之前要{rule} | 谁进{place}都得{rule}",
        contradiction="不{rule}也能进{place} | 进{place}不用{rule} | 有人可以不{rule}就进{place}",
        neutral="{place}门口常常排队 | {place}周一不开放 | 很多人第一次来{place} | {place}是新建的"),
    Family(
        genre="news",
        premise="同一家店里，{goods1}比{goods2}贵 | 记者看到，{goods1}的价格已经超过{goods2}",
        entailment="{goods2}比{goods1}便宜 | {goods1}的价格更高 | {goods2}没有{goods1}贵",
        contradiction="{goods1}比{goods2}便宜 | {goods2}的价格更高 | {goods1}没有{goods2}贵",
        neutral="{goods1}卖得比{goods2}好 | {goods1}和{goods2}都在打折 | 大家更需要{goods2} | {goods1}是外地运来的"),
    Family(
        genre="lit",
        premise="{person}先{step1}，再{step2}，然后才坐下来 | {person}等{step1}的事做完，才去{step2}",
        entailment="{person}后{step2} | {step2}是后来的事 | {step1}在{step2}之前",
        contradiction="{person}后{step1} | {step1}是后来的事 | {step2}在{step1}之前",
        neutral="{person}不喜欢{step2} | {step1}花了一个小时 | {person}天天都{step1} | 邻居帮{person}一起{step2}"),
    Family(
        genre="tv",
        premise="{person}说得对，可我还是想{plan} | 我都想好了，{plan}，{person}你别劝我",
        entailment="我想{plan} | 我没有放弃{plan} | 我不听{person}的劝",
        contradiction="我不想{plan} | 我放弃了{plan} | 我听了{person}的劝",
        neutral="{person}去年也打算{plan} | {person}是我的亲戚 | {plan}要花很多钱 | 我妈妈支持我{plan}"),
    Family(
        genre="lit",
        premise="没有人不知道{person}爱{hobby} | 村里谁都晓得，{person}离不开{hobby}",
        entailment="大家都知道{person}爱{hobby} | {person}爱{hobby} | {person}爱{hobby}不是秘密",
        contradiction="没人知道{person}爱{hobby} | {person}不爱{hobby} | {person}爱{hobby}是个秘密",
        neutral="{person}为{hobby}跟家里吵过架 | {person}{hobby}很有名气 | {person}周末约人去{hobby} | "
        "{person}年轻时不会{hobby}"),
]


def statement_pair(dice: Dice) -> dict:
    family, premise, hypothesis, label = inference(dice, FAMILIES, WEIGHTS, SHARED)
    level = dice.weighted({"easy": 1, "medium": 1, "hard": 1})
    return {"level": level, "sentence1": premise, "sentence2": hypothesis, "label": label, "genre": family.genre}


def votes(label: str, undecided: bool, dice: Dice) -> list:
    """What five annotators say: at least three for `label`, or two, two and one."""
    others = dice.shuffled(name for name in WEIGHTS if name != label)
    if undecided:
        return dice.shuffled([label, label, others[0], others[0], others[1]])
    agreeing = dice.weighted({5: 6, 4: 3, 3: 1})
    return dice.shuffled([label] * agreeing + [dice.pick(others) for _ in range(5 - agreeing)])


def line(row: dict, number: int, votes: Sequence) -> dict:
    """A row with the official fields in the official order."""
    premise = {"genre": row["genre"], "prem_id": f"{row['genre']}_{row['premise']}", "id": number}
    texts = {name: row[name] for name in ("level", "sentence1", "sentence2", "label")}
    return texts | {f"label{i}": vote for i, vote in enumerate(votes)} | premise


def files() -> dict[str, list]:
    dice = Dice("ocnli")
    rows = distinct(lambda: statement_pair(dice), sum(SIZES.values()), key=itemgetter("sentence1", "sentence2"))
    premises = {}
    for row in rows:
        row["premise"] = premises.setdefault(row["sentence1"], len(premises))
    split = cut(rows, SIZES)
    split["train.50k.json"] = [line(row, i, [None] * 5) for i, row in enumerate(split["train.50k.json"])]
    for i, row in enumerate(split["dev.json"]):
        undecided = i % UNDECIDED_EVERY == UNDECIDED_EVERY - 1
        opinions = votes(row["label"], undecided, dice)
        split["dev.json"][i] = line(row | {"label": "-"} if undecided else row, i, opinions)
    split["test.json"] = [unlabelled(row, i, "sentence1", "sentence2") for i, row in enumerate(split["test.json"])]
    return split
