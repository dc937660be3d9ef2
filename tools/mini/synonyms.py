"""SimBERT: groups of requests that mean the same: the same thing and the same wish in other words.

{"text": "怎么预约球场", "synonyms": ["如何预约球场", "想订一下球馆的场地，该怎么弄"]}
Dev has pairs of thing and wish that train has not, test has pairs of texts.
"""

from collections.abc import Sequence

from tools.mini.sampling import Dice, cut, phrases

FOLDER = "simbert"
SIZES = {"train.jsonl": 200, "dev.jsonl": 60, "test.jsonl": 40}
THINGS = [names.split() for names in phrases("""
球场 球馆的场地 | 会议室 开会的房间 | 快递柜 取件柜 | 共享单车 租的自行车 | 充电桩 充电的桩子 | 游泳馆 泳池 | 自习室 自习的座位
停车位 车位 | 洗衣房 洗衣机 | 图书馆的书 馆里的书 | 宽带 家里的网 | 热水器 烧水的机器 | 空调 冷气 | 体检 身体检查 | 外卖 点的餐
火车票 车票 | 电影票 票 | 酒店 住的房间 | 家政 打扫的阿姨 | 搬家 搬家的车 | 牙医 看牙的医生 | 驾校 学车的地方
月饼券 券 | 旅行团 跟团的行程 | 琴房 练琴的房间 | 花店的花 订的花
""")]
WISHES = [phrases(wish) for wish in """
怎么预约{thing} | 如何预约{thing} | 想订一下{thing}，该怎么弄 | {thing}在哪里可以预约 | 预约{thing}要走什么流程
怎么取消{thing} | {thing}不想要了，如何取消 | {thing}能取消吗 | 订好的{thing}想退掉 | 取消{thing}要怎么操作
{thing}多少钱 | {thing}是怎么收费的 | 问一下{thing}的价格 | {thing}贵不贵 | 用一次{thing}要花多少
{thing}坏了找谁 | {thing}出了问题怎么办 | {thing}不能用了，谁来修 | 想报修{thing} | {thing}有故障，联系哪里
{thing}几点开始 | {thing}什么时间可以用 | {thing}的时间是怎么安排的 | 想知道{thing}从几点起 | {thing}一般几点能用上
{thing}能开发票吗 | {thing}怎么开发票 | 需要{thing}的发票 | {thing}的发票在哪里开 | 给{thing}补一张发票
{thing}可以改时间吗 | {thing}怎么改期 | 想把{thing}换到别的日子 | {thing}能不能推迟一天 | {thing}改天行不行
{thing}有优惠吗 | {thing}怎么便宜一点 | {thing}打不打折 | 学生用{thing}有没有折扣 | {thing}的优惠怎么领
{thing}可以让别人用吗 | 怎么把{thing}转给朋友 | {thing}能转让吗 | 想把{thing}让给同事 | {thing}换个人用行不行
{thing}要带什么证件 | {thing}需要身份证吗 | 去用{thing}要带哪些东西 | {thing}不带证件行吗 | {thing}要准备什么材料
{thing}评价怎么样 | {thing}好不好 | 有人用过{thing}吗 | {thing}值不值得去 | 大家觉得{thing}如何
{thing}在哪里投诉 | 对{thing}不满意，找谁反映 | 想投诉{thing} | {thing}太差了，怎么投诉 | 投诉{thing}打什么电话
""".strip().splitlines()]
LEADS = ["", "", "", "", "你好，", "请问，", "麻烦问下，"]
TAILS = ["", "", "？", "，谢谢"]


def group(thing: Sequence[str], wish: Sequence[str], dice: Dice) -> dict:
    """Three to five ways to say one thing."""
    ways = dice.several(wish, dice.number(3, 5))
    texts = [dice.pick(LEADS) + way.replace("{thing}", dice.pick(thing)) + dice.pick(TAILS) for way in ways]
    return {"text": texts[0], "synonyms": texts[1:]}


def pair(row: dict) -> dict:
    return {"text": row["text"], "text_pair": row["synonyms"][0]}


def files() -> dict[str, list]:
    dice = Dice("simbert")
    meanings = dice.shuffled([(thing, wish) for thing in THINGS for wish in WISHES])
    if len(meanings) < sum(SIZES.values()):
        raise ValueError(f"synonyms: expected {sum(SIZES.values())} meanings. Received: {len(meanings)}. Add things or wishes.")
    rows = [group(*meaning, dice) for meaning in meanings[: sum(SIZES.values())]]
    split = cut(rows, SIZES)
    split["test.jsonl"] = [pair(row) for row in split["test.jsonl"]]
    return split
