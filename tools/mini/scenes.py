"""CMNLI: somebody does something somewhere; does the second sentence follow?

{"sentence1": "清晨，爷爷在公园里唱歌。", "sentence2": "爷爷在户外。", "label": "entailment"}
Places, times, amounts and directions need both sentences; kinds of things and negations can be told from words.
"""

from operator import itemgetter

from tools.mini.inference import Family, inference
from tools.mini.sampling import Dice, cut, distinct, unlabelled

FOLDER = "clue/cmnli"
SIZES = {"train.json": 750, "dev.json": 180, "test.json": 60}
WEIGHTS = {"entailment": 35, "neutral": 31, "contradiction": 34}
SHARED = {
    "who": "爷爷 奶奶 爸爸 妈妈 姐姐 弟弟 邻居 同学 老师 医生 厨师 司机 店员 队长 一位老人 一个男孩 一个女孩".split(),
    "act": "唱歌 看书 聊天 下棋 画画 打电话 听音乐 吃点心 写信 练习英语 拍照 等人".split(),
    "tone": "其实 似乎 看来 据说 显然".split(),
    "gift": "一盆花 一本书 一条围巾 一盒茶叶 一张唱片 一篮鸡蛋 一把雨伞 一幅画 一双手套".split(),
    "day": "昨天 上周 前天 今年春天 生日那天 放学以后".split(),
}
FAMILIES = [
    Family(
        columns="place kind opposite",
        rows="""
厨房里 室内 户外
图书馆里 室内 户外
教室里 室内 户外
卧室里 室内 户外
会议室里 室内 户外
公园里 户外 室内
操场上 户外 室内
河边 户外 室内
山坡上 户外 室内
马路旁 户外 室内
""".strip(),
        premise="{who}在{place}{act}。 | {day}，{who}在{place}{act}。 | {who}一个人在{place}{act}，心情很好。",
        entailment="{who}在{kind}。 | 有人在{kind}{act}。 | {who}没有在{opposite}。 | 有人正在{act}。",
        contradiction="{who}在{opposite}。 | 有人在{opposite}{act}。 | {who}没有在{kind}。 | {who}什么事也没做。",
        neutral="{who}{act}是为了参加比赛。 | {who}打算明天再来。 | {who}常常和朋友一起{act}。 | "
        "{who}从小就喜欢{act}。"),
    Family(
        columns="time kind opposite",
        rows="""
清晨六点 白天 夜里
上午十点 白天 夜里
中午时分 白天 夜里
下午两点 白天 夜里
半夜一点 夜里 白天
深夜十二点 夜里 白天
凌晨两点 夜里 白天
晚上十点 夜里 白天
""".strip(),
        premise="{time}，{who}还在{act}。 | {time}的时候，{who}正忙着{act}。 | {who}{time}打开窗户，开始{act}。",
        entailment="{who}在{kind}{act}。 | 当时是{kind}。 | {kind}有人{act}。 | 当时不是{opposite}。",
        contradiction="{who}在{opposite}{act}。 | 当时是{opposite}。 | 当时不是{kind}。 | {who}当时在睡觉。",
        neutral="{who}因为工作太忙才这样。 | {who}每天都是这个习惯。 | {who}打算教家人{act}。 | "
        "{who}觉得{act}很有意思。"),
    Family(
        columns="many one",
        rows="""
三只小猫 一只小猫
五个苹果 一个苹果
两辆自行车 一辆自行车
四把椅子 一把椅子
六本杂志 一本杂志
十张邮票 一张邮票
八盏灯笼 一盏灯笼
两条金鱼 一条金鱼
""".strip(),
        premise="{who}家里有{many}。 | {day}，{who}带回来{many}。 | 门口放着{who}的{many}。",
        entailment="{who}有{many}。 | {who}不止有{one}。 | {who}至少有{one}。",
        contradiction="{who}只有{one}。 | {who}连{one}也没有。 | {who}最多有{one}。",
        neutral="{who}打算把{one}送给朋友。 | 其中{one}是刚买的。 | {who}最喜欢里面的{one}。 | {who}花了不少钱。"),
    Family(
        premise="{day}，{who1}送给{who2}{gift}。 | {who1}把{gift}寄给了{who2}。 | "
        "{who1}带着{gift}去看{who2}，送完就走了。",
        entailment="{who2}得到了{gift}。 | {who1}送出了{gift}。 | 收到礼物的是{who2}。 | 送礼物的是{who1}。",
        contradiction="{who1}得到了{gift}。 | {who2}送出了{gift}。 | 收到礼物的是{who1}。 | 送礼物的是{who2}。",
        neutral="{who2}早就想要{gift}。 | {who1}是在网上买的。 | {who2}打算回请{who1}吃饭。 | "
        "{who1}挑了很久才决定。"),
    Family(
        columns="thing kind",
        rows="""
苹果 水果
香蕉 水果
白菜 蔬菜
土豆 蔬菜
裤子 衣服
毛衣 衣服
沙发 家具
书桌 家具
牛奶 饮料
橙汁 饮料
皮球 玩具
积木 玩具
""".strip(),
        premise="{day}，{who}买了{thing}。 | {who}从店里带回一些{thing}。 | {who}把刚买的{thing}拿给大家看。",
        entailment="{who}买了{kind}。 | {who}去买过东西。 | {thing}是{who}买的。 | {tone}{who}买的是一种{kind}。",
        contradiction="{who}没有买{kind}。 | {who}什么也没买。 | {thing}不是{who}买的。 | "
        "{tone}{who}从来不买{kind}。",
        neutral="{who}觉得{thing}有点贵。 | {who}常常买{kind}。 | {who}买{kind}是为了招待客人。 | "
        "这家店的{kind}最新鲜。"),
    Family(
        columns="more less",
        rows="""
高 矮
快 慢
早 晚
胖 瘦
大 小
""".strip(),
        premise="{who1}比{who2}{more}。 | {who1}比{who2}{more}一点。 | 大家都看得出来，{who1}比{who2}{more}得多。",
        entailment="{who2}比{who1}{less}。 | {who2}没有{who1}{more}。 | {who1}不比{who2}{less}。",
        contradiction="{who1}比{who2}{less}。 | {who2}比{who1}{more}。 | {who1}没有{who2}{more}。 | "
        "{who1}和{who2}一样{more}。",
        neutral="{who1}和{who2}住得很近。 | {who1}常常和{who2}比赛。 | {who2}有点羡慕{who1}。 | "
        "{who1}从小就认识{who2}。"),
]


def scene_pair(dice: Dice) -> dict:
    """One labelled line."""
    _, premise, hypothesis, label = inference(dice, FAMILIES, WEIGHTS, SHARED)
    return {"sentence1": premise, "sentence2": hypothesis, "label": label}


def files() -> dict[str, list]:
    dice = Dice("cmnli")
    rows = distinct(lambda: scene_pair(dice), sum(SIZES.values()), key=itemgetter("sentence1", "sentence2"))
    split = cut(rows, SIZES)
    split["test.json"] = [unlabelled(row, i, "sentence1", "sentence2") for i, row in enumerate(split["test.json"])]
    return split
